import sys
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from kaapana.operators.LocalMinioOperator import LocalMinioOperator
if sys.version_info > (3, 8):
    from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
else:
    from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
try:
    from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator
except ImportError:
    LocalGetRefSeriesOperator = None
finally:
    pass
with open("x") as fh:
    from kaapana.operators.LocalDeleteFromMetaOperator import LocalDeleteFromMetaOperator
for _ in range(1):
    from kaapana.operators.LocalDeleteFromPacsOperator import LocalDeleteFromPacsOperator
x = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
r = LocalGetRefSeriesOperator(dag=dag, modality=None, search_policy="reference_uid")
d = LocalDeleteFromMetaOperator(dag=dag, input_operator=x, delete_operator=x)
p = LocalDeleteFromPacsOperator(dag=dag, input_operator=x, pacs_host="a", wait_time=3)
def late() -> "LocalMinioOperator":
    from kaapana.operators.LocalMinioOperator import LocalMinioOperator
    return LocalMinioOperator(dag=dag, action="put", action_operators=[x])
