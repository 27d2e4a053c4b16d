import * as l10n from '@vscode/l10n';
import { isComplete, isFinished, isJob, ownerOf } from './readiness';
import type { PlatformState, Pod } from './types';

/** Why a pod must not be restarted from here, and what to do instead; or what happens when it is. */
export type RestartPlan =
  | { readonly refused: string; readonly next: string }
  | { readonly question: string; readonly happens: string };

/** What restarting a pod would do: it is deleted, and what it belongs to starts another one. */
export function planRestart(state: PlatformState, pod: Pod): RestartPlan {
  const { namespace, name, owner } = pod;
  if (pod.terminating)
    return {
      refused: l10n.t`${name} is ending already.`,
      next: l10n.t('Wait until its successor has come.'),
    };
  if (isFinished(pod))
    return {
      refused: l10n.t`${name} has ended; there is nothing to restart.`,
      next: l10n.t('Open its log to see how it ended.'),
    };
  if (!owner)
    return {
      refused: l10n.t`${name} belongs to nothing that would start it again: it would be gone.`,
      next: l10n.t('Most often it is part of a workflow. Start that again in Airflow.'),
    };
  const workload = ownerOf(state, pod);
  if (workload && isJob(workload) && (workload.gaveUp || isComplete(workload)))
    return {
      refused: l10n.t`The job ${owner.name} has ended and starts no further pod.`,
      next: l10n.t('Deploying again creates the job anew.'),
    };
  const alone = workload !== undefined && workload.wanted <= 1;
  return {
    question: l10n.t`Restart the pod ${name}?`,
    happens: [
      l10n.t`The pod is deleted in the namespace ${namespace}; the ${owner.kind} ${owner.name} starts a new one in its place.`,
      owner.kind === 'Job'
        ? l10n.t('What it has done so far is done again, and it counts as a failed try.')
        : alone
          ? l10n.t`Until the new one runs, ${owner.name} gives no answer, and what it does now is cut off.`
          : l10n.t('Other pods go on meanwhile; what this one does now is cut off.'),
      l10n.t('Data on volumes stays.'),
    ].join(' '),
  };
}
