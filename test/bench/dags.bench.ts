import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { analyze } from '../../src/dags/analyze';
import { OpenDocument } from '../../src/dags/server-documents';
import { Workspace } from '../../src/dags/server-workspace';
import { bundle } from '../dags/bundle';
import { readFixtures } from '../dags/fixtures';
import { LspClient } from '../dags/lsp-client';

/** One measured number; `budget` is what DESIGN.md allows, where it says something. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'x' | 'MB';
  readonly budget?: number;
}

/** Sorted ascending. */
function sample(times: number, run: () => void): number[] {
  const found: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    run();
    found.push(performance.now() - start);
  }
  return found.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** A DAG of about so many lines, in the mix of the fixtures: imports on top, then calls. */
function largeDag(lines: number): string {
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

function writeCorpus(folder: string, count: number): void {
  const hits = readFixtures().map((fixture) => fixture.text);
  const plain = largeDag(120).replace(/kaapana|Local\w+/g, 'other');
  for (let i = 0; i < count; i++) {
    const sub = join(folder, `package_${i % 20}`);
    if (i < 20) mkdirSync(sub, { recursive: true });
    // Of Kaapana's 384 files, 53 name one of the six operators.
    writeFileSync(join(sub, `file_${i}.py`), i % 7 === 0 ? (hits[i % hits.length] ?? '') : plain);
  }
}

/** Keystroke to findings inside the server, without the wire. */
function keystrokes(lines: number): BenchRow[] {
  const text = largeDag(lines);
  const document = new OpenDocument('file:///large.py', 1, text);
  const options = {};
  document.analysis(options);
  const middle = Math.floor(text.split('\n').length / 2);
  let version = 1;
  const times = sample(120, () => {
    const remove = version % 2 === 0;
    const start = { line: middle, character: 0 };
    const range = { start, end: remove ? { line: middle, character: 1 } : start };
    document.update([{ range, text: remove ? '' : 'x' }], ++version);
    document.analysis(options);
  });
  const budget = lines <= 500 ? 5 : lines <= 5000 ? 10 : undefined;
  return [
    { name: `keystroke → findings, ${lines} lines, median`, value: quantile(times, 0.5), unit: 'ms' },
    {
      name: `keystroke → findings, ${lines} lines, p95`,
      value: quantile(times, 0.95),
      unit: 'ms',
      ...(budget ? { budget } : {}),
    },
  ];
}

async function scans(folder: string, count: number): Promise<BenchRow[]> {
  const root = join(folder, `corpus-${count}`);
  writeCorpus(root, count);
  const times: number[] = [];
  for (let i = 0; i < (count > 2000 ? 3 : 9); i++) {
    const workspace = new Workspace([root], { target: () => '0.4.1', onProblem: () => undefined });
    const start = performance.now();
    for (const path of await workspace.scan()) workspace.read(path);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const scan = quantile(times, 0.5);
  const budget = count <= 400 ? { budget: 50 } : {};
  const rows: BenchRow[] = [
    { name: `workspace scan with findings, ${count} files`, value: scan, unit: 'ms', ...budget },
  ];
  const rg = ['-F', '-l', '--no-ignore', '-g', '*.py', 'kaapana', root];
  if (spawnSync('rg', ['--version']).status === 0) {
    const ripgrep = quantile(
      sample(7, () => void spawnSync('rg', rg)),
      0.5,
    );
    rows.push({
      name: `scan of ${count} files against ripgrep (process included)`,
      value: scan / ripgrep,
      unit: 'x',
    });
  }
  return rows;
}

function commandLine(folder: string): BenchRow[] {
  const root = join(folder, 'corpus-384');
  const cli = bundle('cli');
  const node = quantile(
    sample(9, () => void spawnSync(process.execPath, ['-e', '0'])),
    0.5,
  );
  const check = quantile(
    sample(9, () => void spawnSync(process.execPath, [cli.file, 'check', root])),
    0.5,
  );
  cli.remove();
  return [
    { name: 'bare node start', value: node, unit: 'ms' },
    { name: 'kaapana-dags check, 384 files', value: check, unit: 'ms' },
    { name: 'kaapana-dags check against bare node start', value: check / node, unit: 'x', budget: 2.5 },
  ];
}

/** Through a real server process: the wire, the parser, the rules and back. */
async function overTheWire(): Promise<BenchRow[]> {
  const server = bundle('server');
  const client = new LspClient(server.file);
  await client.start();
  const text = largeDag(500);
  const uri = pathToFileURL(join(tmpdir(), 'large.py')).href;
  await client.open(uri, text);
  await client.diagnostics(uri, (one) => one.version === 1);
  const times: number[] = [];
  for (let version = 2; version < 600; version++) {
    const remove = version % 2 === 1;
    const start = { line: 250, character: 0 };
    const began = performance.now();
    await client.change(
      uri,
      version,
      { start, end: { line: 250, character: remove ? 1 : 0 } },
      remove ? '' : 'x',
    );
    await client.diagnostics(uri, (one) => one.version === version);
    times.push(performance.now() - began);
  }
  const memory = client.memoryMb();
  await client.stop();
  server.remove();
  times.sort((a, b) => a - b);
  return [
    {
      name: 'keystroke → diagnostics over stdio, 500 lines, median',
      value: quantile(times, 0.5),
      unit: 'ms',
    },
    {
      name: 'keystroke → diagnostics over stdio, 500 lines, p95',
      value: quantile(times, 0.95),
      unit: 'ms',
      budget: 5,
    },
    ...(memory === null
      ? []
      : [{ name: 'memory of the server after 600 keystrokes', value: memory, unit: 'MB' as const }]),
  ];
}

/** Measures the DAG analysis; nothing is asserted. */
export async function benchDags(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dags-bench-'));
  try {
    const rows: BenchRow[] = [];
    for (const lines of [100, 500, 5000, 20_000]) rows.push(...keystrokes(lines));
    const cold = largeDag(500);
    rows.push({
      name: 'analysis of 500 lines from nothing',
      value: quantile(
        sample(40, () => void analyze(cold)),
        0.5,
      ),
      unit: 'ms',
    });
    for (const count of [100, 384, 1000, 10_000]) rows.push(...(await scans(folder, count)));
    rows.push(...commandLine(folder), ...(await overTheWire()));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
