from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

class A:
    from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator
    r = LocalGetRefSeriesOperator(dag=dag, modality=None)
    def m(self):
        return LocalGetRefSeriesOperator(dag=dag, modality=None)
def f(LocalGetInputDataOperator):
    return LocalGetInputDataOperator(dag=dag, dataset_limit=3)
def g():
    global LocalMinioOperator
    return LocalMinioOperator(dag=dag, action="put", action_operators=[a])
def h():
    GetInputOperator = 1
    return LocalGetInputDataOperator(dag=dag, dataset_limit=3)
def k():
    def inner():
        nonlocal_ = LocalGetInputDataOperator
        return nonlocal_(dag=dag, dataset_limit=3)
    return inner
del LocalMinioOperator
