from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

match LocalGetInputDataOperator(dag=dag, dataset_limit=3):
    case LocalGetInputDataOperator(name="x") | LocalMinioOperator():
        pass
    case [LocalGetInputDataOperator() as first, *rest] if LocalGetInputDataOperator(dag=dag, dataset_limit=3):
        x = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
    case {"k": LocalGetInputDataOperator}:
        y = LocalMinioOperator(dag=dag, action="put", action_operators=[a])
    case _: z = LocalMinioOperator(dag=dag, action="put", action_operators=[a])
match = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
