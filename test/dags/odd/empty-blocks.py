try:
    from kaapana.operators.LocalMinioOperator import LocalMinioOperator
except ImportError:
    from kaapana.operators.MinioOperator import MinioOperator
if x:
    from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
def f():
    from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator
def g(): from kaapana.operators.LocalGetRefSeriesOperator import LocalGetRefSeriesOperator
class K: from kaapana.operators.LocalJson2MetaOperator import LocalJson2MetaOperator
while 1:
    from kaapana.operators.LocalDeleteFromMetaOperator import LocalDeleteFromMetaOperator  # c
    # only comments
