import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endMarkedProcesses } from '../rehearsal/processes';
import { installCertificate, oldStage, SERIES, type OldOptions, type OldStage } from './old-stage';
import { pause } from './stage';

const LOGIN = [
  ['User of the registry', 'robot$1'],
  ['Password: ', "SECRET-pa'ss"],
] as const;
const SEEN = [
  ['see its images?', 'yes'],
  ['files in Store, MinIO?', 'yes'],
  ['find it in the platform?', 'yes'],
] as const;
const STEPS = [
  'requirements',
  'copy-scripts',
  'registry-credentials',
  'baseline',
  'save-certificate',
  'drain',
  'undeploy-old',
  'full-backup',
  'archive-backup',
  'uninstall-old-server',
  'reboot',
  'server-installation',
  'move-data-aside',
  'first-deploy',
  'tls-certificates',
  'undeploy-new',
  'copy-data',
  'fix-permissions',
  'second-deploy',
  'check-minio-ohif',
  'trigger-reindex',
  'await-dags',
  'thumbnails',
  'delete-old-data',
];

async function stageOf(options: OldOptions): Promise<OldStage> {
  const at = await oldStage(options);
  onTestFinished(at.machine.remove);
  at.env['KUBECONFIG'] = join(at.machine.root, 'of-another-cluster'); // at which the deploy scripts would stop
  await installCertificate(at);
  return at;
}

/** The old folders, whose paths have to be typed. */
const oldFolders = (at: OldStage) => [...new Set([at.fast, at.slow])].map((folder) => `${folder}_0.1.3`);

/** Runs a step as a person would, and gives back what it said. */
async function runStep(at: OldStage, step: string): Promise<string> {
  const ended =
    step === 'registry-credentials'
      ? await at.runInTerminal(step, LOGIN)
      : step === 'check-minio-ohif'
        ? await at.runInTerminal(step, SEEN)
        : step === 'delete-old-data'
          ? await at.runInTerminal(
              step,
              oldFolders(at).map((folder) => [`${folder}\r\nTo delete that for ever`, folder] as const),
            )
          : await at.run(step);
  if (ended.code !== 0) throw new Error(`${step}: ${ended.said}`);
  expect(ended.said).not.toContain('SECRET');
  return ended.said;
}

/** A week passes after a person has looked. */
async function waitAWeek(at: OldStage): Promise<void> {
  const text = await readFile(at.kept('accepted'), 'utf8');
  const seconds = Math.floor(Date.now() / 1000) - 8 * 86_400;
  await writeFile(at.kept('accepted'), text.replace(/^\d+$/m, String(seconds)));
}

const statusOf = async (at: OldStage, step: string) => {
  const { status, evidence } = await at.check(step);
  return `${step}: ${status}: ${evidence}`;
};

test('the whole guide, with two data folders', { timeout: 240_000 }, async () => {
  const at = await stageOf({ oneFolder: false });
  for (const step of STEPS) {
    if (step === 'delete-old-data') {
      expect(await statusOf(at, step)).toMatch(/blocked: .*less than 7 days/);
      await waitAWeek(at);
    }
    expect(await statusOf(at, step)).toMatch(
      step === 'requirements' ? /: done: / : /: (pending|done|blocked): /,
    );
    await runStep(at, step);
    expect(await statusOf(at, step)).toMatch(/: (done|not-needed): /);
  }
  expect(await readFile(join(at.fast, 'postgres-dcm4che/series'), 'utf8')).toBe(`${SERIES.join('\n')}\n`);
  expect(existsSync(join(at.slow, 'minio/cohorts/a/b.json'))).toBe(true);
  expect(
    await readFile(join(at.slow, 'dcm4che/server_data/configuration/standalone.xml'), 'utf8').catch(
      () => 'fresh',
    ),
  ).toBe('fresh');
  for (const folder of oldFolders(at)) expect(existsSync(folder)).toBe(false);
  // What the overview of the run compares.
  const [before, now] = await Promise.all(
    ['baseline.json', 'accepted.json'].map(
      async (name) => JSON.parse(await readFile(at.kept(name), 'utf8')) as { numbers: object },
    ),
  );
  expect(before?.numbers).toMatchObject({ series: SERIES.length });
  expect(Object.keys(now?.numbers ?? {})).toEqual(['studies', 'series', 'images']);
  // What the deleted folders have proven still counts.
  for (const step of ['reboot', 'move-data-aside', 'full-backup', 'copy-data'])
    expect(await statusOf(at, step)).toMatch(/: done: /);
});

test(
  'the whole guide with one data folder, each step killed and run again',
  { timeout: 300_000 },
  async () => {
    const at = await stageOf({ oneFolder: true });
    for (const step of STEPS) {
      if (step === 'delete-old-data') await waitAWeek(at);
      for (const milliseconds of [60, 350]) {
        const ended = at.run(step);
        await pause(milliseconds);
        await endMarkedProcesses(at.machine.root);
        await ended;
      }
      const { status } = await at.check(step);
      expect(['pending', 'done', 'not-needed', 'blocked'], step).toContain(status);
      // The login is asked for once.
      if (
        !(step === 'registry-credentials' && status === 'done') &&
        !(step === 'reboot' && status === 'done')
      )
        await runStep(at, step);
      expect(await statusOf(at, step)).toMatch(/: (done|not-needed): /);
    }
    expect(await readFile(join(at.fast, 'postgres-dcm4che/series'), 'utf8')).toBe(`${SERIES.join('\n')}\n`);
  },
);
