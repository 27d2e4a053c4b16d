from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

x = LocalGetInputDataOperator(
	dag=dag,
	dataset_limit=3,	# c
)
y = LocalMinioOperator(dag=dag,
	action="put",
	action_operators=[x],
)
