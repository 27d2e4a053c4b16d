import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../dags/bundle';
import { largeDag, writeCorpus } from './dags-corpus';
import { peers } from './dags-peers';
import { analyze, OpenDocument, Workspace } from './dags-shipped';
import { typing } from './dags-typing';
import { quantile } from './measure';

/** One measured number; `budget` is what it may be, where that is said. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'x' | 'MB';
  readonly budget?: number;
}

function sample(times: number, run: () => void): number[] {
  const found: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    run();
    found.push(performance.now() - start);
  }
  return found;
}

/** Keystrokes that the machine needs to get used to; somebody who types makes thousands. */
const WARM_UP = 200;

/** Keystroke to findings inside the server, without the wire. */
function keystrokes(lines: number): BenchRow[] {
  const text = largeDag(lines);
  const document = new OpenDocument('file:///large.py', 1, text);
  const options = {};
  document.analysis(options);
  const middle = Math.floor(text.split('\n').length / 2);
  let version = 1;
  const keystroke = () => {
    const remove = version % 2 === 0;
    const start = { line: middle, character: 0 };
    const range = { start, end: remove ? { line: middle, character: 1 } : start };
    document.update([{ range, text: remove ? '' : 'x' }], ++version);
    document.analysis(options);
  };
  sample(WARM_UP, keystroke);
  const times = sample(200, keystroke);
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
    const workspace = new Workspace([root], {
      target: () => ({}),
      exclude: () => [],
      onProblem: () => undefined,
    });
    const start = performance.now();
    for (const path of await workspace.scan()) workspace.read(path);
    times.push(performance.now() - start);
  }
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
    rows.push(...commandLine(folder), ...(await typing()), ...(await peers()));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
