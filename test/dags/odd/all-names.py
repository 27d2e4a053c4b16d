from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

__all__ = ["LocalGetInputDataOperator", "x"]
x = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
y = globals()["LocalMinioOperator"](dag=dag)
z = LocalMinioOperator(dag=dag, action="put", action_operators=[x])
