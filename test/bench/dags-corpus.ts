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

/** What git leaves out of a repository such as Kaapana's: names, and paths with wildcards. */
const IGNORED = ['node_modules', '*.idea*', '*.pyc', '*~', 'migrations', 'reports/*/', 'build-config.yaml'];

/**
 * A workspace of so many Python files, shaped like Kaapana 0.3.5: of 384 Python files with 5.5 kB each, 75 concern some
 * rule, and they lie in 790 folders with three other files for each.
 */
export function writeCorpus(folder: string, count: number): void {
  const filler = largeDag(200).replace(/kaapana|Local\w+/g, 'other');
  const hits = readFixtures().map((fixture) => `${fixture.text}\n${filler}`);
  for (let i = 0; i < count; i++) {
    const sub = join(folder, `package_${i % 20}`, `part_${i}`, 'files');
    mkdirSync(sub, { recursive: true });
    writeFileSync(join(sub, `file_${i}.py`), i % 5 === 0 ? (hits[i % hits.length] ?? '') : filler);
    for (const name of ['Dockerfile', 'chart.yaml', 'notes.md']) writeFileSync(join(sub, '..', name), '');
  }
  writeFileSync(join(folder, '.gitignore'), IGNORED.join('\n'));
  mkdirSync(join(folder, '.git'));
}
