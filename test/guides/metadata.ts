import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CheckResult } from '../../src/migration/check';
import type { MachineOptions } from '../rehearsal/machine';
import { deployPlatform } from '../rehearsal/platform';
import { endMarkedProcesses } from '../rehearsal/processes';
import { startOpenSearch, type OpenSearch } from '../rehearsal/services/opensearch/pod';
import { Index, type Source } from '../rehearsal/services/opensearch/index';
import { Repository } from '../rehearsal/services/opensearch/snapshots';
import {
  composed,
  isRoot,
  keptOf,
  loadedGuide,
  stage,
  until,
  valuesOf,
  type Ended,
  type Stage,
} from './stage';

export const TAGS = '00000000 Tags_keyword';
export const BODY_PART = '00000000 PredictedBodypart_keyword';
export const RESTORED = 'restored_meta-index';
export const BEFORE = 'before_merge_project_admin';

/** A metadata document as 0.3.5 writes it; every third one has tags of a user, every fifth a body part. */
export const document = (number: number): Source => ({
  '0020000E SeriesInstanceUID_keyword': idOf(number),
  '00100020 PatientID_keyword': `Jäger "${number}"`,
  '00000000 TimestampArrived_datetime': '2024-03-05 06:07:08.000000',
  [BODY_PART]: number % 5 === 0 ? 'chest' : 'N/A',
  ...(number % 3 === 0 ? { [TAGS]: ['trial A', `case ${number}`] } : {}),
});

export const idOf = (number: number): string => `1.2.276.0.7230010.3.1.3.${number}`;

/** Adds documents to an index; a search finds them. */
export function fill(index: Index, from: number, to: number): Index {
  for (let number = from; number < to; number++) index.write(idOf(number), document(number));
  index.refresh();
  return index;
}

/** A stage on which one step after the other is played, with OpenSearch. */
export interface MetadataStage extends Stage {
  readonly opensearch: OpenSearch;
  /** Puts another step onto the machine. */
  readonly turnTo: (step: string) => Promise<void>;
  /** Runs a step that has to succeed. */
  readonly play: (step: string) => Promise<Ended>;
  readonly checkOf: (step: string) => Promise<CheckResult>;
  readonly backup: string;
  readonly kept: (name: string) => string;
}

async function extend(at: Stage, opensearch: OpenSearch): Promise<MetadataStage> {
  const guide = await loadedGuide();
  const { machine } = at;
  Object.assign(at.env, { KM_POLL: '0.1' });
  const turnTo = (id: string) => writeFile(at.file, composed(guide, id, valuesOf(machine)).text);
  return {
    ...at,
    opensearch,
    turnTo,
    play: async (id) => {
      await turnTo(id);
      const ended = await at.run('run');
      if (ended.code !== 0) throw new Error(`${id} ended with code ${ended.code ?? -1}: ${ended.said}`);
      return ended;
    },
    checkOf: async (id) => {
      await turnTo(id);
      return at.check();
    },
    backup: join(machine.backupDisk, 'km/opensearch-snapshots'),
    kept: (name) => keptOf(machine, name),
  };
}

/** A machine with 0.3.5 and metadata of so many series; OpenSearch may be set up for snapshots already. */
export async function oldStage(
  step: string,
  documents = 40,
  options: MachineOptions & { readonly allowed?: boolean } = {},
): Promise<MetadataStage> {
  const at = await stage(step, { snapshotBytes: 1000, ...options });
  await rm(at.machine.snapshots, { recursive: true });
  const opensearch = await startOpenSearch(at.machine, '0.3.5', { allowed: options.allowed ?? false });
  onTestFinished(opensearch.close);
  fill(opensearch.engine.writable('meta-index'), 0, documents);
  const dashboards = opensearch.engine.writable('.opensearch_dashboards_1');
  dashboards.write('dashboard:wards', { type: 'dashboard' });
  dashboards.refresh();
  opensearch.engine.writable('.opendistro-job-scheduler-lock').refresh();
  return extend(at, opensearch);
}

/** What one finds in the backup folder of a machine on which the steps before the undeploy were carried out. */
export async function putBackup(
  folder: string,
  documents: number,
  options: { readonly lostShard?: number; readonly byHand?: boolean } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const uid = isRoot ? 1000 : (process.getuid?.() ?? 0);
  if (isRoot) await chown(folder, uid, uid);
  const index = fill(new Index('meta-index'), 0, documents);
  if (options.lostShard !== undefined) index.lostShards.add(options.lostShard);
  new Repository(folder, false, { uid }).take(
    'pre_040',
    [index],
    options.byHand ? undefined : { documents, operations: documents },
  );
}

/** Starts the OpenSearch of a new platform on a data folder with nothing of the old one. */
async function startEmpty({ machine }: Stage, version: '0.4.0' | '0.4.1'): Promise<OpenSearch> {
  const folder = join(machine.fastDataDir, 'os');
  await rm(folder, { recursive: true });
  await mkdir(join(folder, 'data'), { recursive: true });
  if (isRoot) await chown(join(folder, 'data'), 1000, 1000);
  const opensearch = await startOpenSearch(machine, version);
  onTestFinished(opensearch.close);
  putProject(opensearch);
  return opensearch;
}

/** A machine with 0.4.1: project_admin has the phantom and series 0, which was sent again and tagged anew. */
export async function newStage(
  step: string,
  documents = 40,
  options: MachineOptions & { readonly version?: '0.4.0' | '0.4.1' } = {},
): Promise<MetadataStage> {
  const version = options.version ?? '0.4.1';
  const at = await stage(step, { snapshotBytes: 1000, ...options, platform: { version } });
  const extended = await extend(at, await startEmpty(at, version));
  await putBackup(extended.backup, documents);
  return extended;
}

/** What the start-up Jobs of 0.4.1 make, and what arrived since. */
export function putProject({ engine }: OpenSearch): void {
  engine.templates.set('project_', { index_patterns: ['project_*'] });
  const project = engine.writable('project_admin');
  project.write('phantom', { '0020000E SeriesInstanceUID_keyword': 'phantom', [TAGS]: ['new'] });
  project.write(idOf(0), { ...document(0), [TAGS]: ['tagged on 0.4'], [BODY_PART]: 'N/A', newer: true });
  project.refresh();
}

/** Goes on with 0.4.1 on a machine that had 0.3.5. */
export async function upgraded(at: MetadataStage): Promise<MetadataStage> {
  await at.opensearch.close();
  await rm(join(at.machine.state, 'helm'), { recursive: true });
  await rm(join(at.machine.state, 'k8s'), { recursive: true });
  await deployPlatform(at.machine, { version: '0.4.1' });
  return extend(at, await startEmpty(at, '0.4.1'));
}

/** Starts a run and kills all of it as soon as something has happened. */
export async function killedRun(at: Stage, when: () => boolean): Promise<void> {
  const ended = at.run('run');
  await until(when);
  await endMarkedProcesses(at.machine.root);
  await ended;
}

export const readKept = async (at: MetadataStage, name: string): Promise<unknown> =>
  existsSync(at.kept(name)) ? JSON.parse(await readFile(at.kept(name), 'utf8')) : undefined;

/** Takes a right away from everybody but root; OpenSearch, which is not root, feels it. */
export const forbid = (path: string): Promise<void> =>
  chmod(path, 0o700).then(() => (isRoot ? chown(path, 0, 0) : chmod(path, 0o000)));
