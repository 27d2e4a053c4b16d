import { mkdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MachineOptions } from '../rehearsal/machine';
import { stage, until, type Stage } from './stage';

const STEP = 'drain';
const incoming = (at: Stage) => join(at.machine.fastDataDir, 'ctp/incoming');
const workflows = (at: Stage, text: string) =>
  writeFile(join(at.machine.state, 'sql/postgres-airflow/dag_run'), text);

async function prepared(options: MachineOptions = {}): Promise<Stage> {
  const at = await stage(STEP, options);
  at.env['KM_POLL'] = '0.05';
  at.env['KM_PROGRESS'] = join(at.machine.root, 'run/progress');
  return at;
}

test('is done when nothing runs and nothing waits; quarantined files do not count', async () => {
  const at = await prepared();
  await mkdir(join(incoming(at), 'x/.quarantines'), { recursive: true });
  await writeFile(join(incoming(at), 'x/.quarantines/1.dcm'), '');
  expect(await at.check()).toEqual({
    status: 'done',
    evidence: 'No workflow runs or waits, and the DICOM receiver is empty.',
    items: [],
  });
  expect((await at.run('run')).code).toBe(0);
});

test('is pending with numbers while something runs or waits, each on its own', async () => {
  const at = await prepared({ platform: { runningDags: 3 } });
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: '3 workflows running or queued, 0 files in the DICOM receiver.',
  });
  await workflows(at, '');
  await writeFile(join(incoming(at), '1.dcm'), '');
  expect((await at.check()).evidence).toBe('0 workflows running or queued, 1 file in the DICOM receiver.');
});

test('waits with progress until both have ended, also when an image becomes a workflow meanwhile', async () => {
  const at = await prepared({ platform: { runningDags: 2 } });
  const image = join(incoming(at), '1.dcm');
  await writeFile(image, '');
  const progress = at.env['KM_PROGRESS']!;
  const ended = at.run('run');
  await until(() => existsSync(progress));
  await workflows(at, 'a (running)\n');
  await rm(image);
  await workflows(at, 'collect-metadata (queued)\nb (running)\n');
  await workflows(at, '');
  const { code, said } = await ended;
  expect(code).toBe(0);
  expect(said).toContain(
    '2 workflows running or queued, 1 file in the DICOM receiver: nnunet-training (running)',
  );
  expect(said).toContain('Nothing runs and nothing waits.');
});

test('says what may be stuck, when nothing changes for long', async () => {
  const at = await prepared({ platform: { runningDags: 1 } });
  at.env['KM_PATIENCE'] = '3';
  const { code, said } = await at.runInTerminal('run', [['mark its run as failed', '\u0003']]);
  expect(code).not.toBe(0);
  expect(said).toContain('mark its run as failed');
});

test('cannot tell without the platform, or without root', async () => {
  const at = await prepared();
  await writeFile(join(at.machine.state, 'cluster-down'), '');
  expect((await at.check()).status).toBe('unknown');
  const { code, said } = await at.run('run');
  expect(code).toBe(1);
  expect(said).toMatch(/The workflow database gave no answer: .*refused.* State: Nothing was changed/);
  const locked = await prepared({ sudo: 'password' });
  expect(await locked.check()).toMatchObject({
    status: 'unknown',
    evidence: expect.stringContaining("needs sudo's password") as string,
  });
});
