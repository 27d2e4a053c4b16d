from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

f = lambda o=LocalGetInputDataOperator(dag=dag, dataset_limit=3), *a, k=LocalMinioOperator(dag=dag, action="put", action_operators=[x], file_white_tuples=(".zip")), **kw: o
def g(o=LocalGetInputDataOperator(dag=dag, dataset_limit=3), /, *, p: LocalGetInputDataOperator = LocalGetInputDataOperator(dag=dag)) -> LocalGetInputDataOperator: ...
