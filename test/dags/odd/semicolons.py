import os; from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator; import sys
from kaapana.operators.LocalMinioOperator import LocalMinioOperator; import json
a = 1; b = LocalGetInputDataOperator(dag=dag, dataset_limit=3); c = 2
if True: d = LocalGetInputDataOperator(dag=dag, dataset_limit=3); e = 1
if True: from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator
else: pass
def f(): from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator as Q; return Q(dag=dag, dataset_limit=1)
