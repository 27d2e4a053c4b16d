from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

def wrap(**kw):
    def inner(f):
        return f
    return inner

@wrap(op=LocalGetInputDataOperator(dag=dag, dataset_limit=3), n=1)
def f(): ...

@wrap(
    op=LocalGetInputDataOperator(  # why
        dag=dag,  # the dag
        dataset_limit=3,  # limit
    ),  # end
)
class K:
    op = LocalGetInputDataOperator(dag=dag, check_modality=False, dataset_limit=None)
