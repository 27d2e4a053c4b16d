from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator

a = LocalMinioOperator(dag=dag, action="put", bucket_name="x", minio_prefix="y", action_operators=[a], whitelisted_file_extensions=[".a"], file_white_tuples=(".b",))
b = LocalMinioOperator(dag=dag, action="get", action_files=["a"], source_files=["b"], bucket_name="x")
c = LocalGetRefSeriesOperator(dag=dag, search_policy="study_uid", modality="ct", modalities=["CT"])
d = LocalMinioOperator(dag=dag)
e = LocalMinioOperator(dag=dag)
f = LocalMinioOperator(dag=dag, name="minio-actions-get")
