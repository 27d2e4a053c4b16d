import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isWritten } from '../migration/guide';
import { isActive, isSettled, type Attempt, type StepStatus } from '../migration/run';
import { HostProblem } from '../host/problem';
import type { Session } from '../host/session';
import { checkAll, checkStep } from './checkSteps';
import type { Dags } from './dags';
import { exportReport } from './exportReport';
import { pickGuide } from './guideChoice';
import { pickHost, savedHost } from './hostPicker';
import { commandId, type Command } from './ids';
import type { LogDocuments } from './logDocument';
import type { OverviewPage } from './overview';
import { tellsPatches } from '../migration/permission';
import type { PlatformActions } from './platformActions';
import type { Previews } from './preview';
import { showProblem } from './problems';
import { cancelStep, commandFor, runStep } from './runStep';
import type { Sessions } from './sessions';
import type { StepPages } from './stepPage';
import { describe, offersFiles, offersUndo } from './stepText';
import type { Node, StepNode } from './stepsTree';
import { markByHand, reopenStep, skipStep } from './statements';
import type { Terminals } from './terminals';
import { dateAndTime, outcomeWord, who } from './words';
import { editValues } from './values';
import { verifyRun } from './verifyRun';
import type { WorkflowFilesOnHost } from './workflowFiles';

export interface Rooms {
  readonly sessions: Sessions;
  readonly previews: Previews;
  readonly terminals: Terminals;
  readonly logs: LogDocuments;
  readonly pages: StepPages;
  readonly overview: OverviewPage;
  readonly platform: PlatformActions;
  readonly dags: Dags;
  readonly files: WorkflowFilesOnHost;
  readonly output: vscode.LogOutputChannel;
}

type StepAction = (session: Session, status: StepStatus) => unknown;
type Applies = (status: StepStatus) => boolean;

const written: Applies = ({ step }) => isWritten(step);
const attempted: Applies = ({ attempts }) => attempts.length > 0;
const active: Applies = ({ state }) => isActive(state);
const open: Applies = ({ state }) => !isActive(state) && !isSettled(state);
const stated: Applies = ({ statement }) => statement !== undefined;
const any: Applies = () => true;

const isStepNode = (value: unknown): value is StepNode =>
  typeof value === 'object' && value !== null && (value as Node).kind === 'step';

function connected(sessions: Sessions): Session {
  const session = sessions.current;
  if (!session?.known)
    throw sessions.problem ?? new HostProblem('connection-lost', l10n.t('There is no connection to a host.'));
  return session;
}

/** The step that a command is meant for: the tree's, or one that the admin picks from those it applies to. */
async function pickStep(
  session: Session,
  argument: unknown,
  applies: Applies,
): Promise<StepStatus | undefined> {
  const { steps } = session.run;
  if (isStepNode(argument)) return steps.find(({ step }) => step.id === argument.id);
  const items = steps
    .filter(applies)
    .map((status) => ({ label: status.step.title, description: describe(status), status }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('There is no step that this applies to now.'));
    return undefined;
  }
  return (
    await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Which step?'), matchOnDescription: true })
  )?.status;
}

/** The attempt whose log is meant: the one named, the only one, or one that the admin picks; the newest stands first. */
async function pickAttempt(attempts: readonly Attempt[], argument: unknown): Promise<number | undefined> {
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

/** What each command does; a test holds this table and `package.json` together. */
function handlers(rooms: Rooms): Record<Command, (argument: unknown) => Promise<void> | void> {
  const { sessions, previews, terminals, logs, pages, overview, dags, files, output } = rooms;
  const onStep = (applies: Applies, act: StepAction) => async (argument: unknown) => {
    const session = connected(sessions);
    const status = await pickStep(session, argument, applies);
    if (status) await act(session, status);
  };
  /** A guide has one step that keeps files: nobody is asked which. */
  const onFiles = (act: StepAction) => (argument: unknown) => {
    const [only] = connected(sessions).run.steps.filter(offersFiles);
    const node: StepNode | undefined = only && { kind: 'step', id: only.step.id };
    return onStep(offersFiles, act)(isStepNode(argument) ? argument : node);
  };
  return {
    chooseHost: async () => {
      const host = await pickHost(sessions.host);
      if (host === undefined) return;
      await sessions.choose(host);
      await sessions.remember((await savedHost(host)) ? undefined : host);
    },
    chooseGuide: async () => {
      const guide = await pickGuide(await sessions.guides(), sessions.current?.guide.id ?? '');
      if (guide) await sessions.chooseGuide(guide.id);
    },
    login: () => {
      const transport = sessions.current?.transport;
      if (transport?.login) terminals.openLogin(transport.label, transport.login);
      else void sessions.reopen();
    },
    reconnect: () => sessions.reopen(),
    disconnect: () => sessions.disconnect(),
    checkAll: () => checkAll(connected(sessions)),
    runStep: onStep(written, (session, { step }) => runStep(session, step.id, 'run', previews, terminals)),
    checkStep: onStep(written, checkStep),
    previewStep: onStep(written, async (session, { step }) => {
      const command = isWritten(step) ? await commandFor(session, step) : undefined;
      if (command) await previews.open(step, session.transport.label, command);
    }),
    showTerminal: onStep(attempted, (session, { step, attempts }) => {
      const attempt = attempts.at(-1);
      if (attempt) terminals.show(session, step, attempt.number);
    }),
    openLog: (argument) =>
      onStep(attempted, async (session, { step, attempts }) => {
        const attempt = await pickAttempt(attempts, argument);
        if (attempt !== undefined) await logs.open(session, step.id, attempt);
      })(argument),
    cancelStep: onStep(active, cancelStep),
    markByHand: onStep(open, markByHand),
    skipStep: onStep(open, skipStep),
    reopenStep: onStep(stated, reopenStep),
    undoStep: onStep(offersUndo, (session, { step }) =>
      runStep(session, step.id, 'undo', previews, terminals),
    ),
    openStepPage: onStep(any, (_session, { step }) => pages.open({ kind: 'step', id: step.id })),
    openOverview: () => {
      connected(sessions);
      overview.open();
    },
    editValues: () => editValues(connected(sessions)),
    exportReport: () => exportReport(connected(sessions)),
    verifyRun: () => verifyRun(connected(sessions)),
    ...rooms.platform.table,
    showChanges: onStep(
      ({ step }) => tellsPatches(step),
      async (session, { step }) => {
        const command = isWritten(step) ? await commandFor(session, step) : undefined;
        if (command) await rooms.platform.showChanges(step, () => session.runner.patches(command));
      },
    ),
    openWorkflowFiles: onFiles((session, status) => files.open(session, status)),
    saveWorkflowFiles: (argument) =>
      onFiles((session, { step }) =>
        files.save(session, argument instanceof vscode.Uri ? argument : undefined, () =>
          runStep(session, step.id, 'run', previews, terminals),
        ),
      )(argument),
    fixDags: () => dags.run('kaapana.dags.fixWorkspace'),
    fixDagsWithReview: () => dags.run('kaapana.dags.fixWorkspaceWithReview'),
    restartDagServer: () => dags.restart(),
    showLog: () => output.show(),
  };
}

/** Registers every command. A problem on the way is shown with its next action, never swallowed. */
export function registerCommands(rooms: Rooms): vscode.Disposable[] {
  return Object.entries(handlers(rooms)).map(([name, act]) =>
    vscode.commands.registerCommand(commandId(name as Command), async (argument: unknown) => {
      try {
        await act(argument);
      } catch (error) {
        showProblem(error, rooms.output);
      }
    }),
  );
}
