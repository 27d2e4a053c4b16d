import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fill, killedRun, oldStage, TAGS, type MetadataStage } from './metadata';

const run = promisify(execFile);
const STEP = 'metadata-export';
const folderOf = ({ machine }: MetadataStage) => join(machine.backupDisk, 'km', STEP);

const documents = async (folder: string): Promise<{ _id: string; _source: Record<string, unknown> }[]> => {
  const { stdout } = await run('bash', ['-c', 'zcat "$1"/documents-*.gz', 'zcat', folder], {
    maxBuffer: 1e8,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { _id: string; _source: Record<string, unknown> });
};

test('every document of every index and the dashboards are text files', async () => {
  const at = await oldStage(STEP, 550);
  at.opensearch.engine.writable('own-study').write('x', { note: 'kept' });
  at.opensearch.engine.index('own-study').refresh();
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining('no export yet. meta-index has 550 documents') as string,
  });
  expect((await at.run('run')).code).toBe(0);
  const folder = folderOf(at);
  const found = await documents(join(folder, 'meta-index'));
  expect(new Set(found.map(({ _id }) => _id)).size).toBe(550);
  expect(found.filter(({ _source }) => _source[TAGS]).length).toBe(184);
  expect(await documents(join(folder, 'own-study'))).toMatchObject([{ _source: { note: 'kept' } }]);
  expect(await documents(join(folder, '.opensearch_dashboards_1'))).toHaveLength(1);
  expect(existsSync(join(folder, '.opendistro-job-scheduler-lock'))).toBe(false);
  const { stdout } = await run('zcat', [join(folder, 'saved-objects.ndjson.gz')]);
  expect(JSON.parse(stdout)).toMatchObject({ type: 'dashboard', id: 'wards' });
  await run('bash', ['-c', 'cd "$1" && sha256sum --quiet -c SHA256SUMS', 'compare', folder]);
  expect((await lstat(join(folder, '..'))).mode & 0o777).toBe(0o700);
  expect(await at.check()).toMatchObject({ status: 'done' });
});

test('a second run fetches nothing, unless something has changed; an earlier export is kept', async () => {
  const at = await oldStage(STEP, 10);
  const folder = folderOf(at);
  await at.play(STEP);
  const asked = at.opensearch.requests.filter(({ path }) => path.includes('scroll')).length;
  expect((await at.run('run')).said).toContain('Nothing was exported');
  expect(at.opensearch.requests.filter(({ path }) => path.includes('scroll'))).toHaveLength(asked);

  // What has changed since asks for a new export; the earlier one is kept.
  fill(at.opensearch.engine.index('meta-index'), 10, 12);
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining('has 12 documents') as string,
  });
  expect((await at.run('run')).said).toContain('The earlier export is now');
  expect(await at.check()).toMatchObject({ status: 'done' });
  expect((await readdir(join(folder, '..'))).filter((name) => name.startsWith(STEP))).toHaveLength(2);

  await appendFile(join(folder, 'saved-objects.ndjson.gz'), 'damaged');
  expect(await at.check()).toMatchObject({ status: 'blocked' });
  expect((await at.run('run')).said).toContain('not as they were written');
});

test('killed in the middle, it goes on with the parts that are missing', async () => {
  const at = await oldStage(STEP, 1300);
  let pages = 0;
  at.opensearch.intercept = ({ method, path }) =>
    method === 'POST' && path === '/_search/scroll' && ++pages === 4 ? 'hang' : undefined;
  await killedRun(at, () => pages === 4);
  expect(existsSync(folderOf(at))).toBe(false);
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining('goes on from there') as string,
  });
  const part = 'meta-index/documents-0001-of-0002.ndjson.gz';
  const first = await lstat(join(`${folderOf(at)}.partial`, part));
  at.opensearch.intercept = () => undefined;
  expect((await at.run('run')).code).toBe(0);
  expect((await lstat(join(folderOf(at), part))).ino).toBe(first.ino);
  expect(await documents(join(folderOf(at), 'meta-index'))).toHaveLength(1300);
  expect(existsSync(`${folderOf(at)}.partial`)).toBe(false);
});

test('what cannot be read whole is not called an export', async () => {
  const at = await oldStage(STEP, 30);
  const meta = at.opensearch.engine.index('meta-index');
  meta.lostShards.add(2);
  let ended = await at.run('run');
  expect(ended.code).toBe(1);
  expect(ended.said).toContain('1 parts of the index meta-index cannot be read');
  meta.lostShards.clear();

  at.opensearch.intercept = ({ path }) =>
    path.startsWith('/meta/') ? { status: 503, body: 'no' } : undefined;
  ended = await at.run('run');
  expect(ended.said).toMatch(
    /The saved dashboards cannot be exported: Dashboards answers 503.*os-dashboards-de/,
  );
  expect(await at.check()).toMatchObject({ status: 'pending' });
  at.opensearch.intercept = () => undefined;
  // A document that arrives meanwhile: numbers do not agree, and what was fetched of this index is dropped.
  fill(meta, 30, 31);
  ended = await at.run('run');
  expect(ended.said).toContain('meta-index has changed since the export was cut off');
  expect(ended.code).toBe(0);
  expect(await at.check()).toMatchObject({ status: 'done' });
});

test('folders that cannot be used, and those of others, are left alone', async () => {
  const at = await oldStage(STEP, 5);
  await mkdir(`${folderOf(at)}.partial`, { recursive: true });
  await writeFile(`${folderOf(at)}.partial/thesis.doc`, 'years of work');
  const { code, said } = await at.run('run');
  expect(code).toBe(1);
  expect(said).toContain('was not made by this step');
  expect(await readFile(`${folderOf(at)}.partial/thesis.doc`, 'utf8')).toBe('years of work');
  await rm(`${folderOf(at)}.partial`, { recursive: true });

  await at.set({ BACKUP_DIR: join(at.machine.fastDataDir, 'backup') });
  expect(await at.check()).toMatchObject({
    status: 'blocked',
    evidence: expect.stringContaining('inside the data folder') as string,
  });
  expect((await at.run('run')).code).toBe(1);
  expect(existsSync(join(at.machine.fastDataDir, 'backup'))).toBe(false);
});
