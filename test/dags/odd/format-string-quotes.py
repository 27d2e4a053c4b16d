from kaapana.operators.LocalMinioOperator import LocalMinioOperator

a = f"{LocalMinioOperator(dag=dag, action='put', action_operators=[a], file_white_tuples='.zip', zip_files=True)}"
b = f'{LocalMinioOperator(dag=dag, action_operators=[a])}'
c = f"{LocalMinioOperator(dag=dag, bucket_name='x', action_files=['a'])} {LocalMinioOperator(dag=dag, action='put', action_operators=[x])}"
d = f"{LocalMinioOperator(dag=dag, action='put', action_operators=[x], bucket_name='y', file_white_tuples=('pdf',))}"
