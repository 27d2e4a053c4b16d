from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator

if (op := LocalGetInputDataOperator(dag=dag, dataset_limit=3)) and (Op2 := LocalGetInputDataOperator):
    Op2(dag=dag, dataset_limit=4)
print(r := LocalGetRefSeriesOperator(dag=dag, search_policy="reference_uid", modality=None))
while chunk := LocalGetInputDataOperator(dag=dag, dataset_limit=3): break
