import * as l10n from '@vscode/l10n';
import { canRestart, podRows, restartsText } from './podRows';
import { isComplete, isFinished, isJob, isStuck, isTrouble } from './readiness';
import { row, type Row, type RowLook } from './row';
import type { PlatformState, Pod, Workload } from './types';
import { faceOf } from './webFaces';
import { KIND_WORDS, meaningOf, troubleWords } from './words';

/** What keeps a workload back, in words: the worst of its pods. */
function hindrance(state: PlatformState, pods: readonly Pod[]): string {
  const held = pods.filter((pod) => pod.trouble && !pod.terminating && !isFinished(pod));
  const worst = held.find((pod) => isTrouble(state, pod)) ?? held.find(isStuck) ?? held[0];
  return worst?.trouble ? meaningOf(worst.trouble).words : '';
}

function workloadWords(state: PlatformState, workload: Workload, pods: readonly Pod[]): string[] {
  const { wanted, available, failed, gaveUp } = workload;
  const tries = failed === 0 ? '' : failed === 1 ? l10n.t('1 failed try') : l10n.t`${failed} failed tries`;
  if (isJob(workload)) {
    if (isComplete(workload)) return [l10n.t('job done'), tries];
    if (gaveUp) return [l10n.t('job gave up'), tries];
    return [
      pods.some((pod) => !isFinished(pod)) ? l10n.t('job runs') : l10n.t('job waits to be started'),
      hindrance(state, pods),
      tries,
    ];
  }
  if (wanted === 0) return [l10n.t('stopped')];
  const held = hindrance(state, pods);
  const there = l10n.t`${available} of ${wanted} available`;
  // The end of a long text is cut off: what needs a person stands first.
  if (pods.some((pod) => isTrouble(state, pod))) return [held, there];
  return [there, held || (available < wanted ? l10n.t('starting') : '')];
}

function workloadLook(state: PlatformState, workload: Workload, pods: readonly Pod[]): RowLook {
  if (isJob(workload)) {
    if (isComplete(workload)) return 'done';
    if (workload.gaveUp) return 'trouble';
  }
  if (pods.some((pod) => isTrouble(state, pod))) return 'trouble';
  if (isJob(workload)) return 'busy';
  if (workload.wanted === 0) return 'off';
  return workload.available < workload.wanted ? 'busy' : 'ok';
}

export function workloadRow(
  state: PlatformState,
  workload: Workload,
  pods: readonly Pod[],
  now: number,
): Row {
  const { kind, namespace, name } = workload;
  const id = `${kind}:${namespace}/${name}`;
  const face = faceOf(workload);
  const restarts = pods.reduce((sum, pod) => sum + pod.restarts, 0);
  const troubled = pods.find((pod) => isTrouble(state, pod))?.trouble;
  return row({
    id,
    label: name,
    look: workloadLook(state, workload, pods),
    parts: [
      ...workloadWords(state, workload, pods),
      isJob(workload) || kind === 'Deployment' ? '' : KIND_WORDS[kind],
      isJob(workload) ? '' : restartsText(restarts),
    ],
    aside: l10n.t`${KIND_WORDS[kind]} in ${namespace}`,
    context: [
      'workload',
      'describable',
      ...(pods.length > 0 ? ['loggable'] : []),
      ...(pods.some(canRestart) ? ['restartable'] : []),
      ...(face && workload.available > 0 ? ['face'] : []),
    ],
    facts: [
      { title: l10n.t('Kind'), text: kind },
      ...(troubled
        ? [
            {
              title: l10n.t('Now'),
              text: [troubleWords(troubled), troubled.message].filter(Boolean).join('. '),
            },
            { title: l10n.t('What to do'), text: meaningOf(troubled).next },
          ]
        : []),
      ...(workload.gaveUp && !isComplete(workload)
        ? [
            {
              title: l10n.t('What to do'),
              text: l10n.t(
                'Open the log of its last try: it says why. Kubernetes starts no further one by itself.',
              ),
            },
          ]
        : []),
      ...(face ? [{ title: l10n.t('Web face'), text: face.title }] : []),
    ],
    children: podRows(state, id, pods, now),
    subject: { kind, namespace, name },
  });
}
