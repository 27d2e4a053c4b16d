from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

async def f():
    async with LocalGetInputDataOperator(dag=dag, dataset_limit=3) as g, h:
        await LocalGetInputDataOperator(dag=dag, dataset_limit=3)
        async for x in LocalGetInputDataOperator(dag=dag, dataset_limit=3):
            yield LocalGetInputDataOperator(dag=dag, dataset_limit=3)
    x = [await LocalGetInputDataOperator(dag=dag, dataset_limit=y) async for y in z]
