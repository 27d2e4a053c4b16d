import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { HostProblem } from '../host/problem';
import type { Session } from '../host/session';
import { compose, type Command } from '../migration/command';
import { isWritten, type WrittenStep } from '../migration/guide';
import { planOf } from '../migration/plan';
import type { StepStatus } from '../migration/run';
import { STEPS_VIEW } from './ids';
import type { Previews } from './preview';
import type { Terminals } from './terminals';
import { valuesFor } from './values';
import { RISK_WORDS } from './words';

const RUN = 'Run';
const RUN_ANYWAY = 'Run Anyway';
const PREVIEW = 'Preview';

/** The exact text that a step runs with the confirmed values, asking for those that are open. */
export async function commandFor(session: Session, step: WrittenStep): Promise<Command | undefined> {
  const values = await valuesFor(session, step);
  return values ? compose(session.guide, step, values) : undefined;
}

const shortHash = ({ sha256 }: Command): string => `${sha256.slice(0, 16)}…`;

/** What the admin has to know before saying yes, the most important first. */
function question(
  { guide, run }: Session,
  { step, waitsFor, attempts }: StepStatus,
  command: Command,
): string {
  const before = waitsFor.map(({ title }) => `"${title}"`).join(', ');
  const values = guide.parameters.filter(({ name }) => step.uses.includes(name));
  const paragraphs = [
    before && `${before} must come first and is not proven. Run this only if you know that it is done.`,
    step.does,
    values.map(({ title, name }) => `${title}: ${run.values[name] ?? ''}`).join('\n'),
    `Risk: ${RISK_WORDS[step.risk]}.\nWay back: ${step.undo}`,
    attempts.length > 0 && `This is attempt ${attempts.length + 1}.`,
    `Preview shows the exact text that runs. SHA-256 ${shortHash(command)}`,
  ];
  return paragraphs.filter(Boolean).join('\n\n');
}

/** Asks as strongly as the step's risk demands. A read-only step is not asked about. */
async function confirm(
  session: Session,
  status: StepStatus,
  command: Command,
  previews: Previews,
): Promise<boolean> {
  const { step } = status;
  const host = session.transport.label;
  if (step.risk === 'read-only') return true;
  const title = `${step.title} on ${host}?`;
  const detail = question(session, status, command);
  const run = status.waitsFor.length > 0 ? RUN_ANYWAY : RUN;
  const chosen = await vscode.window.showWarningMessage(title, { modal: true, detail }, run, PREVIEW);
  if (chosen === PREVIEW) await previews.open(step, host, command);
  if (chosen !== run) return false;
  if (step.risk === 'changing') return true;
  const typed = await vscode.window.showInputBox({
    title,
    prompt: `This step is destructive. Type the host's name, ${host}, to run it.`,
    ignoreFocusOut: true,
    validateInput: (value) => (value === host ? undefined : `Type ${host}.`),
  });
  return typed === host;
}

/** Asks whether a run goes on with other step texts than it was started with. */
async function acceptsNewPlan(problem: HostProblem): Promise<boolean> {
  const go = 'Continue with the New Texts';
  const detail = `${problem.message}\n\nSteps that are done stay done. The journal records the change.`;
  return (await vscode.window.showWarningMessage('The plan has changed', { modal: true, detail }, go)) === go;
}

async function launch(session: Session, step: WrittenStep, command: Command): Promise<number> {
  const request = {
    run: session.guide.id,
    step: step.id,
    token: randomUUID(),
    command,
    plan: planOf(session.guide),
  };
  try {
    return await session.runner.start({ ...request, acceptPlan: false });
  } catch (error) {
    const changed = error instanceof HostProblem && error.reason === 'plan-changed';
    if (!changed || !(await acceptsNewPlan(error))) throw error;
    return session.runner.start({ ...request, acceptPlan: true });
  }
}

/** Runs a step: values, question, launch on the host, terminal. Every refusal is told; nothing is started halfway. */
export async function runStep(
  session: Session,
  id: string,
  previews: Previews,
  terminals: Terminals,
): Promise<void> {
  const run = await session.refresh();
  const status = run.steps.find(({ step }) => step.id === id);
  if (!status || !isWritten(status.step)) return;
  const { step } = status;
  if (run.active) {
    throw new HostProblem('busy', `"${run.active.step.title}" is running on ${session.transport.label}.`);
  }
  const command = await commandFor(session, step);
  if (!command || !(await confirm(session, status, command, previews))) return;
  const attempt = await vscode.window.withProgress(
    { location: { viewId: STEPS_VIEW }, title: `Starting ${step.title}` },
    () => launch(session, step, command),
  );
  terminals.show(session, step, attempt);
}

/** Asks once, then stops a running step and everything it started. */
export async function cancelStep(session: Session, { step, attempts }: StepStatus): Promise<void> {
  const attempt = attempts.at(-1);
  if (!attempt) return;
  const stop = 'Stop Step';
  const detail = `Everything that the step started on ${session.transport.label} is stopped. Then its check tells what state the host is in.`;
  const chosen = await vscode.window.showWarningMessage(
    `Stop "${step.title}"?`,
    { modal: true, detail },
    stop,
  );
  if (chosen === stop) await session.runner.cancel(session.guide.id, step.id, attempt.number);
}
