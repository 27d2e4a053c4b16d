from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

x = LocalGetInputDataOperator(dag=dag, dataset_limit=(n := 3))
print(n)
y = LocalGetInputDataOperator(dag=dag, dataset_limit=make())
z = LocalMinioOperator(dag=dag, action="put", action_operators=[x], minio_host=(h := "a"), minio_port=LocalGetInputDataOperator(dag=dag, name="n"))
w = LocalMinioOperator(dag=dag, action="put", action_operators=make(), minio_host="a")
def f():
    return LocalGetInputDataOperator(dag=dag, dataset_limit=(yield 3))
