import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MachineOptions } from '../rehearsal/machine';
import { kept, keep, quickStage, state } from './lifecycle';
import type { Stage } from './stage';

const STEP = 'baseline';

async function putObjects(at: Stage, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    const file = join(at.machine.slowDataDir, 'minio', path, 'xl.meta');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
  }
}

async function prepared(options: MachineOptions = {}): Promise<Stage> {
  const at = await quickStage(STEP, options);
  await putObjects(
    at,
    'thumbnails/batch/1.2/generate/1.2.png',
    'thumbnails/batch/1.3/generate/1.3.png',
    'uploads/a b',
  );
  return at;
}

const record = async (at: Stage) =>
  JSON.parse(await readFile(kept(at, 'baseline.json'), 'utf8')) as {
    version: string;
    numbers: Record<string, number>;
    lists: { workflows: string[] };
  };

test('records every number with its key, and facts of the platform, without passwords', async () => {
  const at = await prepared();
  expect(await at.check()).toMatchObject({ status: 'pending', evidence: 'Nothing is recorded yet.' });
  const { code, said } = await at.run('run');
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Recorded: 120 series') as string,
  });
  const { version, numbers, lists } = await record(at);
  expect(version).toBe('0.3.5');
  expect(numbers).toEqual({
    series: 120,
    studies: 41,
    users: 14,
    'members/kaapana_admin': 2,
    'members/kaapana_user': 12,
    'documents/meta-index': 120,
    'objects/thumbnails': 2,
    'objects/uploads': 1,
    'rows/airflow/public.dag': 4,
    'rows/airflow/public.dag_run': 310,
    'rows/airflow/public.task_instance': 2200,
    'rows/backend/public.dataset': 6,
    'rows/backend/public.identifiers': 120,
    'rows/backend/public.job': 80,
    'rows/backend/public.workflow': 12,
    'rows/dcm4che/public.instance': 9000,
    'rows/dcm4che/public.patient': 30,
    'rows/dcm4che/public.series': 120,
    'rows/dcm4che/public.study': 41,
    'rows/keycloak/public.credential': 14,
    'rows/keycloak/public.event_entity': 70,
    'rows/keycloak/public.keycloak_group': 2,
    'rows/keycloak/public.user_entity': 15,
  });
  expect(lists.workflows).toContain('our-own');
  expect(await readFile(kept(at, 'platform'), 'utf8')).toMatch(/^fast_data_dir=.*\n(.*\n)*hostname=pacs01/m);
  expect(
    JSON.stringify(await record(at)) + (await readFile(kept(at, 'platform'), 'utf8')) + said,
  ).not.toContain('SECRET');
  expect(await at.check()).toMatchObject({
    status: 'done',
    evidence: expect.stringMatching(
      /^Recorded on .*: 120 series in 41 studies, 120 metadata documents, 14 users, 3 stored objects, 12024 rows in 15 tables, 4 workflows\.$/,
    ) as string,
  });
});

describe('never a half record', () => {
  test.each<[string, (at: Stage) => Promise<unknown>, RegExp]>([
    [
      'a database gives no answer',
      (at) => rm(state(at, 'sql/postgres-dcm4che/gexec')),
      /database dcm4che could not be counted/,
    ],
    [
      'the archive gives something else',
      (at) => writeFile(state(at, 'sql/postgres-dcm4che/distinct series_iuid'), 'x\n'),
      /gave no number/,
    ],
    [
      'OpenSearch is away',
      (at) => rm(state(at, 'exec/services/opensearch-de')),
      /Not everything could be counted/,
    ],
    [
      'the object store is not there',
      (at) => rm(join(at.machine.slowDataDir, 'minio'), { recursive: true }),
      /stored objects in .*could not be counted/,
    ],
  ])('when %s', async (_, change, reason) => {
    const at = await prepared();
    await change(at);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(reason);
    expect(existsSync(kept(at, 'baseline.json'))).toBe(false);
    expect((await at.check()).status).toBe('pending');
  });
});

test('a new platform is not recorded as the old one', async () => {
  const at = await prepared({ platform: { version: '0.4.1' } });
  expect((await at.check()).status).toBe('blocked');
  expect((await at.run('run')).said).toContain('is 0.4.1 and not 0.3.5');
  await keep(at, 'baseline.json', '{"version": "0.4.1", "numbers": {}}');
  expect((await at.check()).status).toBe('blocked');
  await keep(at, 'baseline.json', 'half of a rec');
  expect((await at.check()).status).toBe('unknown');
});

test('without root it says what it needs', async () => {
  const at = await prepared({ sudo: 'refused' });
  const { code, said } = await at.run('run');
  expect(code).toBe(1);
  expect(said).toContain('can be counted by root only');
});
