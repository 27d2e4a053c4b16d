from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

args = {}
a = LocalGetInputDataOperator(*[], dag=dag, dataset_limit=3)
b = LocalGetInputDataOperator(**args, dataset_limit=3)
c = LocalGetInputDataOperator(**{"dag": dag, "dataset_limit": 3})
d = LocalGetInputDataOperator(**{**args, "dataset_limit": 3}, dag=dag)
e = LocalGetInputDataOperator(**dict(dag=dag, dataset_limit=3))
f = LocalMinioOperator(**{"action": "put", "action_operators": [a],  # why
    "bucket_name": "x",}, dag=dag)
g = LocalMinioOperator(**{"action_operators": [a]})
h = LocalMinioOperator(action="put", action_operators=[*a, b], dag=dag)
i = LocalMinioOperator(action="put", action_operators=ops, batch_input_operators=[a], dag=dag)
