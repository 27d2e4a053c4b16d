from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

def f():
    x = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
    return x
