from airflow import DAG
from airflow.decorators import dag, task
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator as Get
from kaapana.operators.LocalMinioOperator import LocalMinioOperator
with DAG("x", default_args={"dataset_limit": 3}) as d:
    get = Get(dataset_limit=3); put = LocalMinioOperator(action="put", action_operators=[get], bucket_name="b")
    get >> put
@dag(schedule=None)
def flow():
    """LocalMinioOperator(dag=dag)
    from kaapana.operators.LocalMinioOperator import LocalMinioOperator
    """
    g = Get(dataset_limit=3)
    @task
    def t(op=Get(dataset_limit=2)): return op
    t() >> LocalMinioOperator(action="put", action_operators=[g], bucket_name="b")
flow()
