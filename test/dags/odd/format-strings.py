from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

x = f"{LocalGetInputDataOperator(dag=dag, dataset_limit=3).name!r:>{10}} {{LocalGetInputDataOperator}}"
y = f'{LocalMinioOperator(dag=dag, action="put", bucket_name="x", action_operators=[a])}'
z = f"""{
    LocalGetInputDataOperator(dag=dag, dataset_limit=3)
}"""
w = rf"{LocalGetInputDataOperator(dag=dag, dataset_limit=3)}\d"
