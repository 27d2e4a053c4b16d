import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFixtures } from '../dags/fixtures';

/** A DAG of about so many lines, in the mix of the fixtures: imports on top, then calls. */
export function largeDag(lines: number): string {
  const head = `from airflow.models import DAG
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator

dag = DAG(dag_id="large", default_args={"ui_visible": True, "ui_forms": {}})
`;
  const step = (index: number) => `
def prepare_${index}(ds, **kwargs):
    conf = kwargs["dag_run"].conf
    for name, value in sorted(conf.items()):
        print(f"{name}: {value}", conf.get("limit"), [x * 2 for x in range(10)])
    return {"index": ${index}, "names": ["a", "b", "c"]}


task_${index} = SomeOtherOperator(
    dag=dag,
    name="task-${index}",
    input_operator=previous,
    parallel_id="p${index}",
)
`;
  const old = (index: number) => `
get_${index} = LocalGetInputDataOperator(
    dag=dag,
    name="get-${index}",
    dataset_limit=None,
)
put_${index} = LocalMinioOperator(dag=dag, name="put-${index}", action="put", action_operators=[get_${index}])
`;
  let text = head;
  for (let index = 0; text.split('\n').length < lines; index++)
    text += index % 20 === 0 ? old(index) : step(index);
  return text;
}

/** A workspace of so many Python files, in the mix of Kaapana's own. */
export function writeCorpus(folder: string, count: number): void {
  const hits = readFixtures().map((fixture) => fixture.text);
  const plain = largeDag(120).replace(/kaapana|Local\w+/g, 'other');
  for (let i = 0; i < count; i++) {
    const sub = join(folder, `package_${i % 20}`);
    if (i < 20) mkdirSync(sub, { recursive: true });
    // Of Kaapana's 384 files, 53 name one of the six operators.
    writeFileSync(join(sub, `file_${i}.py`), i % 7 === 0 ? (hits[i % hits.length] ?? '') : plain);
  }
}
