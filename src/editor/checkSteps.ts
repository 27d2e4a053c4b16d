import * as vscode from 'vscode';
import type { Session } from '../host/session';
import { isWritten } from '../migration/guide';
import { isActive, type StepStatus } from '../migration/run';
import { STEPS_VIEW } from './ids';
import { commandFor } from './runStep';
import { ITEM_LOOK } from './words';

const CHECK_WORDS = {
  done: 'done',
  pending: 'not done yet',
  'not-needed': 'not needed',
  blocked: 'something stands in the way',
  unknown: 'could not be decided',
} as const;

/** Runs the check of one step on the host and tells what it found. Reads only. */
export async function checkStep(session: Session, { step }: StepStatus): Promise<void> {
  if (!isWritten(step)) return;
  const command = await commandFor(session, step);
  if (!command) return;
  const result = await vscode.window.withProgress(
    { location: { viewId: STEPS_VIEW }, title: `Checking ${step.title}` },
    () => session.runner.check(session.guide.id, step.id, command),
  );
  const first = result.items.find(({ verdict }) => verdict === 'no-go');
  const more = first ? ` ${ITEM_LOOK[first.verdict].word}: ${first.title}. ${first.remedy}` : '';
  void vscode.window.showInformationMessage(
    `${step.title}: ${CHECK_WORDS[result.status]}. ${result.evidence}${more}`,
  );
}

/** Runs the check of every step that can be checked now, one after the other; can be left at any step. */
export async function checkAll(session: Session): Promise<void> {
  const open = session.run.steps.filter(({ step, state }) => isWritten(step) && !isActive(state));
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Checking ${session.transport.label}`,
      cancellable: true,
    },
    async (progress, token) => {
      for (const { step } of open) {
        if (token.isCancellationRequested || !isWritten(step)) return;
        progress.report({ message: step.title, increment: 100 / open.length });
        const command = await commandFor(session, step);
        if (!command) return;
        await session.runner.check(session.guide.id, step.id, command);
      }
    },
  );
}
