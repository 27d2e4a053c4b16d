import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startDicomWebFilter, type DicomWebFilter } from '../rehearsal/services/dicom-web-filter';
import { endMarkedProcesses } from '../rehearsal/processes';
import { keptOf, stage, until, type Stage } from './stage';

const seriesOf = (number: number) => `1.2.276.${number}`;

async function set(series: number, version = '0.4.1'): Promise<Stage & { filter: DicomWebFilter }> {
  const at = await stage('dicom-web-filter', { snapshotBytes: 1000, platform: { version } });
  Object.assign(at.env, { KM_POLL: '0.1' });
  const filter = await startDicomWebFilter(at.machine);
  onTestFinished(filter.close);
  for (let number = 0; number < series; number++) filter.archive.set(seriesOf(number), `1.2.9.${number % 7}`);
  filter.publish();
  return { ...at, filter };
}
const says = async (at: Stage, status: string, evidence: RegExp) =>
  expect(await at.check()).toMatchObject({ status, evidence: expect.stringMatching(evidence) as string });
const puts = ({ filter }: { filter: DicomWebFilter }) =>
  filter.requests.filter((each) => each.startsWith('PUT')).length;

test('every series is assigned once; a second run asks for nothing; undone, only what it assigned is taken out', async () => {
  const at = await set(230);
  at.filter.assigned.add(seriesOf(3)).add('phantom');
  at.filter.publish();
  await says(at, 'pending', /229 of the 230 series/);
  const { code, output, errors } = await at.run('run');
  expect(code).toBe(0);
  expect(output).toContain('229 of them are to be assigned to the project admin (number 1)');
  expect(output).toMatch(/series assigned: 200 of 229\n.*series assigned: 229 of 229/);
  expect(output + errors).not.toContain('SECRET');
  expect(at.filter.assigned.size).toBe(231);
  expect(puts(at)).toBe(2 * 229);
  await says(at, 'done', /All 230 series of the archive/);
  expect((await at.run('run')).code).toBe(0);
  expect(puts(at)).toBe(2 * 229);

  expect((await at.run('undo')).said).toContain('229 series were taken out');
  expect([...at.filter.assigned].sort()).toEqual([seriesOf(3), 'phantom'].sort());
  expect((await at.run('undo')).said).toContain('no record of what this step assigned');
});

test('killed in the middle, it goes on with what is missing', async () => {
  const at = await set(420);
  const ended = at.run('run');
  await until(() => at.filter.assigned.size > 230);
  await endMarkedProcesses(at.machine.root);
  await ended;
  await says(at, 'pending', /of the 420 series/);
  const left = 420 - at.filter.assigned.size;
  const before = puts(at);
  expect((await at.run('run')).said).toContain(`${left} of them are to be assigned`);
  expect(puts(at) - before).toBe(2 * left);
  await says(at, 'done', /All 420 series/);
  expect((await at.run('undo')).code).toBe(0);
  expect(at.filter.assigned.size).toBe(0);
});

test('a login that ends meanwhile is renewed', async () => {
  const at = await set(60);
  at.filter.loginHolds = 25;
  expect((await at.run('run')).code).toBe(0);
  await says(at, 'done', /All 60 series/);
});

test('one series that is refused does not keep the others out, and makes no green', async () => {
  const at = await set(20);
  at.filter.intercept = (method, path) =>
    method === 'PUT' && path.endsWith(`/data/${seriesOf(5)}`) ? 422 : undefined;
  const { code, said } = await at.run('run');
  expect(code).toBe(1);
  expect(said).toContain(
    `1 series of the archive are still not assigned, such as ${seriesOf(5)} (the service refused: Refused 422)`,
  );
  expect(at.filter.assigned.size).toBe(19);
  await says(at, 'pending', /1 of the 20/);
});

test('success without effect: the service says 200 to an assignment that it does not make', async () => {
  const at = await set(3);
  // The first of the two requests is swallowed; the second then breaks the foreign key, which is answered with 200.
  at.filter.intercept = (method, path) =>
    method === 'PUT' && path.includes('filter-service/data/') ? 200 : undefined;
  expect((await at.run('run')).said).toContain('3 series of the archive are still not assigned');
  await says(at, 'pending', /3 of the 3/);
});

test('a platform that is not ready, too old or not there', async () => {
  const at = await set(3);
  await writeFile(join(at.machine.state, 'exec/services/airflow-scheduler'), 'exit 1\n');
  const { code, said } = await at.run('run');
  expect(code).toBe(1);
  expect(said).toMatch(/could not be asked what is assigned/);
  await writeFile(join(at.machine.state, 'exec/services/dicom-project-mapping-postgres'), 'exit 2\n');
  await says(at, 'unknown', /could not be read: /);
  await writeFile(join(at.machine.state, 'exec/services/postgres-dcm4che'), 'echo "1.2 not-a-number"\n');
  await says(at, 'unknown', /whose number cannot be one: 1\.2 not-a-number/);
  await rm(join(at.machine.state, 'exec/services/postgres-dcm4che'));
  await says(at, 'unknown', /not found/);
  await writeFile(join(at.machine.state, 'cluster-down'), '');
  await says(at, 'unknown', /refused|unreachable/);

  const old = await set(3, '0.4.0');
  await says(old, 'blocked', /The platform is 0\.4\.0/);
  expect((await old.run('run')).code).toBe(1);
  expect(old.filter.requests).toEqual([]);
});

test('no secret of the login is kept, and none is an argument', async () => {
  const at = await set(5);
  await writeFile(join(at.machine.state, 'calls'), '');
  await at.run('run');
  expect(await readFile(join(at.machine.state, 'calls'), 'utf8')).not.toContain('SECRET');
  const folder = keptOf(at.machine);
  for (const name of existsSync(folder) ? await readdir(folder) : [])
    expect(await readFile(join(folder, name), 'utf8')).not.toContain('SECRET');
});
