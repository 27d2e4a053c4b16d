from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

a, b = LocalGetInputDataOperator(dag=dag, dataset_limit=3), LocalGetInputDataOperator(dag=dag, dataset_limit=4)
(c) = (LocalGetInputDataOperator)(dag=dag, dataset_limit=3)
d = e = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
x[LocalGetInputDataOperator(dag=dag, dataset_limit=3)] = 1
f = LocalGetInputDataOperator(dag=dag, dataset_limit=3).post() >> LocalGetInputDataOperator(dag=dag, dataset_limit=3)
g = not LocalGetInputDataOperator(dag=dag, dataset_limit=3) if t else -LocalGetInputDataOperator(dag=dag, dataset_limit=3)
h = LocalGetInputDataOperator(dag=dag, dataset_limit=[1, (2, {3: 4})], data_form=None,)[0]
assert LocalGetInputDataOperator(dag=dag, dataset_limit=3), "LocalGetInputDataOperator"
raise LocalGetInputDataOperator(dag=dag, dataset_limit=3) from LocalGetInputDataOperator(dag=dag, dataset_limit=4)
