from kaapana.operators.LocalGetInputDataOperator import (  # why
    # above
    LocalGetInputDataOperator,  # behind
    # below
)
from kaapana.operators.LocalMinioOperator import (LocalMinioOperator as A, LocalMinioOperator as B,
    LocalMinioOperator)  # three
import kaapana.operators.LocalGetRefSeriesOperator, os, kaapana.operators.LocalJson2MetaOperator as j
from kaapana.operators import LocalDeleteFromMetaOperator, LocalDeleteFromPacsOperator as dp
a = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
b = A(dag=dag, action="put", action_operators=[a]); c = B(dag=dag, action="put", action_operators=[a], name="c")
d = LocalMinioOperator(dag=dag, action="put", action_operators=[a], name="d")
e = kaapana.operators.LocalGetRefSeriesOperator.LocalGetRefSeriesOperator(dag=dag, modality=None)
f = j.LocalJson2MetaOperator(dag=dag, check_in_pacs=False, json_operator=a, input_operator=a)
g = LocalDeleteFromMetaOperator.LocalDeleteFromMetaOperator(dag=dag, delete_operator=a)
h = dp.LocalDeleteFromPacsOperator(dag=dag, pacs_aet="KAAPANA")
os.path
