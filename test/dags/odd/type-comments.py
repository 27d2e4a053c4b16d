from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

a = LocalGetInputDataOperator(dag=dag, dataset_limit=3)  # type: LocalGetInputDataOperator
b = LocalGetInputDataOperator(  # type: ignore
    dag=dag,
    dataset_limit=3,  # type: ignore[call-arg]
)
def f(x):
    # type: (LocalGetInputDataOperator) -> None
    pass
c: "LocalGetInputDataOperator" = LocalGetInputDataOperator(dag=dag)
d: list["LocalGetInputDataOperator"] = []
