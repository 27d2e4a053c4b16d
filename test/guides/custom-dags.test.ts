import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keep, kept, quickStage, state } from './lifecycle';
import { pause, type Stage } from './stage';

const STEP = 'custom-dags';
const OLD = 'from kaapana.operators.LocalMinioOperator import LocalMinioOperator\n';
const dags = (at: Stage, name: string) => join(at.machine.fastDataDir, 'workflows/dags', name);
const answer = (at: Stage, name: string, text: string) =>
  writeFile(state(at, `sql/postgres-airflow/${name}`), text);

/** A new platform, and the workflow files that were still there when the old one was gone. */
async function prepared(left: Readonly<Record<string, string>>): Promise<Stage> {
  const at = await quickStage(STEP, { platform: { version: '0.4.1' } });
  await answer(at, 'last_parsed_time', '24\n');
  await answer(at, 'import_error', '');
  let list = '';
  for (const [name, text] of Object.entries(left)) {
    await mkdir(join(dags(at, name), '..'), { recursive: true });
    await writeFile(dags(at, name), text);
    list += `${createHash('sha256').update(text).digest('hex')}  ./${name}\n`;
  }
  await keep(at, 'workflow-files', list);
  return at;
}

test('lists what is the site’s own, what needs work, and what 0.3.5 left behind', async () => {
  const at = await prepared({
    'dag_our_own.py': OLD,
    'ward 7/helper.py': 'import os\n',
    'dag_send_dicom.py': '# of 0.3.5\n',
    'dag_collect_metadata.py': '# of 0.3.5\n',
  });
  // The new platform brings one of them itself.
  await writeFile(dags(at, 'dag_collect_metadata.py'), '# of 0.4.1\n');
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence:
      '2 workflow files of this site, 1 of them with calls that 0.4 does not have: dag_our_own.py; left behind by 0.3.5: dag_send_dicom.py.',
  });
  const { code, said } = await at.run('run');
  expect(code).toBe(0);
  expect(said).toContain('to adapt dag_our_own.py');
  expect(await readFile(kept(at, 'custom-dags.txt'), 'utf8')).toMatch(/in order {5}ward 7\/helper\.py/);

  await writeFile(dags(at, 'dag_our_own.py'), 'from airflow import DAG\n');
  await rm(dags(at, 'dag_send_dicom.py'));
  expect(await at.check()).toMatchObject({
    status: 'done',
    evidence: expect.stringContaining('2 workflow files of this site, none with a call') as string,
  });
});

test('plugins that an undeployment without its hooks left behind are listed, where 0.4 did not replace them', async () => {
  const plugin = (name: string) => dags(at, join('../plugins/kaapana/operators', name));
  const lay = (name: string, text: string) => writeFile(plugin(name), text);
  const at = await prepared({ 'dag_our_own.py': 'import os\n' });
  await mkdir(plugin(''), { recursive: true });
  await lay('LocalGetRefSeriesOperator.py', '# of 0.3.5\n');
  await lay('KaapanaBaseOperator.py', '# the same in both\n');
  const names = ['KaapanaBaseOperator', 'LocalGetRefSeriesOperator', 'LocalGoneOperator'];
  const list = names.map((name) => `${'0'.repeat(64)}  ./kaapana/operators/${name}.py\n`).join('');
  await pause(20); // the clock of files has steps
  await keep(at, 'plugin-files', list);
  await pause(20);
  await lay('KaapanaBaseOperator.py', '# the same in both\n');
  await lay('OurOwnOperator.py', '# of the site, since then\n');
  // The hooks have run: what is there belongs to the site.
  expect(await at.check()).toMatchObject({ status: 'done' });
  await keep(at, 'workflow-files', `${'0'.repeat(64)}  ./dag_send_dicom.py\n`);
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringMatching(
      /left behind by 0\.3\.5: \.\.\/plugins\/kaapana\/operators\/LocalGetRefSeriesOperator\.py\.$/,
    ) as string,
  });
  await rm(plugin('LocalGetRefSeriesOperator.py'));
  expect((await at.check()).status).toBe('not-needed');
});

test('a file that the platform cannot load keeps it open, whoever it belongs to', async () => {
  const at = await prepared({ 'dag_our_own.py': 'import gone\n' });
  await answer(at, 'import_error', "dag_our_own.py\tModuleNotFoundError: No module named 'gone'\n");
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining(
      "the platform cannot load 1: dag_our_own.py, ModuleNotFoundError: No module named 'gone'",
    ) as string,
  });
});

test('no error counts only when Airflow has read its workflows lately', async () => {
  const at = await prepared({});
  expect(await at.check()).toMatchObject({
    status: 'not-needed',
    evidence: expect.stringContaining('no workflow files of its own') as string,
  });
  await answer(at, 'last_parsed_time', '0\n');
  expect((await at.check()).status).toBe('unknown');
  await rm(state(at, 'exec/services/postgres-airflow'));
  expect((await at.check()).status).toBe('unknown');
  expect((await at.run('run')).code).toBe(1);
});

test('without the list of the undeployment, all files with an old call are listed', async () => {
  const at = await prepared({ 'dag_our_own.py': OLD, 'dag_fine.py': 'import os\n' });
  await rm(kept(at, 'workflow-files'));
  expect((await at.check()).evidence).toContain(
    '1 of them with calls that 0.4 does not have: dag_our_own.py',
  );
  expect((await at.run('run')).said).toContain('was not written down');
});

test('on the old platform it cannot tell', async () => {
  const at = await quickStage(STEP);
  expect(await at.check()).toMatchObject({
    status: 'unknown',
    evidence: expect.stringContaining('0.3.5') as string,
  });
});
