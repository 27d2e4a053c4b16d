import * as l10n from '@vscode/l10n';
import type { PlatformState, Pod, Workload } from './types';
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

/**
 * Judges one state of the platform.
 * @param startUpJobs Jobs (`namespace/name`) without whose success the platform does not work, also while they do not exist yet
 */
export function judge(state: PlatformState, startUpJobs: readonly string[] = []): Readiness {
  const workloads = state.workloads.filter(counts);
  const pods = state.pods.filter(counts);
  const hidden = state.forbidden.filter((namespace) => counts({ namespace }));
  const jobs = workloads.filter(isJob);
  const lasting = workloads.filter((workload) => !isJob(workload));
  const wanted = lasting.filter((workload) => workload.wanted > 0);
  const stopped = lasting.filter((workload) => workload.wanted === 0);
  const missing = wanted.filter((workload) => !isAvailable(workload));
  const gaveUp = jobs.filter((job) => job.gaveUp && !isComplete(job));
  const unfinished = jobs.filter((job) => !isComplete(job) && !job.gaveUp);
  const known = new Set(jobs.map(place));
  const absent = startUpJobs
    .filter((job) => !known.has(job) && !hidden.some((namespace) => job.startsWith(`${namespace}/`)))
    .map((job) => job.slice(job.indexOf('/') + 1));
  const troubled = pods.filter((pod) => isTrouble(state, pod));
  const names = unique(troubled.map(nameOf));

  const [there, all] = [wanted.length - missing.length, wanted.length];
  const available =
    all === 0
      ? l10n.t('No deployment yet')
      : wanted.every(({ kind }) => kind === 'Deployment')
        ? l10n.t`${there} of ${all} deployments available`
        : l10n.t`${there} of ${all} workloads available`;
  const total = all === 0 ? '' : l10n.t`${there} of ${all} available`;
  const troubles = gaveUp.length + names.filter((name) => gaveUp.every((job) => job.name !== name)).length;
  const is = (verdict: ReadinessState, sentence: string): Readiness => ({
    state: verdict,
    sentence,
    total,
    troubles,
  });

  if (workloads.length === 0 && hidden.length === 0) {
    // Pods that ended long ago stay listed until their namespace goes.
    const ending = pods.filter((pod) => !isFinished(pod)).length;
    if (ending > 0) return is('leaving', l10n.t`The platform goes down: ${podsWords(ending)} still there`);
    return is(
      'empty',
      l10n.t('Nothing is deployed. Between undeploying and deploying that is as it should be'),
    );
  }
  const first = gaveUp[0];
  if (first) {
    const others = gaveUp.length - 1;
    const which =
      others === 0
        ? l10n.t`the job ${first.name} gave up`
        : others === 1
          ? l10n.t`the job ${first.name} and 1 other job gave up`
          : l10n.t`the job ${first.name} and ${others} other jobs gave up`;
    return is('troubled', `${available}; ${which}`);
  }
  const [worst] = troubled;
  if (worst?.trouble) {
    const more = names.length - 1;
    const others =
      more === 0 ? [] : [more === 1 ? l10n.t('1 more is stuck') : l10n.t`${more} more are stuck`];
    const first = `${nameOf(worst)}: ${meaningOf(worst.trouble).words}`;
    return is('troubled', [available, first, ...others].join('; '));
  }
  const awaited = unique([
    ...unfinished.map(({ name }) => name),
    ...absent,
    ...missing.map(({ name }) => name),
  ]);
  if (awaited.length > 0) return is('waiting', `${available}; ${l10n.t`waiting for ${some(awaited, 2)}`}`);
  if (hidden.length > 0) {
    return is('unknown', l10n.t`Cannot be told: your account may not look into ${some(hidden, 3)}`);
  }
  // Jobs alone are no platform: its Deployments are still to come, or somebody stopped them all.
  if (wanted.length === 0)
    return is('waiting', stopped.length > 0 ? l10n.t('Every deployment is stopped') : available);
  const done = jobs.length === 1 ? l10n.t('1 job done') : l10n.t`${jobs.length} jobs done`;
  const off = some(
    stopped.map(({ name }) => name),
    2,
  );
  const sentence = jobs.length > 0 ? `${available}, ${done}` : available;
  return is('ready', stopped.length > 0 ? `${sentence}; ${l10n.t`${off} stopped`}` : sentence);
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
