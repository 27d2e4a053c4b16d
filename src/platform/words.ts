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

const REGISTRY =
  'Look at its events for the name of the image. Check user and password of the registry, and whether the host reaches it.';
const SETTINGS =
  'Look at its events: they name the Secret, ConfigMap or key that is missing or wrong. The deployment brings it; deploy again if it is lost.';
const CRASHES = 'Open its log of the run before: its last lines say why it ended.';

const passing = (words: string): Meaning => ({ words, next: '', stuck: false });
const stuck = (words: string, next: string): Meaning => ({ words, next, stuck: true });

/** Every reason that Kubernetes is known to give for a container that does not run. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ContainerCreating: passing('is being prepared'),
  PodInitializing: passing('is being prepared'),
  SchedulingGated: passing('is being held back'),
  ContainersNotReady: passing('has not said yet that it is ready'),
  ErrImagePull: stuck('the image cannot be fetched', REGISTRY),
  ImagePullBackOff: stuck('the image cannot be fetched', REGISTRY),
  RegistryUnavailable: stuck('the registry gives no answer', REGISTRY),
  ImageInspectError: stuck(
    'the image on the host is damaged',
    'Remove the image on the host, so that it is fetched again.',
  ),
  ErrImageNeverPull: stuck(
    'the image is not on the host and must not be fetched',
    'Import the images on the host; the platform is set to work offline.',
  ),
  InvalidImageName: stuck(
    'the name of the image is not valid',
    'Look at the address of the registry in the deploy script.',
  ),
  CrashLoopBackOff: stuck('starts and ends again and again', CRASHES),
  Error: stuck('has ended with an error', CRASHES),
  OOMKilled: stuck(
    'was ended because it used too much memory',
    'Look at the memory of the host, and at its log.',
  ),
  ContainerCannotRun: stuck('cannot be started', CRASHES),
  StartError: stuck('cannot be started', CRASHES),
  RunContainerError: stuck('cannot be started', CRASHES),
  CreateContainerError: stuck('cannot be created', SETTINGS),
  CreateContainerConfigError: stuck('lacks a setting', SETTINGS),
  CreatePodSandboxError: stuck(
    'gets no network',
    'Look at the pods of kube-system, and at "microk8s status" on the host.',
  ),
  PostStartHookError: stuck('cannot be started', CRASHES),
  Unschedulable: stuck(
    'no place on the host is free for it',
    'Its events say what is missing: memory, CPU, a GPU, a volume, or room on the disk.',
  ),
  Evicted: stuck(
    'was removed, because the host ran short of something',
    'Look at the free disk space and memory of the host.',
  ),
  DeadlineExceeded: stuck('took too long and was ended', CRASHES),
  NodeLost: stuck('the host has lost it', 'Look at "microk8s status" on the host.'),
};

/** What a reason means; one that nobody has put in words is named as Kubernetes does. */
export function meaningOf({ reason }: Trouble): Meaning {
  const known = Object.hasOwn(MEANINGS, reason) ? MEANINGS[reason] : undefined;
  if (known) return known;
  // New reasons follow the old pattern: what failed ends in these.
  return /BackOff$|^Err|Err(or)?$/.test(reason)
    ? stuck(`does not start (${reason})`, 'Look at its events, and at its log.')
    : passing(`waits (${reason})`);
}

/** A trouble in words, with Kubernetes' own for whoever wants to search for it. */
export const troubleWords = (trouble: Trouble): string => {
  const { words } = meaningOf(trouble);
  return words.includes(trouble.reason) ? words : `${words} (${trouble.reason})`;
};

/** What each kind is called in a sentence. */
export const KIND_WORDS: Readonly<Record<WorkloadKind, readonly [one: string, many: string]>> = {
  Deployment: ['deployment', 'deployments'],
  StatefulSet: ['stateful set', 'stateful sets'],
  DaemonSet: ['daemon set', 'daemon sets'],
  Job: ['job', 'jobs'],
};

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** The first ones of a list in a sentence, and how many more there are. */
export function some(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How old something is, coarse enough not to change all the time. */
export function age(since: number, now: number): string {
  const past = Math.max(0, now - since);
  if (past < MINUTE) return 'under 1 min';
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)} h`;
  return `${Math.floor(past / DAY)} days`;
}
