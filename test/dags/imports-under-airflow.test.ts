import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import modules from './data/modules.json';
import operators from '../../src/dags/data/operators.json';
import { DEFAULT_TARGET } from '../../src/dags/rules/signatures';
import { outcome, readFixtures } from './fixtures';
import { requirePython } from './python';

interface StubFile {
  readonly name: string;
  readonly text: string;
  readonly version: string;
}

function importErrors(files: readonly StubFile[]): Record<string, string | null> {
  const run = spawnSync('python3', [join(import.meta.dirname, 'airflow_stub.py')], {
    input: JSON.stringify({ operators, modules, files }),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Record<string, string | null>;
}

/** Names are looked up at run time, and what cannot be imported at 0.3.5 is not meant to be. */
const NOT_FROM_035 =
  /^(new-|broken-|import-already|import-guarded|import-only|notebook-after|auto-triggered-new|task-name|use-not|use-alias|use-of-look|target-060|other-|input-inherited|imports-of)/;

it('fixed files import on the target version unless a finding says that they do not', () => {
  if (!requirePython()) return;
  const files: StubFile[] = [];
  const silent = new Set<string>();
  for (const fixture of readFixtures()) {
    if (fixture.name.startsWith('broken-')) continue;
    const version = fixture.options.target ?? DEFAULT_TARGET;
    const found = outcome(fixture);
    for (const kind of ['safe', 'all'] as const) {
      const name = `${fixture.name}/${kind}.py`;
      files.push({ name, text: found[kind], version });
      const left = analyze(found[kind], fixture.options).findings;
      if (!left.some((finding) => finding.severity === 'error' || finding.reason?.includes('not imported')))
        silent.add(name);
    }
  }
  const errors = importErrors(files);
  const surprises = Object.entries(errors).filter(([name, error]) => error !== null && silent.has(name));
  expect(surprises).toEqual([]);
  expect(silent.size).toBeGreaterThan(40);
});

it('the fixtures are DAGs that import at 0.3.5', () => {
  if (!requirePython()) return;
  const files = readFixtures()
    .filter(({ name }) => !NOT_FROM_035.test(name))
    .map(({ name, text }) => ({ name, text, version: '0.3.5' }));
  const errors = Object.entries(importErrors(files)).filter(([, error]) => error !== null);
  expect(errors).toEqual([]);
});
