from kaapana.operators.LocalGetInputDataOperator \
    import LocalGetInputDataOperator
from kaapana.operators.\
LocalMinioOperator import LocalMinioOperator as \
    Minio
import kaapana.operators.LocalGetRefSeriesOperator \
    as ref

a = \
    LocalGetInputDataOperator \
    (dag=dag, \
     dataset_limit=3)
b = Minio \
  (dag=dag, action="put", \
   action_operators=[a])
c = ref \
    .LocalGetRefSeriesOperator(dag=dag, search_policy="reference_uid", \
        modality=None \
    )
