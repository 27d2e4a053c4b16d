from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

Op = LocalGetInputDataOperator if old else LocalMinioOperator
a = Op(dag=dag, dataset_limit=3)
LocalGetInputDataOperator = partial(LocalGetInputDataOperator, dataset_limit=3)
b = LocalGetInputDataOperator(dag=dag)
ops = {"in": LocalGetInputDataOperator, "out": LocalMinioOperator}
c = ops["out"](dag=dag, action="put", action_operators=[a])
for Op3 in (LocalGetInputDataOperator, LocalMinioOperator):
    Op3(dag=dag, dataset_limit=3)
d = type("Sub", (LocalMinioOperator,), {})(dag=dag)
e = isinstance(a, LocalGetInputDataOperator)
