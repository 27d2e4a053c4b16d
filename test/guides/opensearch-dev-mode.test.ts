import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endMarkedProcesses } from '../rehearsal/processes';
import { quickStage, state } from './lifecycle';
import { until, type Stage } from './stage';

const STEP = 'opensearch-dev-mode';
const LOGIN = [
  ['User of the registry', 'robot'],
  ['Password:', 'SECRET-typed'],
] as const;
const scripts = (at: Stage) => readdir(join(at.machine.home, 'kaapana'));

async function prepared(): Promise<Stage> {
  const at = await quickStage(STEP);
  await writeFile(state(at, 'sql/postgres-keycloak/username like'), '');
  return at;
}

test('is not needed, and can be had and taken back nevertheless', async () => {
  const at = await prepared();
  expect(await at.check()).toMatchObject({
    status: 'not-needed',
    evidence: expect.stringContaining('may stay off') as string,
  });
  const before = await scripts(at);
  const { code, said } = await at.runInTerminal('run', LOGIN);
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('DEV_MODE is "true" now') as string,
  });
  expect(said).not.toContain('SECRET');
  expect((await at.check()).status).toBe('done');
  // The admin's script is as it was, and its copy is gone.
  expect(await scripts(at)).toEqual(before);
  expect(await readFile(join(at.machine.home, 'kaapana/deploy_0.3.5.sh'), 'utf8')).toContain(
    'DEV_MODE="false"',
  );
  expect((await at.run('run')).said).toContain('already. Nothing was changed');
  expect((await at.runInTerminal('undo', LOGIN)).code).toBe(0);
  expect((await at.check()).status).toBe('not-needed');
});

test('cut off while the platform is down, it shows, and the next run deploys', async () => {
  const at = await prepared();
  const ended = at.runInTerminal('run', [['User of the registry', '']]);
  await until(
    () => existsSync(state(at, 'helm/default')) && !existsSync(state(at, 'helm/default/kaapana-admin-chart')),
  );
  await endMarkedProcesses(at.machine.root);
  await ended;
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining('is not deployed again yet') as string,
  });
  expect((await at.runInTerminal('run', LOGIN)).code).toBe(0);
  expect((await at.check()).status).toBe('done');
});

test('is refused where a deployment would give another user the password of user system', async () => {
  const at = await prepared();
  await writeFile(state(at, 'sql/postgres-keycloak/username like'), 'backup-system\n');
  const { code, said } = await at.run('run');
  expect(code).toBe(1);
  expect(said).toContain('names contain "system": backup-system');
  expect(existsSync(state(at, 'helm/default/kaapana-admin-chart'))).toBe(true);
});

test('belongs to the running 0.3.5', async () => {
  const later = await quickStage(STEP, { platform: { version: '0.4.1' } });
  expect((await later.check()).status).toBe('not-needed');
  expect((await later.run('run')).said).toContain('not 0.3.5. It is not undeployed');
});
