import * as l10n from '@vscode/l10n';
import type { Trouble, WorkloadKind } from './types';

/** What a reason of Kubernetes means, for somebody who does not know Kubernetes. */
export interface Meaning {
  /** Follows the name of what it is about: "keycloak: the image cannot be fetched". */
  readonly words: string;
  /** What to do next; empty where it passes by itself. */
  readonly next: string;
  /** It does not pass by itself, as far as anybody knows. */
  readonly stuck: boolean;
}

const REGISTRY = l10n.t(
  'Look at its events for the name of the image. Check user and password of the registry, and whether the host reaches it.',
);
const SETTINGS = l10n.t(
  'Look at its events: they name the Secret, ConfigMap or key that is missing or wrong. The deployment brings it; deploy again if it is lost.',
);
const CRASHES = l10n.t('Open its log of the run before: its last lines say why it ended.');

const passing = (words: string): Meaning => ({ words, next: '', stuck: false });
const stuck = (words: string, next: string): Meaning => ({ words, next, stuck: true });

/** Every reason that Kubernetes is known to give for a container that does not run. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ContainerCreating: passing(l10n.t('is being prepared')),
  PodInitializing: passing(l10n.t('is being prepared')),
  SchedulingGated: passing(l10n.t('is being held back')),
  ContainersNotReady: passing(l10n.t('has not said yet that it is ready')),
  ErrImagePull: stuck(l10n.t('the image cannot be fetched'), REGISTRY),
  ImagePullBackOff: stuck(l10n.t('the image cannot be fetched'), REGISTRY),
  RegistryUnavailable: stuck(l10n.t('the registry gives no answer'), REGISTRY),
  ImageInspectError: stuck(
    l10n.t('the image on the host is damaged'),
    l10n.t('Remove the image on the host, so that it is fetched again.'),
  ),
  ErrImageNeverPull: stuck(
    l10n.t('the image is not on the host and must not be fetched'),
    l10n.t('Import the images on the host; the platform is set to work offline.'),
  ),
  InvalidImageName: stuck(
    l10n.t('the name of the image is not valid'),
    l10n.t('Look at the address of the registry in the deploy script.'),
  ),
  CrashLoopBackOff: stuck(l10n.t('starts and ends again and again'), CRASHES),
  Error: stuck(l10n.t('has ended with an error'), CRASHES),
  OOMKilled: stuck(
    l10n.t('was ended because it used too much memory'),
    l10n.t('Look at the memory of the host, and at its log.'),
  ),
  ContainerCannotRun: stuck(l10n.t('cannot be started'), CRASHES),
  StartError: stuck(l10n.t('cannot be started'), CRASHES),
  RunContainerError: stuck(l10n.t('cannot be started'), CRASHES),
  CreateContainerError: stuck(l10n.t('cannot be created'), SETTINGS),
  CreateContainerConfigError: stuck(l10n.t('lacks a setting'), SETTINGS),
  CreatePodSandboxError: stuck(
    l10n.t('gets no network'),
    l10n.t('Look at the pods of kube-system, and at "microk8s status" on the host.'),
  ),
  PostStartHookError: stuck(l10n.t('cannot be started'), CRASHES),
  Unschedulable: stuck(
    l10n.t('no place on the host is free for it'),
    l10n.t('Its events say what is missing: memory, CPU, a GPU, a volume, or room on the disk.'),
  ),
  Evicted: stuck(
    l10n.t('was removed, because the host ran short of something'),
    l10n.t('Look at the free disk space and memory of the host.'),
  ),
  DeadlineExceeded: stuck(l10n.t('took too long and was ended'), CRASHES),
  NodeLost: stuck(l10n.t('the host has lost it'), l10n.t('Look at "microk8s status" on the host.')),
};

/** What a reason means; one that nobody has put in words is named as Kubernetes does. */
export function meaningOf({ reason }: Trouble): Meaning {
  const known = Object.hasOwn(MEANINGS, reason) ? MEANINGS[reason] : undefined;
  if (known) return known;
  // New reasons follow the old pattern: what failed ends in these.
  return /BackOff$|^Err|Err(or)?$/.test(reason)
    ? stuck(l10n.t`does not start (${reason})`, l10n.t('Look at its events, and at its log.'))
    : passing(l10n.t`waits (${reason})`);
}

/** A trouble in words, with Kubernetes' own for whoever wants to search for it. */
export const troubleWords = (trouble: Trouble): string => {
  const { words } = meaningOf(trouble);
  return words.includes(trouble.reason) ? words : `${words} (${trouble.reason})`;
};

/** What each kind is called in a row. */
export const KIND_WORDS: Readonly<Record<WorkloadKind, string>> = {
  Deployment: l10n.t('deployment'),
  StatefulSet: l10n.t('stateful set'),
  DaemonSet: l10n.t('daemon set'),
  Job: l10n.t('job'),
};

export const restartsWords = (restarts: number): string =>
  restarts === 1 ? l10n.t('1 restart') : l10n.t`${restarts} restarts`;

export const podsWords = (pods: number): string => (pods === 1 ? l10n.t('1 pod') : l10n.t`${pods} pods`);

/** The first ones of a list in a sentence, and how many more there are. */
export function some(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more > 0 ? l10n.t`${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How old something is, coarse enough not to change all the time. */
export function age(since: number, now: number): string {
  const past = Math.max(0, now - since);
  if (past < MINUTE) return l10n.t`under ${1} min`;
  if (past < HOUR) return l10n.t`${Math.floor(past / MINUTE)} min`;
  if (past < 2 * DAY) return l10n.t`${Math.floor(past / HOUR)} h`;
  return l10n.t`${Math.floor(past / DAY)} days`;
}
