from airflow.models import DAG
from airflow.utils.dates import days_ago
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalJson2MetaOperator import LocalJson2MetaOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

dag = DAG(
    dag_id="export-results",
    default_args={"owner": "kaapana", "start_date": days_ago(0), "retries": 0},
    schedule_interval=None,
)

get_input = LocalGetInputDataOperator(dag=dag, data_type="json")

index_results = LocalJson2MetaOperator(dag=dag, json_operator=get_input, check_in_pacs=False)

# The bucket belongs to nobody in particular; since 0.4 every project has its own.
store_results = LocalMinioOperator(
    dag=dag,
    action="put",
    action_operators=[get_input],
    bucket_name="results",
    file_white_tuples=(".json",),
)

get_input >> index_results >> store_results
