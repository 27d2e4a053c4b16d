import { isTrue, refOf, type KubeWorkload } from './kube';
import type { Workload, WorkloadKind } from './types';

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
