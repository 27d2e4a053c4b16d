import * as l10n from '@vscode/l10n';
import { endedRow, podRow } from './podRows';
import { isComplete, isFinished, isJob, isOfPlatform } from './readiness';
import { inOrder, row, type Row } from './row';
import type { PlatformState, Pod, Workload } from './types';
import { podsWords } from './words';
import { workloadRow } from './workloadRows';

const FORBIDDEN = l10n.t('your account may not look into it');

function namespaceRow(
  state: PlatformState,
  namespace: string,
  workloads: readonly Workload[],
  pods: readonly Pod[],
  now: number,
): Row {
  const id = `namespace:${namespace}`;
  const owned = new Map<Workload, Pod[]>(workloads.map((workload) => [workload, []]));
  const byName = new Map(workloads.map((workload) => [`${workload.kind}/${workload.name}`, workload]));
  const loose: Pod[] = [];
  for (const pod of pods) {
    const workload = pod.owner && byName.get(`${pod.owner.kind}/${pod.owner.name}`);
    const list = workload && owned.get(workload);
    if (list) list.push(pod);
    else loose.push(pod);
  }
  const rowOf = (workload: Workload) => workloadRow(state, workload, owned.get(workload) ?? [], now);
  const isDone = (workload: Workload) => isJob(workload) && isComplete(workload);
  const done = inOrder(workloads.filter(isDone).map(rowOf));
  const current = inOrder([
    ...workloads.filter((workload) => !isDone(workload)).map(rowOf),
    ...loose.filter((pod) => !isFinished(pod)).map((pod) => podRow(state, pod, now)),
  ]);
  const lasting = workloads.filter((workload) => !isJob(workload) && workload.wanted > 0);
  const available = lasting.filter((workload) => workload.available >= workload.wanted).length;
  const troubles = current.filter(({ look }) => look === 'trouble').length;
  const busy = current.filter(({ look }) => look === 'busy' || look === 'unknown').length;
  const jobs = workloads.filter((workload) => isJob(workload) && !isDone(workload)).length;
  return row({
    id,
    label: namespace,
    look: troubles > 0 ? 'trouble' : busy > 0 ? 'busy' : 'ok',
    parts: [
      troubles === 0 ? '' : troubles === 1 ? l10n.t('1 needs attention') : l10n.t`${troubles} need attention`,
      lasting.length > 0 ? l10n.t`${available} of ${lasting.length} available` : '',
      jobs === 0 ? '' : jobs === 1 ? l10n.t('1 job to finish') : l10n.t`${jobs} jobs to finish`,
      lasting.length === 0 && jobs === 0 && pods.length > 0 ? podsWords(pods.length) : '',
      isOfPlatform(namespace) ? '' : l10n.t('not part of Kaapana'),
    ],
    aside: l10n.t('namespace'),
    context: ['namespace'],
    open: troubles > 0,
    children: [
      ...current,
      ...(done.length === 0
        ? []
        : [
            row({
              id: `${id}/jobs`,
              label: l10n.t('Finished jobs'),
              look: 'group',
              parts: [l10n.t`${done.length} done`],
              children: done,
            }),
          ]),
      ...endedRow(state, id, loose.filter(isFinished), now),
    ],
  });
}

const grouped = <T extends { readonly namespace: string }>(objects: readonly T[]): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const group = groups.get(object.namespace);
    if (group) group.push(object);
    else groups.set(object.namespace, [object]);
  }
  return groups;
};

/** The whole tree for one state: namespaces, their workloads and pods; what is troubled first, the platform before the rest. */
export function rowsOf(state: PlatformState, now: number): Row[] {
  const workloads = grouped(state.workloads);
  const pods = grouped(state.pods);
  const names = [...new Set([...state.namespaces, ...workloads.keys(), ...pods.keys()])].filter(
    (name) => workloads.has(name) || pods.has(name),
  );
  const rows = names.map((name) =>
    namespaceRow(state, name, workloads.get(name) ?? [], pods.get(name) ?? [], now),
  );
  const hidden = state.forbidden.map((name) =>
    row({
      id: `namespace:${name}`,
      label: name,
      look: 'unknown',
      parts: [FORBIDDEN],
      aside: l10n.t('namespace'),
      context: ['namespace'],
    }),
  );
  const seen = new Set(names);
  const all = inOrder([...rows, ...hidden.filter(({ label }) => !seen.has(label))]);
  const ours = ({ label }: Row) => isOfPlatform(label);
  return [...all.filter(ours), ...all.filter((each) => !ours(each))];
}
