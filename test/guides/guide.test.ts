import { describe, expect, test } from 'vitest';
import { guideIds, guideSources, readGuide } from '../../src/build/guides';
import { loadGuide } from '../../src/migration/loadGuide';
import { OLD_GUIDE, oldGuide } from './old-stage';
import { GUIDE, loadedGuide } from './stage';

const problems = async (change: (yaml: string) => string) => {
  const sources = await guideSources(GUIDE);
  const loaded = loadGuide({ ...sources, yaml: change(sources.yaml) });
  return 'problems' in loaded ? loaded.problems.map(({ message }) => message).join('\n') : '';
};

describe.each([
  [GUIDE, 31, loadedGuide],
  [OLD_GUIDE, 18, oldGuide],
])('the guide %s', (_, rows, load) => {
  test(`covers all ${rows} rows of the official guide, and runs every step`, async () => {
    const { steps } = await load();
    expect(new Set(steps.flatMap(({ covers }) => covers)).size).toBe(rows);
    expect(steps.filter(({ script }) => script === undefined)).toEqual([]);
  });

  test('lists each step after all that it needs, and each section in one piece', async () => {
    const { steps, sections } = await load();
    const ids = steps.map(({ id }) => id);
    for (const [index, step] of steps.entries())
      for (const needed of step.needs.steps)
        expect(ids.indexOf(needed), `${step.id} needs ${needed}`).toBeLessThan(index);
    const runs = steps
      .map(({ section }) => section)
      .filter((section, index, all) => section !== all[index - 1]);
    expect(runs).toEqual(sections.map(({ id }) => id));
  });

  test('needs no step that may be left out', async () => {
    const { steps } = await load();
    const optional = new Set(steps.filter((step) => step.optional).map(({ id }) => id));
    for (const step of steps)
      for (const needed of step.needs.steps)
        expect(optional.has(needed), `${step.id} needs ${needed}`).toBe(false);
  });

  test('tells the way back of every step, and the evidence of every deviation in words', async () => {
    for (const step of (await load()).steps) {
      expect(step.undo, step.id).toMatch(/\.$/);
      if (step.deviation) expect(step.deviation.evidence, step.id).toMatch(/^(?!.*\bH-\d)[A-Z0-9].*\.$/s);
    }
  });
});

describe('the guide', () => {
  test('has the order that keeps the data safe', async () => {
    const ids = (await loadedGuide()).steps.map(({ id }) => id);
    const safe = [
      'requirements',
      'keycloak-system-user',
      'opensearch-config',
      'opensearch-deployment',
      'drain',
      'snapshot-take',
      'snapshot-backup',
      'undeploy-platform',
      'full-backup',
      'uninstall-microk8s',
      'migrate-databases',
      'install-microk8s',
      'deploy-platform',
      'keycloak-role-mapping',
      'dicom-web-filter',
      'snapshot-copy-back',
      'snapshot-restore',
      'reindex',
      'verify-metadata',
      'move-thumbnails',
      'custom-dags',
      'acceptance',
    ];
    expect(ids.filter((id) => safe.includes(id))).toEqual(safe);
  });

  test('marks the steps that take the platform down', async () => {
    const down = (await loadedGuide()).steps.filter(({ endsEditor }) => endsEditor).map(({ id }) => id);
    expect(down).toEqual(['opensearch-dev-mode', 'undeploy-platform']);
  });

  test('gives a step that is started by hand the libraries that the extension gives it', async () => {
    for (const guide of await guideIds()) {
      const loaded = await readGuide(guide);
      for (const { id, script = '', libs } of 'guide' in loaded ? loaded.guide.steps : [])
        expect(/^ {2}km_use (.*)$/m.exec(script)?.[1]?.split(' ') ?? [], id).toEqual(libs);
    }
  });

  test('marks where no quick way leads back', async () => {
    const { steps } = await loadedGuide();
    expect(steps.filter(({ pointOfNoReturn }) => pointOfNoReturn).map(({ id }) => id)).toEqual([
      'deploy-platform',
    ]);
  });
});

describe('the schema refuses', () => {
  test.each<[string, (yaml: string) => string, RegExp]>([
    [
      'a word that it does not know',
      (yaml) => yaml.replace('    why:', '    because:'),
      /"because" is not known here/,
    ],
    [
      'a risk that it does not know',
      (yaml) => yaml.replace('risk: read-only', 'risk: none'),
      /one of: read-only, changing, destructive/,
    ],
    [
      'a step without a way back',
      (yaml) => yaml.replace('    undo: Nothing to take back. The step only looks.\n', ''),
      /"undo" is missing/,
    ],
    [
      'a detection that is not a name of lib.sh',
      (yaml) => yaml.replace('km_detect_fast_data_dir', 'rm -rf'),
      /pattern/,
    ],
    [
      'half a deviation',
      (yaml) => yaml.replace(/ {6}evidence: >-\n(?: {8}.*\n)+/, ''),
      /"evidence" is missing/,
    ],
  ])('%s', async (_, change, message) => {
    expect(await problems(change)).toMatch(message);
  });
});
