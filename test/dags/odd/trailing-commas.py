from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator

a = LocalGetInputDataOperator(dag=dag, dataset_limit=3,)
b = LocalGetInputDataOperator(dataset_limit=3,)
c = LocalGetInputDataOperator(dataset_limit=3)
d = LocalGetInputDataOperator( dataset_limit=3 , dag=dag , )
e = LocalGetInputDataOperator(
    dataset_limit=3,
)
f = LocalGetInputDataOperator(dag=dag
                              ,dataset_limit=3
                              )
g = LocalGetRefSeriesOperator(search_policy="reference_uid",modality=None,target_level="batch_element",dicom_tags=[],expected_file_count="all",limit_file_count=None)
