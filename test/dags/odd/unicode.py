from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

ä = "😀"; x = LocalGetInputDataOperator(dag=dag, dataset_limit="😀ü"); ü = "😀"
class Ünï(LocalGetInputDataOperator): pass
ſ = LocalGetInputDataOperator(dag=dag, batch_name="ẞ", dataset_limit=3)
