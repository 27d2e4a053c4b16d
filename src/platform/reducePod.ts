import * as l10n from '@vscode/l10n';
import { isTrue, refOf, type ContainerStatus, type KubeObject, type KubePod } from './kube';
import type { Pod, Trouble } from './types';

/** Waiting that every pod goes through. */
const ORDINARY = new Set(['ContainerCreating', 'PodInitializing']);

function troubleOfContainer({ name, state }: ContainerStatus): Trouble | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason && !ORDINARY.has(waiting.reason))
    return { reason: waiting.reason, message: waiting.message ?? '', container: name };
  if (terminated && (terminated.exitCode ?? 0) !== 0)
    return {
      reason: terminated.reason ?? 'Error',
      message: terminated.message?.trim() || l10n.t`exit code ${terminated.exitCode ?? 0}`,
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
