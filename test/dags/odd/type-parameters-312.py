from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

type Op[T: LocalGetInputDataOperator] = list[T] | LocalGetInputDataOperator
def f[T: (LocalGetInputDataOperator, int), *Ts, **P](x: T = LocalGetInputDataOperator(dag=dag, dataset_limit=3)) -> T: ...
class K[T](LocalGetInputDataOperator):
    def __init__(self, dag): super().__init__(dag=dag, dataset_limit=3)
class L(LocalGetInputDataOperator): pass
L(dag=dag, dataset_limit=3)
