from kaapana.operators.LocalMinioOperator import LocalMinioOperator

put = LocalMinioOperator(
    # first
    dag=dag,  # the dag
    # before action
    action="put"  # no comma here
    ,  # comma on its own line
    # before bucket
    bucket_name=(  # open
        "downloads"  # value
    ),  # after
    action_operators=[  # list
        a,  # a
        # b was here
        b,
    ],
    # before white
    file_white_tuples=(".json"),  # white
    zip_files=False,
    # last words
)
put2 = LocalMinioOperator(dag=dag, action="put", bucket_name="x", action_operators=[a],
    # trailing only comment
    )
put3 = LocalMinioOperator(action_operators=[a]  # one
    , file_white_tuples=("pdf",)  # two
    , dag=dag)
