import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  BEFORE,
  BODY_PART,
  document,
  fill,
  idOf,
  killedRun,
  newStage,
  RESTORED,
  TAGS,
  type MetadataStage,
} from './metadata';

const says = async (at: MetadataStage, status: string, evidence: RegExp) =>
  expect(await at.check()).toMatchObject({ status, evidence: expect.stringMatching(evidence) as string });
const project = ({ opensearch }: MetadataStage) => opensearch.engine.index('project_admin');
const writes = ({ opensearch }: MetadataStage) =>
  opensearch.requests.filter(({ path }) => path.endsWith('/_bulk')).length;

/** A platform on which the metadata were restored. */
const restored = async (step: string, documents = 40) => {
  const at = await newStage(step, 1);
  fill(at.opensearch.engine.writable(RESTORED), 0, documents);
  return at;
};

describe('reindex', () => {
  test('adds what is missing, keeps what is newer, and a second run writes nothing; undone, it is as before', async () => {
    const at = await restored('reindex');
    const old = at.opensearch.engine.index(RESTORED);
    const before = new Map(project(at).found());
    // A site's own values, DICOM values that changed, and values that 0.4 works out itself.
    old.write(idOf(0), {
      ...document(0),
      'my score_float': 0.7,
      '00100010 PatientName_keyword': 'old',
      '00000000 DayOfWeek_integer': 3,
    });
    old.refresh();
    await says(at, 'pending', /restored_meta-index has 40 documents, which are not merged yet/);
    expect((await at.run('run')).code).toBe(0);
    expect(project(at).get(idOf(0))?.source).toEqual({
      ...document(0),
      newer: true,
      'my score_float': 0.7,
      [TAGS]: ['tagged on 0.4', 'trial A', 'case 0'],
      [BODY_PART]: 'chest',
    });
    expect(project(at).get('phantom')?.version).toBe(1);
    expect(project(at).get(idOf(39))?.source).toEqual(document(39));
    await says(at, 'done', /All 40 documents .* compared one by one, project_admin lacked nothing/);

    const bulks = writes(at);
    expect((await at.run('run')).said).toContain('0 added, 40 were there already');
    expect(writes(at)).toBe(bulks);
    // Series that arrive later do not matter.
    project(at).write('later', {});
    project(at).refresh();
    await says(at, 'done', /It has 42 documents now/);

    expect((await at.run('undo')).code).toBe(0);
    expect(
      new Map(
        project(at)
          .found()
          .map(([id, { source }]) => [id, source]),
      ),
    ).toEqual(new Map([...before].map(([id, { source }]) => [id, source] as const).concat([['later', {}]])));
    await says(at, 'pending', /not merged yet/);
  });

  test('killed while the server copies, and while values are merged, it goes on and loses nothing', async () => {
    const at = await restored('reindex', 1300);
    at.opensearch.engine.reindexPace = 4;
    await killedRun(at, () => at.opensearch.requests.filter(({ path }) => path === '/_reindex').length === 2);
    await says(at, 'pending', /not merged yet/);
    let pages = 0;
    at.opensearch.intercept = ({ method, path }) =>
      method === 'POST' && path.endsWith('_mget') && ++pages === 2 ? 'hang' : undefined;
    await killedRun(at, () => pages === 2);
    await says(at, 'pending', /not merged yet/);
    at.opensearch.intercept = () => undefined;
    expect((await at.run('run')).code).toBe(0);
    await says(at, 'done', /All 1300 documents/);
    expect(project(at).get(idOf(0))?.source).toMatchObject({
      newer: true,
      [TAGS]: ['tagged on 0.4', 'trial A', 'case 0'],
    });
    // The way back is from before the first try.
    expect(at.opensearch.engine.index(BEFORE).size).toBe(2);
  });

  test('a document that somebody changes meanwhile is not overwritten, but looked at again', async () => {
    const at = await restored('reindex');
    let changed = false;
    at.opensearch.intercept = ({ path }) => {
      if (path === '/project_admin/_bulk' && !changed) {
        changed = true;
        project(at).write(idOf(0), { [TAGS]: ['this very moment'], newest: true });
      }
      return undefined;
    };
    const { code, said } = await at.run('run');
    expect(code).toBe(0);
    expect(said).toContain('1 of them were changed by others meanwhile');
    expect(project(at).get(idOf(0))?.source).toMatchObject({
      newest: true,
      [TAGS]: ['this very moment', 'trial A', 'case 0'],
    });
  });

  test('is refused where the new platform is not ready, or something would undo it', async () => {
    const at = await restored('reindex');
    const { engine } = at.opensearch;
    await writeFile(join(at.machine.state, 'exec/services/postgres-airflow'), 'echo 1\n');
    expect((await at.run('run')).said).toContain('service-re-index-dicom-data is running');
    await rm(join(at.machine.state, 'exec/services/postgres-airflow'));
    const kept = project(at);
    engine.indices.delete('project_admin');
    await says(at, 'blocked', /init-projects/);
    expect((await at.run('run')).said).toContain('it would get a wrong mapping');
    expect(engine.indices.has('project_admin')).toBe(false);
    engine.indices.set('project_admin', kept);
    engine.templates.clear();
    expect((await at.run('run')).said).toContain('no template');
    engine.templates.set('project_', {});
    engine.indices.delete(RESTORED);
    await says(at, 'blocked', /Restore the metadata/);
    expect((await at.run('run')).code).toBe(1);
    expect(kept.size).toBe(2);
  });

  test('documents that OpenSearch refuses are told with its words', async () => {
    const at = await restored('reindex');
    at.opensearch.intercept = ({ path }) =>
      path === '/project_admin/_bulk'
        ? {
            status: 200,
            body: {
              errors: true,
              items: [
                {
                  update: {
                    status: 400,
                    error: { type: 'mapper_parsing_exception', reason: 'failed to parse field' },
                  },
                },
              ],
            },
          }
        : undefined;
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('OpenSearch refuses a document: failed to parse field');
    await says(at, 'pending', /not merged yet/);
  });
});

describe('verify-metadata', () => {
  /** project_admin as it is after the merge. */
  const merged = (at: MetadataStage, documents: number) => {
    for (let number = 0; number < documents; number++) project(at).write(idOf(number), document(number));
    project(at).refresh();
  };

  test('sees a single lost tag, and the workflow that removes all of them', async () => {
    const at = await restored('verify-metadata', 620);
    merged(at, 620);
    await says(at, 'pending', /Not all documents were compared yet/);
    await writeFile(join(at.machine.state, 'exec/services/postgres-dcm4che'), 'echo 625\n');
    expect((await at.run('run')).said).toContain(
      'The archive has 4 series more than project_admin has documents',
    );
    await says(at, 'done', /All 620 documents were compared.*archive has 4 series more/);

    project(at).write(idOf(600), { ...document(600), [TAGS]: ['trial A'] });
    project(at).refresh();
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain(`1 documents lack values, of all these 1 with tags (such as ${idOf(600)})`);
    await says(at, 'pending', /sample/);

    // What service-re-index-dicom-data does: the number of documents stays, tags are gone.
    for (let number = 0; number < 620; number++) project(at).write(idOf(number), { [BODY_PART]: 'N/A' });
    project(at).refresh();
    await says(at, 'pending', /207 restored documents have tags, in project_admin only 1 do. Tags are lost/);
  });

  test('when the restored index was removed after it, what was verified stays verified', async () => {
    const at = await restored('verify-metadata', 4);
    at.opensearch.engine.indices.delete(RESTORED);
    await says(at, 'blocked', /no index restored_meta-index/);
    fill(at.opensearch.engine.writable(RESTORED), 0, 4);
    merged(at, 4);
    await at.play('verify-metadata');
    at.opensearch.engine.indices.delete(RESTORED);
    await says(at, 'done', /All 4 documents were compared on .* was removed since/);
  });
});
