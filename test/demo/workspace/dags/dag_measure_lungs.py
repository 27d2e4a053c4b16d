from datetime import timedelta

from airflow.models import DAG
from airflow.utils.dates import days_ago
from kaapana.operators.KaapanaBaseOperator import KaapanaBaseOperator
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalWorkflowCleanerOperator import LocalWorkflowCleanerOperator

dag = DAG(
    dag_id="measure-lungs",
    default_args={"owner": "kaapana", "start_date": days_ago(0), "retries": 0},
    concurrency=10,
    max_active_runs=1,
    schedule_interval=None,
)

get_input = LocalGetInputDataOperator(
    dag=dag,
    dataset_limit=50,
    parallel_downloads=5,
)

measure = KaapanaBaseOperator(
    dag=dag,
    name="measure-lungs",
    image="registry.example.org/measure-lungs:1.0",
    image_pull_secrets=["registry-secret"],
    input_operator=get_input,
    execution_timeout=timedelta(hours=2),
)

clean = LocalWorkflowCleanerOperator(dag=dag, clean_workflow_dir=True)

get_input >> measure >> clean
