from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator

a = [LocalGetInputDataOperator(dag=dag, name=f"i-{i}", dataset_limit=i) for i in range(3)]
b = {k: LocalMinioOperator(dag=dag, action="put", action_operators=[o], name=k) for k, o in zip("ab", a) if k}
c = {LocalGetRefSeriesOperator(dag=dag, modality=None, search_policy="reference_uid") for _ in a}
d = list(LocalGetInputDataOperator(dag=dag, dataset_limit=3) for LocalMinioOperator in a)
e = [LocalMinioOperator(dag=dag) for LocalMinioOperator in a]
f = [x for x in [LocalGetInputDataOperator(dag=dag, dataset_limit=3)] if (y := LocalGetInputDataOperator)]
