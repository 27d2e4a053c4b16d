from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

a = LocalMinioOperator(dag=dag, action='put', action_operators=[x], bucket_name='it\'s', file_white_tuples='.a')
b = LocalMinioOperator(dag=dag, action="p" "ut", action_operators=[x], bucket_name="a" 'b', file_white_tuples=(r".a"))
c = LocalMinioOperator(dag=dag, action="""put""", action_operators=[x], bucket_name=u"x", file_white_tuples=("json", '''txt''', ".tar" ".gz"))
d = LocalMinioOperator(dag=dag, action="put", action_operators=[x], bucket_name="a" if t else "b", file_white_tuples=W)
e = LocalMinioOperator(dag=dag, action="put", action_operators=x or [], bucket_name=b"x", file_white_tuples=[".a"] + W)
f = LocalMinioOperator(dag=dag, action="put", action_operators=(x, y), bucket_name=f"{k}-b")
g = LocalMinioOperator(dag=dag, action="put", action_operators=[x for x in y], bucket_name=(1, 2))
h = LocalMinioOperator(dag=dag, action="put", action_operators=[x], bucket_name=lambda: 1)
i = LocalMinioOperator(dag=dag, action="put", action_operators=(x for x in y))
