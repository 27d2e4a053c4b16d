import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../src/migration/check';
import { putAnswers, putObject } from '../rehearsal/platform';
import { BASELINE, keep, kept, quickStage, state } from './lifecycle';
import { item, type Stage } from './stage';

const STEP = 'acceptance';

/** A host on which everything was migrated, and nothing is amiss. */
async function migrated(): Promise<Stage> {
  const at = await quickStage(STEP, { platform: { version: '0.4.1' } });
  await keep(at, 'baseline.json', JSON.stringify(BASELINE));
  await keep(at, 'metadata-verified.json', '{"documents": 120}');
  await keep(at, 'workflow-files', '');
  const objects = ['project-admin/thumbnails/1.png', 'project-admin/thumbnails/2.png'];
  for (const path of [...objects, 'project-admin/staticwebsiteresults/r.html', 'uploads/a']) {
    const file = join(at.machine.slowDataDir, 'minio', path, 'xl.meta');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
  }
  await answer(at, 'postgres-dcm4che/distinct series_iuid', '121|42\n');
  await answer(at, 'postgres-dcm4che/gexec', 'public.patient 31\npublic.series 121\n');
  await answer(at, 'postgres-airflow/last_parsed_time', '4\n');
  await answer(at, 'postgres-airflow/import_error', '');
  await answer(at, 'postgres-keycloak/group_role_mapping', 'kaapana_admin\nkaapana_project_manager\n');
  await putAnswers(at.machine, 'services', 'dicom-project-mapping-postgres', { data_projects: '121\n' });
  await indices(at, { project_admin: 121, 'our-own-index': 7, restored_meta: 1 });
  await mkdir(join(at.machine.fastDataDir, 'postgres-airflow.pg15'));
  await exported(at, 0);
  return at;
}

/** An export of the metadata with so many saved objects of OpenSearch Dashboards. */
async function exported(at: Stage, savedObjects: number): Promise<void> {
  const folder = join(at.machine.backupDisk, 'km/metadata-export');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'export.json'), JSON.stringify({ savedObjects }));
}

const answer = (at: Stage, name: string, text: string) => writeFile(state(at, `sql/${name}`), text);
const indices = (at: Stage, counts: Record<string, number>) =>
  writeFile(
    state(at, 'indices'),
    JSON.stringify(Object.entries(counts).map(([index, count]) => ({ index, 'docs.count': String(count) }))),
  );
const verdicts = ({ items }: CheckResult) =>
  Object.fromEntries(items.filter(({ verdict }) => verdict !== 'go').map(({ id, verdict }) => [id, verdict]));

test('everything in order is accepted, with what may be deleted, and the check stays so', async () => {
  const at = await migrated();
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: 'The new platform was not counted yet. Run the step.',
  });
  const { code, said } = await at.run('run');
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('ACCEPTED by the numbers') as string,
  });
  expect(said).toContain('postgres-airflow.pg15');
  const result = await at.check();
  expect(verdicts(result)).toEqual({});
  expect(result).toMatchObject({
    status: 'done',
    evidence: expect.stringContaining('Accepted by the numbers of') as string,
  });
  expect(item(result, 'series').found).toContain('one is the test image that every deployment sends');
  for (const { verdict, remedy } of result.items) expect(remedy === '').toBe(verdict === 'go');
});

describe('what is amiss is told with its remedy', () => {
  test('numbers', async () => {
    const at = await migrated();
    await answer(at, 'postgres-dcm4che/distinct series_iuid', '100|40\n');
    await answer(at, 'postgres-dcm4che/gexec', 'public.patient 3\npublic.series 100\n');
    await answer(at, 'postgres-keycloak/gexec', 'public.user_entity 15\n');
    await answer(at, 'postgres-keycloak/from user_entity', '2\n');
    await answer(at, 'postgres-keycloak/from keycloak_group', 'kaapana_admin|2\n');
    await answer(at, 'postgres-airflow/is_active', 'collect-metadata\n');
    await indices(at, { project_admin: 20 });
    await rm(join(at.machine.slowDataDir, 'minio/uploads'), { recursive: true });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('NOT ACCEPTED');
    const result = await at.check();
    expect(result.status).toBe('blocked');
    expect(verdicts(result)).toEqual({
      series: 'no-go',
      users: 'no-go',
      groups: 'no-go',
      documents: 'no-go',
      'documents-other': 'note',
      objects: 'no-go',
      rows: 'no-go',
      'rows-other': 'note',
      workflows: 'note',
    });
    expect(item(result, 'rows').found).toContain('dcm4che/public.patient (3, was 30)');
    expect(item(result, 'rows-other').found).toContain('keycloak/public.event_entity (gone, was 70)');
    expect(item(result, 'objects').found).toContain('uploads 0 instead of 1');
    expect(item(result, 'workflows').found).toBe('not there any more: our-own');
    expect(item(result, 'documents-other').found).toContain('our-own-index');
  });

  test('what was not done', async () => {
    const at = await migrated();
    await at.run('run');
    await rm(kept(at, 'metadata-verified.json'));
    await answer(at, 'dicom-project-mapping-postgres/data_projects', '50\n');
    await answer(at, 'postgres-keycloak/group_role_mapping', 'kaapana_project_manager\n');
    await answer(at, 'postgres-airflow/import_error', 'dag_our_own.py\tModuleNotFoundError: x\n');
    await writeFile(state(at, 'http-code'), '000');
    const deployment = state(at, 'k8s/deploy/services/dcm4chee.json');
    await writeFile(
      deployment,
      (await readFile(deployment, 'utf8')).replace('"availableReplicas":1', '"availableReplicas":0'),
    );
    const result = await at.check();
    expect(verdicts(result)).toEqual({
      platform: 'no-go',
      address: 'no-go',
      tags: 'no-go',
      assignment: 'no-go',
      role: 'no-go',
      'own-workflows': 'no-go',
    });
    expect(item(result, 'role').found).toBe('missing in kaapana_admin');
    expect(item(result, 'assignment').found).toContain('50 of 121 series');
  });

  test('extensions are not taken for the platform; dashboards of 0.3.5 are told', async () => {
    const at = await migrated();
    await at.run('run');
    const metadata = {
      name: 'code-server',
      namespace: 'services',
      annotations: { 'meta.helm.sh/release-name': 'code-server-chart' },
    };
    await putObject(at.machine, 'deploy', 'services', 'code-server', { metadata, spec: { replicas: 1 } });
    await putObject(at.machine, 'pod', 'services', 'code-server-5f7-x2', {
      metadata: {
        name: 'code-server-5f7-x2',
        namespace: 'services',
        ownerReferences: [{ kind: 'ReplicaSet', name: 'code-server-5f7' }],
      },
      status: { containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    });
    await exported(at, 3);
    const result = await at.check();
    expect(result.status).toBe('done');
    expect(verdicts(result)).toEqual({ extensions: 'note', dashboards: 'note' });
    expect(item(result, 'extensions').found).toBe('not ready: services/code-server');
    expect(item(result, 'dashboards').found).toContain('3 saved objects of 0.3.5 are in');
    await rm(join(at.machine.backupDisk, 'km/metadata-export'), { recursive: true });
    expect(item(await at.check(), 'dashboards')).toMatchObject({
      verdict: 'note',
      found: expect.stringContaining('no export of them was found') as string,
    });
  });

  test('what cannot be asked is unknown, and the old platform is not accepted', async () => {
    const at = await migrated();
    await at.run('run');
    await answer(at, 'postgres-airflow/last_parsed_time', '0\n');
    await rm(state(at, 'exec/services/dicom-project-mapping-postgres'));
    const result = await at.check();
    expect(result.status).toBe('unknown');
    expect(verdicts(result)).toEqual({ assignment: 'unknown', 'own-workflows': 'unknown' });
    await rm(kept(at, 'baseline.json'));
    expect((await at.check()).evidence).toContain('Nothing was recorded before');
    const old = await quickStage(STEP);
    await keep(old, 'baseline.json', JSON.stringify(BASELINE));
    expect((await old.check()).status).toBe('blocked');
    expect((await old.run('run')).said).toContain('belongs after the migration');
  });

  test('objects that were copied and not yet removed, and thumbnails that were lost on the way', async () => {
    const at = await migrated();
    const source = join(at.machine.slowDataDir, 'minio/thumbnails/batch/1.png/xl.meta');
    await mkdir(dirname(source), { recursive: true });
    await writeFile(source, '');
    await at.run('run');
    expect(item(await at.check(), 'objects')).toMatchObject({
      verdict: 'note',
      found: expect.stringContaining('1 in thumbnails') as string,
    });
    await rm(join(at.machine.slowDataDir, 'minio/thumbnails'), { recursive: true });
    await rm(join(at.machine.slowDataDir, 'minio/project-admin/thumbnails/1.png'), { recursive: true });
    await at.run('run');
    expect(item(await at.check(), 'objects')).toMatchObject({
      verdict: 'no-go',
      found: expect.stringContaining('thumbnails 1 instead of 2') as string,
    });
  });
});
