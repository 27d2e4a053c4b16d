from airflow.models import DAG
from airflow.utils.dates import days_ago
from kaapana.operators.LocalDeleteFromPacsOperator import LocalDeleteFromPacsOperator
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator

dag = DAG(
    dag_id="compare-segmentations",
    default_args={"owner": "kaapana", "start_date": days_ago(0), "retries": 0},
    schedule_interval=None,
)

get_segmentations = LocalGetInputDataOperator(dag=dag, check_modality=True)

get_images = LocalGetRefSeriesOperator(
    dag=dag,
    input_operator=get_segmentations,
    search_policy="reference_uid",
    modality=None,
)

# All other series of the same patient, to compare with.
get_earlier_images = LocalGetRefSeriesOperator(
    dag=dag,
    name="get-earlier-images",
    input_operator=get_segmentations,
    search_policy="patient_uid",
)

remove_originals = LocalDeleteFromPacsOperator(
    dag=dag,
    input_operator=get_segmentations,
    delete_complete_study=False,
)

get_segmentations >> [get_images, get_earlier_images] >> remove_originals
