from kaapana.operators.LocalMinioOperator import LocalMinioOperator

d = f"{LocalMinioOperator(dag=dag, action='put', action_operators=[x], bucket_name='y', file_white_tuples=('pdf',), name='n')}"
e = f"""{LocalMinioOperator(dag=dag, action="put", action_operators=[x], bucket_name="y", file_white_tuples=("pdf"), name='m')}"""
g = f"{LocalMinioOperator(dag=dag, bucket_name='analysis-scripts', action='get', action_files=['a'], name='m')}"
