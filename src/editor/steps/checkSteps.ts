import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../../host/session';
import type { CheckResult, CheckStatus } from '../../migration/check';
import { isWritten, type Step } from '../../migration/guide';
import { isActive, type StepStatus } from '../../migration/run';
import { commandId, STEPS_VIEW } from '../ids';
import { inProgress } from '../progress';
import { commandFor } from './runStep';
import { byUrgency, summarize } from './stepText';

const CHECK_WORDS: Readonly<Record<CheckStatus, string>> = {
  done: l10n.t('done'),
  pending: l10n.t('not done yet'),
  'not-needed': l10n.t('not needed'),
  blocked: l10n.t('something stands in the way'),
  unknown: l10n.t('could not be decided'),
};

const OPEN = l10n.t('Open Step');

/** A check's answer in one line: its list in numbers with the first thing to do, or its evidence. */
function sentence({ title }: Step, { status, evidence, items }: CheckResult): string {
  const first = byUrgency(items)[0];
  if (!first || first.verdict === 'go') return `${title}: ${CHECK_WORDS[status]}. ${evidence}`;
  return `${title}: ${summarize(items)}. ${first.title}: ${first.remedy || first.found}`;
}

const needsPerson = ({ status }: CheckResult): boolean => status === 'blocked' || status === 'unknown';

/** Tells a result, as a warning where it needs somebody, with the way to the step. */
async function tell(text: string, urgent: boolean, id: string): Promise<void> {
  const show = urgent ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  if ((await show(text, OPEN)) === OPEN) {
    await vscode.commands.executeCommand(commandId('openStepPage'), { kind: 'step', id });
  }
}

/** What a step's own check finds on the host now; undefined where the step has none or the admin leaves. Reads only. */
export async function runCheck(session: Session, step: Step): Promise<CheckResult | undefined> {
  const command = isWritten(step) ? await commandFor(session, step) : undefined;
  if (!command) return undefined;
  return inProgress(STEPS_VIEW, l10n.t`Checking ${step.title}`, () =>
    session.runner.check(session.guide.id, step.id, command),
  );
}

/** Runs the check of one step and tells what it found. */
export async function checkStep(session: Session, { step }: StepStatus): Promise<void> {
  const result = await runCheck(session, step);
  if (result) void tell(sentence(step, result), needsPerson(result), step.id);
}

/** Runs the check of every step that can be checked now, one after the other; can be left at any step. */
export async function checkAll(session: Session): Promise<void> {
  const open = session.run.steps.filter(({ step, state }) => isWritten(step) && !isActive(state));
  const urgent: Step[] = [];
  let checked = 0;
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t`Checking ${session.transport.label}`,
      cancellable: true,
    },
    async (progress, token) => {
      for (const { step } of open) {
        if (token.isCancellationRequested) return;
        progress.report({ message: step.title, increment: 100 / open.length });
        const result = await runCheck(session, step);
        if (!result) return;
        checked++;
        if (needsPerson(result)) urgent.push(step);
      }
    },
  );
  const first = urgent[0] ?? open[0]?.step;
  if (!first || checked === 0) return;
  const where = session.transport.label;
  const checkedWords =
    checked === 1 ? l10n.t`Checked 1 step on ${where}.` : l10n.t`Checked ${checked} steps on ${where}.`;
  const names = urgent.map(({ title }) => title).join(', ');
  const attention =
    urgent.length === 0
      ? l10n.t('None needs attention.')
      : urgent.length === 1
        ? l10n.t`1 needs attention: ${names}.`
        : l10n.t`${urgent.length} need attention: ${names}.`;
  void tell(`${checkedWords} ${attention}`, urgent.length > 0, first.id);
}
