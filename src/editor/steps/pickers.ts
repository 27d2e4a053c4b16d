import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../../host/session';
import type { Attempt, StepStatus } from '../../migration/run';
import { describe, isOffered, notOffered, type Offer } from './stepText';
import type { Node, StepNode } from './tree';
import { dateAndTime, outcomeWord, who } from '../words';

const NO_STEP = l10n.t('There is no step that this applies to now.');

export const isStepNode = (value: unknown): value is StepNode =>
  typeof value === 'object' && value !== null && (value as Node).kind === 'step';

async function askForStep(steps: readonly StepStatus[], offer: Offer): Promise<string | undefined> {
  const items = steps
    .filter((status) => isOffered(offer, status))
    .map((status) => ({ label: status.step.title, description: describe(status), id: status.step.id }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(NO_STEP);
    return undefined;
  }
  return (
    await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Which step?'), matchOnDescription: true })
  )?.id;
}

/** The step that a command is meant for, as it is now: the one it was handed, or one that the admin picks. */
export async function pickStep(
  session: Session,
  argument: unknown,
  offer: Offer,
): Promise<StepStatus | undefined> {
  const id = isStepNode(argument) ? argument.id : await askForStep(session.run.steps, offer);
  if (id === undefined) return undefined;
  const status = session.run.steps.find(({ step }) => step.id === id);
  // A button, or the list, may have been drawn before the step came to where it is.
  if (status && isOffered(offer, status)) return status;
  void vscode.window.showWarningMessage(status ? notOffered(status) : NO_STEP);
  return undefined;
}

/** The attempt whose log is meant: the one named, the only one, or one that the admin picks; the newest stands first. */
export async function pickAttempt(
  attempts: readonly Attempt[],
  argument: unknown,
): Promise<number | undefined> {
  if (isStepNode(argument) && argument.attempt !== undefined) return argument.attempt;
  if (attempts.length === 1) return attempts[0]?.number;
  const items = attempts.toReversed().map(({ number, mode, outcome, requestedAt, actor }) => ({
    label: mode === 'undo' ? l10n.t`Attempt ${number}, way back` : l10n.t`Attempt ${number}`,
    description: `${outcomeWord(outcome)} · ${dateAndTime(requestedAt)} · ${who(actor)}`,
    number,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('The log of which attempt?') }))
    ?.number;
}
