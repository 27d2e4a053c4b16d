import * as l10n from '@vscode/l10n';
import type { Step } from './guide';
import { isActive, isSettled, type RunStatus, type StepStatus } from './run';
import type { Mode } from './verdict';

/** Where the editor itself runs. */
export interface Place {
  /** In a pod of a MicroK8s cluster, as code-server inside Kaapana does. */
  readonly inPlatform: boolean;
}

/** Why a step must not be started now. Names are those of the problems that an editor shows. */
export interface Refusal {
  readonly reason: 'busy' | 'not-proven' | 'inside-platform' | 'built-upon' | 'no-way-back';
  readonly detail: string;
}

/** A check or a person's signed word stands behind the step; leaving out what is not optional proves nothing. */
const isProven = ({ state, step }: StepStatus): boolean =>
  isSettled(state) && (state !== 'skipped' || step.optional);

const names = (steps: readonly StepStatus[]): string => steps.map(({ step }) => `"${step.title}"`).join(', ');

const has = (part: string, { script }: Step): boolean =>
  script !== undefined && new RegExp(`^${part} *\\(\\)`, 'm').test(script);

/** Whether the step's script knows a way back. */
export const canBeUndone = (step: Step): boolean => has('undo', step);

/** Whether the step's script can say beforehand what it changes in the cluster. */
export const tellsPatches = (step: Step): boolean => has('patches', step);

/** Whether the step's script keeps files that a person changes in the editor, and puts them back. */
export const keepsFiles = (step: Step): boolean => has('keep_files', step);

function refuseUndo(run: RunStatus, { step }: StepStatus): Refusal | undefined {
  if (!canBeUndone(step)) return { reason: 'no-way-back', detail: `"${step.title}": ${step.undo}` };
  const upon = run.steps.filter(
    (other) =>
      other.step.needs.steps.includes(step.id) && other.attempts.length > 0 && isSettled(other.state),
  );
  if (upon.length === 0) return undefined;
  return { reason: 'built-upon', detail: l10n.t`${names(upon)} came after "${step.title}" and built on it.` };
}

/** What forbids to start an attempt now; nothing where a person may decide. */
export function refusal(
  run: RunStatus,
  status: StepStatus,
  mode: Mode,
  { inPlatform }: Place,
): Refusal | undefined {
  const { step } = status;
  const active = run.steps.find(({ state }) => isActive(state));
  if (active) return { reason: 'busy', detail: l10n.t`"${active.step.title}" is running.` };
  if (mode === 'undo') return refuseUndo(run, status);
  if (step.endsEditor && inPlatform)
    return {
      reason: 'inside-platform',
      detail: l10n.t`This editor runs in a pod of the platform, and "${step.title}" takes the platform down, the editor with it.`,
    };
  const open = run.steps.filter((other) => step.needs.steps.includes(other.step.id) && !isProven(other));
  if (step.risk === 'destructive' && open.length > 0)
    return {
      reason: 'not-proven',
      detail: l10n.t`"${step.title}" cannot be taken back, and what it needs is not proven: ${names(open)}.`,
    };
  return undefined;
}
