import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { HostProblem } from '../../host/problem';
import type { Session } from '../../host/session';
import type { Statement } from '../../migration/journal';
import { isWritten } from '../../migration/guide';
import { isActive, isSettled, type StepStatus } from '../../migration/run';
import { runCheck } from './checkSteps';

/** Asks for the words that stand in the journal beside the person's name. */
const askNote = (title: string, prompt: string): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title,
    prompt: l10n.t`${prompt} It stands in the journal on the host, with your name and the time.`,
    ignoreFocusOut: true,
    validateInput: (value) =>
      value.trim() === '' ? l10n.t('Some words are needed: somebody will read them later.') : undefined,
  });

/**
 * Journals what a person says of a step.
 * @throws HostProblem `busy` where the step has been started meanwhile: the question may have stood open for long
 */
async function state(
  session: Session,
  { step }: StepStatus,
  statement: Statement,
  note: string,
): Promise<void> {
  const { steps } = await session.refresh();
  if (steps.some((now) => now.step.id === step.id && isActive(now.state)))
    throw new HostProblem('busy', l10n.t`"${step.title}" is running.`);
  await session.runner.state(session.guide.id, step.id, statement, note.trim());
}

/** Records that a person carried the step out. Where the step has a check, its answer is shown and journaled first. */
export async function markByHand(session: Session, status: StepStatus): Promise<void> {
  const { step } = status;
  const found = await runCheck(session, step);
  if (!found && isWritten(step)) return;
  if (found && found.status !== 'done' && found.status !== 'not-needed') {
    const go = l10n.t('Mark It All the Same');
    const detail = l10n.t`The check does not confirm it: ${found.evidence}`;
    if (
      (await vscode.window.showWarningMessage(
        l10n.t`${step.title}: done by hand?`,
        { modal: true, detail },
        go,
      )) !== go
    )
      return;
  }
  const note = await askNote(
    l10n.t`${step.title}: done by hand`,
    l10n.t('What was done, and how do you know that it worked?'),
  );
  if (note !== undefined) await state(session, status, 'by-hand', note);
}

/** Leaves a step out, with a reason. One that open steps count on is asked about twice, unless it is optional. */
export async function skipStep(session: Session, status: StepStatus): Promise<void> {
  const { step } = status;
  const waiting = session.run.steps.filter(
    (other) => other.step.needs.steps.includes(step.id) && !isSettled(other.state),
  );
  if (!step.optional && waiting.length > 0) {
    const go = l10n.t('Skip It All the Same');
    const names = waiting.map((other) => `"${other.step.title}"`).join(', ');
    const detail = `${step.why}\n\n${l10n.t`These steps count on it: ${names}.`}`;
    if (
      (await vscode.window.showWarningMessage(l10n.t`Skip "${step.title}"?`, { modal: true, detail }, go)) !==
      go
    )
      return;
  }
  const note = await askNote(l10n.t`Skip ${step.title}`, l10n.t('Why is it left out?'));
  if (note !== undefined) await state(session, status, 'skipped', note);
}

/** Takes a statement back: the step is open again. */
export async function reopenStep(session: Session, status: StepStatus): Promise<void> {
  await state(session, status, 'reopened', '');
}
