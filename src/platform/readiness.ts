import * as l10n from '@vscode/l10n';
import type { PlatformState, Pod, Trouble, Workload } from './types';
import { meaningOf, podsWords, some } from './words';

/**
 * Whether the platform works, judged by what Kubernetes keeps a promise about: Deployments and Jobs. "All pods are
 * Running or Completed" is reached too early, as most pods do not tell when they are ready, or never, as failed tries of
 * Jobs stay where they are.
 */
export type ReadinessState =
  | 'ready'
  /** It is on its way: nothing that is known to be stuck. */
  | 'waiting'
  /** Something is stuck, or a Job gave up: a person is needed. */
  | 'troubled'
  /** There is a cluster, and no platform on it. */
  | 'empty'
  /** Pods of an undeployed platform are still ending. */
  | 'leaving'
  /** A part of it cannot be seen. */
  | 'unknown';

export interface Readiness {
  readonly state: ReadinessState;
  /** The verdict in one sentence without a full stop. */
  readonly sentence: string;
  /** The total, for the view's title. */
  readonly total: string;
  /** How many things need a person. */
  readonly troubles: number;
}

/** The namespaces of a platform, with the prefix of one that has an instance name. */
const OF_PLATFORM = /^(admin|project-.+|(.+-)?(services|extensions|jobs))$/;
/** Where users' processing runs at 0.3: it says nothing about the platform. */
const OF_USERS = /^(.+-)?jobs$/;

export const isOfPlatform = (namespace: string): boolean => OF_PLATFORM.test(namespace);

const counts = ({ namespace }: { readonly namespace: string }): boolean =>
  isOfPlatform(namespace) && !OF_USERS.test(namespace);

export const isJob = ({ kind }: Workload): boolean => kind === 'Job';

/** A Job with all the successes that it wants; without a number it wants one. */
export const isComplete = ({ wanted, available }: Workload): boolean => available >= Math.max(1, wanted);

/** Everything that was asked for is there. */
export const isAvailable = (workload: Workload): boolean =>
  isJob(workload) ? isComplete(workload) : workload.available >= workload.wanted;

/** A try of a Job that has ended: what became of it, the Job itself tells. */
export const isFinished = ({ phase }: Pod): boolean => phase === 'Succeeded' || phase === 'Failed';

/** A pod that does not come up by itself. What has ended or is ending is no trouble of now. */
export const isStuck = (pod: Pod): boolean =>
  pod.trouble !== undefined && !pod.terminating && !isFinished(pod) && meaningOf(pod.trouble).stuck;

/** The workload behind a pod. */
export const ownerOf = ({ workloads }: PlatformState, { namespace, owner }: Pod): Workload | undefined =>
  owner &&
  workloads.find(
    (workload) =>
      workload.namespace === namespace && workload.kind === owner.kind && workload.name === owner.name,
  );

/** Stuck, and somebody still waits for it: a Job that has succeeded waits for none of its pods. */
export function isTrouble(state: PlatformState, pod: Pod): boolean {
  if (!isStuck(pod)) return false;
  const owner = ownerOf(state, pod);
  return !(owner && isJob(owner) && isComplete(owner));
}

const place = ({ namespace, name }: Workload): string => `${namespace}/${name}`;

/** What is told about a pod: the name of what it belongs to, which stays when the pod is replaced. */
const nameOf = ({ name, owner }: Pod): string => owner?.name ?? name;

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** What the verdict goes by: the parts of the platform, by what they mean for it. */
interface Tally {
  /** Workloads that stay, of which something is asked for, and those of them that are not all there. */
  readonly wanted: readonly Workload[];
  readonly missing: readonly Workload[];
  /** Workloads that stay and of which nothing is asked for. */
  readonly stopped: readonly Workload[];
  readonly jobs: readonly Workload[];
  readonly gaveUp: readonly Workload[];
  /** Pods that need a person. */
  readonly troubled: readonly Pod[];
  /** What is still to come, by name. */
  readonly awaited: readonly string[];
  /** How many pods have not ended. Those that ended long ago stay listed until their namespace goes. */
  readonly alive: number;
  /** Namespaces that cannot be looked into. */
  readonly hidden: readonly string[];
}

function tallyOf(state: PlatformState, startUpJobs: readonly string[]): Tally {
  const workloads = state.workloads.filter(counts);
  const pods = state.pods.filter(counts);
  const hidden = state.forbidden.filter((namespace) => counts({ namespace }));
  const jobs = workloads.filter(isJob);
  const lasting = workloads.filter((workload) => !isJob(workload));
  const wanted = lasting.filter((workload) => workload.wanted > 0);
  const missing = wanted.filter((workload) => !isAvailable(workload));
  const unfinished = jobs.filter((job) => !isComplete(job) && !job.gaveUp);
  const known = new Set(jobs.map(place));
  const absent = startUpJobs
    .filter((job) => !known.has(job) && !hidden.some((namespace) => job.startsWith(`${namespace}/`)))
    .map((job) => job.slice(job.indexOf('/') + 1));
  return {
    wanted,
    missing,
    stopped: lasting.filter((workload) => workload.wanted === 0),
    jobs,
    gaveUp: jobs.filter((job) => job.gaveUp && !isComplete(job)),
    troubled: pods.filter((pod) => isTrouble(state, pod)),
    awaited: unique([...unfinished.map(({ name }) => name), ...absent, ...missing.map(({ name }) => name)]),
    alive: pods.filter((pod) => !isFinished(pod)).length,
    hidden,
  };
}

/**
 * Judges one state of the platform.
 * @param startUpJobs Jobs (`namespace/name`) without whose success the platform does not work, also while they do not exist yet
 */
export function judge(state: PlatformState, startUpJobs: readonly string[] = []): Readiness {
  const tally = tallyOf(state, startUpJobs);
  return { ...verdictOf(tally), total: totalWords(tally), troubles: troublesOf(tally) };
}

/** The worst comes first. */
function verdictOf(tally: Tally): Pick<Readiness, 'state' | 'sentence'> {
  const { wanted, stopped, jobs, gaveUp, troubled, awaited, alive, hidden } = tally;
  if (wanted.length + stopped.length + jobs.length + hidden.length === 0) {
    if (alive > 0)
      return { state: 'leaving', sentence: l10n.t`The platform goes down: ${podsWords(alive)} still there` };
    return {
      state: 'empty',
      sentence: l10n.t('Nothing is deployed. Between undeploying and deploying that is as it should be'),
    };
  }
  const available = availableWords(tally);
  const [lost] = gaveUp;
  if (lost) return { state: 'troubled', sentence: `${available}; ${gaveUpWords(lost, gaveUp.length - 1)}` };
  const [stuck] = troubled;
  if (stuck?.trouble) {
    const others = unique(troubled.map(nameOf)).length - 1;
    return { state: 'troubled', sentence: `${available}; ${stuckWords(stuck, stuck.trouble, others)}` };
  }
  if (awaited.length > 0)
    return { state: 'waiting', sentence: `${available}; ${l10n.t`waiting for ${some(awaited, 2)}`}` };
  if (hidden.length > 0)
    return {
      state: 'unknown',
      sentence: l10n.t`Cannot be told: your account may not look into ${some(hidden, 3)}`,
    };
  // Jobs alone are no platform: its Deployments are still to come, or somebody stopped them all.
  if (wanted.length === 0)
    return {
      state: 'waiting',
      sentence: stopped.length > 0 ? l10n.t('Every deployment is stopped') : available,
    };
  return { state: 'ready', sentence: readyWords(tally, available) };
}

/** How many things need a person: each once, however many pods it has. */
function troublesOf({ gaveUp, troubled }: Tally): number {
  const stuck = unique(troubled.map(nameOf)).filter((name) => gaveUp.every((job) => job.name !== name));
  return gaveUp.length + stuck.length;
}

const thereOf = ({ wanted, missing }: Tally): number => wanted.length - missing.length;

function totalWords(tally: Tally): string {
  const all = tally.wanted.length;
  return all === 0 ? '' : l10n.t`${thereOf(tally)} of ${all} available`;
}

function availableWords(tally: Tally): string {
  const [there, all] = [thereOf(tally), tally.wanted.length];
  if (all === 0) return l10n.t('No deployment yet');
  return tally.wanted.every(({ kind }) => kind === 'Deployment')
    ? l10n.t`${there} of ${all} deployments available`
    : l10n.t`${there} of ${all} workloads available`;
}

function gaveUpWords({ name }: Workload, others: number): string {
  if (others === 0) return l10n.t`the job ${name} gave up`;
  return others === 1
    ? l10n.t`the job ${name} and 1 other job gave up`
    : l10n.t`the job ${name} and ${others} other jobs gave up`;
}

function stuckWords(first: Pod, why: Trouble, others: number): string {
  const words = `${nameOf(first)}: ${meaningOf(why).words}`;
  if (others === 0) return words;
  return `${words}; ${others === 1 ? l10n.t('1 more is stuck') : l10n.t`${others} more are stuck`}`;
}

function readyWords({ jobs, stopped }: Tally, available: string): string {
  const done = jobs.length === 1 ? l10n.t('1 job done') : l10n.t`${jobs.length} jobs done`;
  const sentence = jobs.length > 0 ? `${available}, ${done}` : available;
  const off = some(
    stopped.map(({ name }) => name),
    2,
  );
  return stopped.length > 0 ? `${sentence}; ${l10n.t`${off} stopped`}` : sentence;
}

const VERDICT_WORDS: Readonly<Record<ReadinessState, string>> = {
  ready: `${l10n.t('Ready:')} `,
  waiting: `${l10n.t('Not ready yet:')} `,
  troubled: `${l10n.t('Needs attention:')} `,
  empty: '',
  leaving: '',
  unknown: '',
};

/** The verdict as a person reads it above the tree. */
export const verdictText = ({ state, sentence }: Readiness): string => `${VERDICT_WORDS[state]}${sentence}.`;
