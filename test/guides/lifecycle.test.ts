import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { putAnswers } from '../rehearsal/platform';
import { checkOf, keep, quickStage, state, turnTo } from './lifecycle';
import { item, type Stage } from './stage';

/** What the helpers of the migration do between the steps of this file. */
async function migrateData(at: Stage): Promise<void> {
  for (const folder of ['postgres-backend', 'keycloak/db-files', 'postgres-airflow', 'postgres-dcm4che'])
    await writeFile(join(at.machine.fastDataDir, folder, 'PG_VERSION'), '17\n');
}

async function finishData(at: Stage): Promise<void> {
  await keep(at, 'metadata-verified.json', '{"documents": 120}');
  await writeFile(state(at, 'indices'), JSON.stringify([{ index: 'project_admin', 'docs.count': '120' }]));
  await writeFile(
    state(at, 'sql/postgres-keycloak/group_role_mapping'),
    'kaapana_admin\nkaapana_project_manager\n',
  );
  await writeFile(state(at, 'sql/postgres-airflow/last_parsed_time'), '4\n');
  await writeFile(state(at, 'sql/postgres-airflow/import_error'), '');
  await putAnswers(at.machine, 'services', 'dicom-project-mapping-postgres', { data_projects: '120\n' });
}

/** Runs a step to its green end; before that it was not, after it runs again without harm. */
async function carryOut(at: Stage, step: string): Promise<void> {
  await turnTo(at, step);
  const { code, said } = await at.run('run');
  expect({ step, code, said }).toMatchObject({ code: 0 });
  expect(said).not.toContain('SECRET');
  expect({ step, ...(await at.check()) }).toMatchObject({ status: 'done' });
}

test('the life of a platform from 0.3.5 to 0.4.1, each step on what the one before has left', async () => {
  const at = await quickStage('get-scripts');
  const object = join(at.machine.slowDataDir, 'minio/uploads/a/xl.meta');
  await mkdir(dirname(object), { recursive: true });
  await writeFile(object, '');
  await writeFile(join(at.machine.fastDataDir, 'workflows/dags/dag_our_own.py'), 'import os\n');
  const auth = Buffer.from('robot:SECRET-docker').toString('base64');
  await writeFile(
    join(at.machine.root, 'root/.docker/config.json'),
    JSON.stringify({ auths: { 'registry.clinic.example': { auth } } }),
  );

  await carryOut(at, 'get-scripts');
  await carryOut(at, 'baseline');
  await carryOut(at, 'drain');
  expect((await checkOf(at, 'deploy-platform')).status).toBe('blocked');
  await carryOut(at, 'undeploy-platform');
  expect((await checkOf(at, 'install-microk8s')).status).toBe('blocked');
  await carryOut(at, 'uninstall-microk8s');
  await migrateData(at);
  await carryOut(at, 'install-microk8s');
  await carryOut(at, 'deploy-platform');
  await finishData(at);
  await carryOut(at, 'custom-dags');
  await carryOut(at, 'acceptance');

  // Whoever checks all at the end finds the earlier steps green as well.
  for (const step of [
    'get-scripts',
    'baseline',
    'undeploy-platform',
    'uninstall-microk8s',
    'install-microk8s',
  ])
    expect({ step, ...(await checkOf(at, step)) }).toMatchObject({ status: 'done' });
  await turnTo(at, 'acceptance');
  expect(item(await at.check(), 'series').found).toBe('120 in the archive, 120 recorded before');
  expect(
    await readFile(join(at.machine.fastDataDir, 'workflows/dags/dag_collect_metadata.py'), 'utf8'),
  ).toContain('0.4.1');
});
