import type { Pod, PlatformEvent, Trouble, Workload, WorkloadKind } from './types';

/**
 * What is read of Kubernetes' objects; everything else is dropped at once. All of it belongs to v1, apps/v1 and batch/v1,
 * which are stable since Kubernetes 1.9 and 1.21 and are served unchanged by 1.23 to 1.33. Fields that came later are
 * optional here, and there is always an older one that says the same.
 */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly message?: string; readonly exitCode?: number };
  };
}

export interface KubePod extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface KubeWorkload extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly completions?: number | null;
    readonly updateStrategy?: { readonly type?: string };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly updatedReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly desiredNumberScheduled?: number;
    readonly currentNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface KubeEvent {
  readonly metadata: { readonly creationTimestamp?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
}

const timeOf = (text: string | null | undefined): number => (text ? Date.parse(text) : 0);

const refOf = ({ metadata }: KubeObject) => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid,
  createdAt: timeOf(metadata.creationTimestamp),
});

const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

/** Pods wanted and those that are there, made from the newest template: during an update the older ones do not count. */
type Count = Pick<Workload, 'wanted' | 'available' | 'failed' | 'gaveUp'>;

const counted = (wanted: number, available: number, old = 0): Count => ({
  wanted,
  available: Math.max(0, available - Math.max(0, old)),
  failed: 0,
  gaveUp: false,
});

/** Whether the status is about the newest template. Until then nothing of it is known. */
const isObserved = ({ metadata, status }: KubeWorkload): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);

const COUNTS: Readonly<Record<WorkloadKind, (object: KubeWorkload) => Count>> = {
  Deployment: (object) => {
    const { spec, status = {} } = object;
    const wanted = spec?.replicas ?? 1;
    if (!isObserved(object)) return counted(wanted, 0);
    return counted(
      wanted,
      status.availableReplicas ?? 0,
      (status.replicas ?? 0) - (status.updatedReplicas ?? 0),
    );
  },
  StatefulSet: (object) => {
    const { spec, status = {} } = object;
    const wanted = spec?.replicas ?? 1;
    if (!isObserved(object)) return counted(wanted, 0);
    // With OnDelete the older pods stay until a person deletes them.
    const updating =
      status.currentRevision !== status.updateRevision && spec?.updateStrategy?.type !== 'OnDelete';
    const old = updating ? (status.replicas ?? 0) - (status.updatedReplicas ?? 0) : 0;
    return counted(wanted, status.availableReplicas ?? status.readyReplicas ?? 0, old);
  },
  DaemonSet: (object) => {
    const { spec, status = {} } = object;
    // Its status alone says how many are wanted; without one it would look complete.
    if (!isObserved(object)) return counted(Math.max(1, status.desiredNumberScheduled ?? 1), 0);
    const updating = spec?.updateStrategy?.type !== 'OnDelete';
    const old = (status.currentNumberScheduled ?? 0) - (status.updatedNumberScheduled ?? 0);
    return counted(status.desiredNumberScheduled ?? 0, status.numberAvailable ?? 0, updating ? old : 0);
  },
  Job: ({ spec, status = {} }) => {
    const wanted = spec?.completions ?? 1;
    const complete = isTrue(status.conditions, 'Complete');
    return {
      wanted,
      available: complete ? wanted : Math.min(status.succeeded ?? 0, wanted),
      failed: status.failed ?? 0,
      gaveUp: isTrue(status.conditions, 'Failed'),
    };
  },
};

export const reduceWorkload = (kind: WorkloadKind, object: KubeWorkload): Workload => ({
  ...refOf(object),
  kind,
  ...COUNTS[kind](object),
});

/** Waiting that every pod goes through. */
const ORDINARY = new Set(['ContainerCreating', 'PodInitializing']);

function troubleOfContainer({ name, state }: ContainerStatus): Trouble | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason && !ORDINARY.has(waiting.reason))
    return { reason: waiting.reason, message: waiting.message ?? '', container: name };
  if (terminated && (terminated.exitCode ?? 0) !== 0)
    return {
      reason: terminated.reason ?? 'Error',
      message: terminated.message?.trim() || `exit code ${terminated.exitCode ?? 0}`,
      container: name,
    };
  return undefined;
}

function troubleOf({ status = {} }: KubePod): Trouble | undefined {
  const { phase, reason, message = '', conditions = [] } = status;
  if (phase === 'Succeeded') return undefined;
  // Evicted, NodeLost, DeadlineExceeded, … concern the pod as a whole.
  if (reason) return { reason, message };
  const unscheduled = conditions.find(
    (each) => each.type === 'PodScheduled' && each.status === 'False' && each.reason !== undefined,
  );
  if (unscheduled) return { reason: unscheduled.reason ?? '', message: unscheduled.message ?? '' };
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const trouble = troubleOfContainer(container);
    if (trouble) return trouble;
  }
  return phase === 'Failed' ? { reason: 'Failed', message } : undefined;
}

/** The workload behind a pod. A ReplicaSet is named after its Deployment and the hash that its pods are labelled with. */
function ownerOf({ metadata }: KubeObject): Pod['owner'] {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return undefined;
  const suffix = `-${metadata.labels?.['pod-template-hash'] ?? ''}`;
  return owner.kind === 'ReplicaSet' && suffix !== '-' && owner.name.endsWith(suffix)
    ? { kind: 'Deployment', name: owner.name.slice(0, -suffix.length) }
    : { kind: owner.kind, name: owner.name };
}

const PHASES: readonly string[] = ['Pending', 'Running', 'Succeeded', 'Failed'] satisfies Pod['phase'][];

const sumRestarts = (statuses: readonly ContainerStatus[]): number =>
  statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);

export function reducePod(object: KubePod): Pod {
  const { metadata, spec = {}, status = {} } = object;
  const inits = spec.initContainers ?? [];
  // An init container that is always restarted is a sidecar: it runs beside the others.
  const sidecars = new Set(
    inits.flatMap(({ name, restartPolicy }) => (restartPolicy === 'Always' ? [name] : [])),
  );
  const initStatuses = status.initContainerStatuses ?? [];
  const beside = [
    ...initStatuses.filter(({ name }) => sidecars.has(name)),
    ...(status.containerStatuses ?? []),
  ];
  const initializing = status.phase === 'Pending' && !isTrue(status.conditions, 'Initialized');
  const phase = status.phase ?? '';
  const owner = ownerOf(object);
  const trouble = troubleOf(object);
  return {
    ...refOf(object),
    phase: PHASES.includes(phase) ? (phase as Pod['phase']) : 'Unknown',
    terminating: metadata.deletionTimestamp !== undefined,
    readyContainers: beside.filter(({ ready }) => ready).length,
    containers: [...sidecars, ...(spec.containers ?? []).map(({ name }) => name)],
    initContainers: inits.flatMap(({ name }) => (sidecars.has(name) ? [] : [name])),
    // As kubectl counts: those of the init containers only while these run.
    restarts: sumRestarts(initializing ? initStatuses : beside),
    ...(owner ? { owner } : {}),
    ...(trouble ? { trouble } : {}),
  };
}

/** Events in the order in which they were last seen. */
export const reduceEvents = (events: readonly KubeEvent[]): PlatformEvent[] =>
  events
    .map(({ metadata, type, reason, message, count, lastTimestamp, eventTime, series }) => ({
      type: type === 'Warning' ? ('Warning' as const) : ('Normal' as const),
      reason: reason ?? '',
      message: message?.trim() ?? '',
      count: series?.count ?? count ?? 1,
      lastSeen: timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp),
    }))
    .sort((a, b) => a.lastSeen - b.lastSeen);
