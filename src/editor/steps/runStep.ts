import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { HostProblem } from '../../host/problem';
import type { StartRequest } from '../../host/runner';
import type { Session } from '../../host/session';
import { compose, type Command } from '../../migration/command';
import { isWritten, type WrittenStep } from '../../migration/guide';
import { refusal } from '../../migration/permission';
import { planOf } from '../../migration/plan';
import type { StepStatus } from '../../migration/run';
import type { Mode } from '../../migration/verdict';
import { STEPS_VIEW } from '../ids';
import { placeOf } from '../place';
import type { Previews } from './preview';
import { inProgress } from '../progress';
import { NO_RETURN } from './stepText';
import type { Terminals } from '../terminals/terminals';
import { valuesFor } from './values';
import { dateAndTime, RISK_WORDS, who } from '../words';

const PREVIEW = l10n.t('Preview');

/** How each mode is asked about and told. */
const MODE_WORDS: Readonly<
  Record<Mode, { title: (step: string, host: string) => string; yes: string; anyway: string; under: string }>
> = {
  run: {
    title: (step, host) => l10n.t`${step} on ${host}?`,
    yes: l10n.t('Run'),
    anyway: l10n.t('Run Anyway'),
    under: l10n.t('Starting'),
  },
  undo: {
    title: (step, host) => l10n.t`Take back "${step}" on ${host}?`,
    yes: l10n.t('Take Back'),
    anyway: l10n.t('Take Back Anyway'),
    under: l10n.t('Taking back'),
  },
};

/** The exact text that a step runs with the confirmed values, asking for those that are open. */
export async function commandFor(session: Session, step: WrittenStep): Promise<Command | undefined> {
  const values = await valuesFor(session, step);
  return values ? compose(session.guide, step, values) : undefined;
}

const shortHash = ({ sha256 }: Command): string => `${sha256.slice(0, 16)}…`;

/** What the admin has to know before saying yes, the most important first. */
function question(
  { guide, run }: Session,
  { step, state, waitsFor, attempts }: StepStatus,
  command: Command,
  mode: Mode,
): string {
  const before = mode === 'run' ? waitsFor.map(({ title }) => `"${title}"`).join(', ') : '';
  const values = guide.parameters.filter(({ name }) => step.uses.includes(name));
  const paragraphs = [
    run.formerHostKey !== undefined &&
      l10n.t`The host's key is not the one that this run was known by before (${run.formerHostKey}). Go on only if you know that the host was reinstalled.`,
    before && l10n.t`${before} must come first and is not proven. Run this only if you know that it is done.`,
    state === 'unknown' &&
      mode === 'run' &&
      l10n.t('What the last attempt left behind is not known. Run its check first.'),
    mode === 'run' && step.pointOfNoReturn && `${l10n.t('Point of no return.')} ${NO_RETURN}`,
    mode === 'run' ? step.does : l10n.t`Way back: ${step.undo}`,
    values.map(({ title, name }) => `${title}: ${run.values[name] ?? ''}`).join('\n'),
    mode === 'run' && `${l10n.t`Risk: ${RISK_WORDS[step.risk]}.`}\n${l10n.t`Way back: ${step.undo}`}`,
    step.endsEditor &&
      mode === 'run' &&
      l10n.t('The platform goes down, and with it every editor that runs inside it.'),
    step.reboots &&
      mode === 'run' &&
      l10n.t('The host restarts. The connection is lost on purpose; its return is awaited.'),
    attempts.length > 0 && l10n.t`This is attempt ${attempts.length + 1}.`,
    l10n.t`Preview shows the exact text that runs. SHA-256 ${shortHash(command)}`,
  ];
  return paragraphs.filter(Boolean).join('\n\n');
}

/** Has the host's name typed: the wrong host is the worst mistake of all. */
async function typesHostName(title: string, host: string): Promise<boolean> {
  const typed = await vscode.window.showInputBox({
    title,
    prompt: l10n.t`This step is destructive. Type the host's name, ${host}, to run it.`,
    ignoreFocusOut: true,
    validateInput: (value) => (value === host ? undefined : l10n.t`Type ${host}.`),
  });
  return typed === host;
}

/** Asks as strongly as the step's risk demands. A read-only step is not asked about; a destructive one is shown first. */
async function confirm(
  session: Session,
  status: StepStatus,
  command: Command,
  detail: string,
  mode: Mode,
  previews: Previews,
): Promise<boolean> {
  const { step } = status;
  const host = session.transport.label;
  if (mode === 'run' && step.risk === 'read-only') return true;
  const destructive = mode === 'run' && step.risk === 'destructive';
  if (destructive) await previews.open(step, host, command);
  const words = MODE_WORDS[mode];
  const title = words.title(step.title, host);
  const yes = mode === 'run' && status.waitsFor.length > 0 ? words.anyway : words.yes;
  const offered = destructive ? [yes] : [yes, PREVIEW];
  const chosen = await vscode.window.showWarningMessage(title, { modal: true, detail }, ...offered);
  if (chosen === PREVIEW) await previews.open(step, host, command);
  if (chosen !== yes) return false;
  return !destructive || typesHostName(title, host);
}

/** Asks whether a run goes on with other step texts than it was started with. */
async function acceptsNewPlan(problem: HostProblem): Promise<boolean> {
  const go = l10n.t('Continue with the New Texts');
  const detail = `${problem.message}\n\n${l10n.t('Steps that are done stay done. The journal records the change.')}`;
  return (
    (await vscode.window.showWarningMessage(l10n.t('The plan has changed'), { modal: true, detail }, go)) ===
    go
  );
}

/** Asks whether the admin takes the run out of somebody else's hands. */
async function takesOver({ run }: Session): Promise<boolean> {
  const go = l10n.t('Take Over');
  const { holder } = run;
  const title = holder
    ? l10n.t`${who(holder.actor)} conducts this migration`
    : l10n.t('Somebody else conducts this migration');
  const since = holder ? l10n.t`Their last step was started on ${dateAndTime(holder.time)}.` : '';
  const detail = [
    l10n.t("Two people who each run steps undo each other's work."),
    since,
    l10n.t('Talk to them before you take over. The journal records it, and they see it.'),
  ]
    .filter(Boolean)
    .join(' ');
  return (await vscode.window.showWarningMessage(title, { modal: true, detail }, go)) === go;
}

/** Refusals that a person may lift, each with the question that does so and what it changes in the request. */
const LIFTED_BY: readonly {
  readonly reason: HostProblem['reason'];
  readonly ask: (session: Session, problem: HostProblem) => Promise<boolean>;
  readonly change: Partial<StartRequest>;
}[] = [
  { reason: 'held', ask: takesOver, change: { takeOver: true } },
  {
    reason: 'plan-changed',
    ask: (_session, problem) => acceptsNewPlan(problem),
    change: { acceptPlan: true },
  },
];

/** Starts the attempt, asking where the host refuses what a person may allow. Undefined where they do not. */
async function launch(session: Session, request: StartRequest): Promise<number | undefined> {
  try {
    return await inProgress(STEPS_VIEW, MODE_WORDS[request.kind.mode].under, () =>
      session.runner.start(request),
    );
  } catch (error) {
    const lifted = LIFTED_BY.find(({ reason }) => error instanceof HostProblem && error.reason === reason);
    if (!lifted || !(error instanceof HostProblem)) throw error;
    if (!(await lifted.ask(session, error))) return undefined;
    await lookBefore(session, request.step, request.kind.mode);
    return launch(session, { ...request, ...lifted.change });
  }
}

/**
 * A step as it is on the host now; undefined where this version cannot run it.
 * @throws HostProblem where it must not be started
 */
async function lookBefore(
  session: Session,
  id: string,
  mode: Mode,
): Promise<(StepStatus & { readonly step: WrittenStep }) | undefined> {
  const run = await session.refresh();
  const status = run.steps.find(({ step }) => step.id === id);
  if (!status || !isWritten(status.step)) return undefined;
  const refused = refusal(run, status, mode, placeOf(process.env));
  if (refused) throw new HostProblem(refused.reason, refused.detail);
  return { ...status, step: status.step };
}

/**
 * What the admin has agreed to run, by a question that still reads the same: it may have stood open for hours, and the run
 * may have gone on meanwhile. Undefined where they do not.
 */
async function agreed(
  session: Session,
  id: string,
  mode: Mode,
  previews: Previews,
): Promise<{ readonly step: WrittenStep; readonly command: Command } | undefined> {
  let answered: string | undefined;
  for (;;) {
    const status = await lookBefore(session, id, mode);
    const command = status && (await commandFor(session, status.step));
    if (!command) return undefined;
    const asked = question(session, status, command, mode);
    if (asked === answered) return { step: status.step, command };
    if (!(await confirm(session, status, command, asked, mode, previews))) return undefined;
    answered = asked;
  }
}

/**
 * Runs a step or takes it back: values, question, launch on the host, terminal. Every refusal is told; nothing is started
 * halfway. Resolves to whether it was started.
 * @param around what has to be done right before the start, and after it
 */
export async function runStep(
  session: Session,
  id: string,
  mode: Mode,
  previews: Previews,
  terminals: Terminals,
  around: (start: () => Promise<boolean>) => Promise<boolean> = (start) => start(),
): Promise<boolean> {
  const said = await agreed(session, id, mode, previews);
  if (!said) return false;
  const { step, command } = said;
  return around(async () => {
    const attempt = await launch(session, {
      run: session.guide.id,
      step: step.id,
      kind: { mode, reboots: step.reboots },
      token: randomUUID(),
      command,
      plan: planOf(session.guide),
      acceptPlan: false,
      takeOver: false,
    });
    if (attempt !== undefined) terminals.show(session, step, attempt);
    return attempt !== undefined;
  });
}

/** Asks once, then stops a running step and everything it started. */
export async function cancelStep(session: Session, { step, attempts }: StepStatus): Promise<void> {
  const attempt = attempts.at(-1);
  if (!attempt) return;
  const stop = l10n.t('Stop Step');
  const other = session.run.holder?.other ? `${l10n.t`It was started by ${who(attempt.actor)}.`} ` : '';
  const detail = `${other}${l10n.t`Everything that the step started on ${session.transport.label} is stopped. Then its check tells what state the host is in.`}`;
  const chosen = await vscode.window.showWarningMessage(
    l10n.t`Stop "${step.title}"?`,
    { modal: true, detail },
    stop,
  );
  if (chosen !== stop) return;
  await inProgress(STEPS_VIEW, l10n.t`Stopping ${step.title}`, () =>
    session.runner.cancel(session.guide.id, step.id, attempt.number),
  );
}
