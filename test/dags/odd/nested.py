from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator
from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator

put = LocalMinioOperator(
    dag=dag,
    action="put",
    action_operators=[
        LocalGetRefSeriesOperator(
            dag=dag,
            input_operator=LocalGetInputDataOperator(
                dag=dag,
                # inner
                dataset_limit=3,
            ),
            search_policy="reference_uid",
            modality=None,
        ),
        LocalGetInputDataOperator(dag=dag, dataset_limit=1),
    ],
    file_white_tuples=(".zip"),
    zip_files=True,
)
get = LocalMinioOperator(dag=dag, action="get", bucket_name="analysis-scripts", action_files=["a.ipynb", f("b")],
    action_operator_dirs=[LocalGetInputDataOperator(dag=dag, dataset_limit=2).operator_out_dir])
put4 = LocalMinioOperator(dag=dag, action="put", action_operator_dirs=[a.operator_out_dir, b.operator_out_dir], file_white_tuples=('.a', ".b",))
