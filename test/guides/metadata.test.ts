import { expect, test } from 'vitest';
import { idOf, oldStage, TAGS, upgraded } from './metadata';

test('all steps of the metadata, from 0.3.5 to 0.4.1: nothing is lost, nothing newer is overwritten', async () => {
  const at = await oldStage('metadata-export', 60);
  const before = [
    'opensearch-config',
    'opensearch-deployment',
    'snapshot-repository',
    'snapshot-take',
    'snapshot-backup',
  ];
  for (const step of ['metadata-export', ...before]) {
    await at.play(step);
    expect(await at.checkOf(step), step).toMatchObject({ status: 'done' });
  }
  expect(at.opensearch.collisions()).toBe(0);
  const now = await upgraded(at);
  for (const step of [
    'snapshot-copy-back',
    'restore-repository',
    'snapshot-restore',
    'reindex',
    'verify-metadata',
  ]) {
    await now.play(step);
    expect(await now.checkOf(step), step).toMatchObject({ status: 'done' });
  }
  const project = now.opensearch.engine.index('project_admin');
  expect(project.size).toBe(61);
  expect(project.get(idOf(0))?.source).toMatchObject({
    newer: true,
    [TAGS]: ['tagged on 0.4', 'trial A', 'case 0'],
  });
  expect(project.get(idOf(3))?.source[TAGS]).toEqual(['trial A', 'case 3']);
  expect(now.opensearch.engine.openScrolls).toBe(0);
  // Steps of 0.3.5 have nothing to do any more.
  for (const step of before.slice(0, 4))
    expect(await now.checkOf(step), step).toMatchObject({ status: 'not-needed' });
  expect(await now.checkOf('metadata-export')).toMatchObject({ status: 'done' });
}, 300_000);
