import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isWritten } from '../migration/guide';
import type { StepStatus } from '../migration/run';
import { HostProblem } from '../host/problem';
import type { Session } from '../host/session';
import { checkAll, checkStep } from './steps/checkSteps';
import type { Dags } from './dags/dags';
import { exportReport } from './run/exportReport';
import { pickGuide } from './guideChoice';
import { pickHost, savedHost } from './hostPicker';
import { commandId, type Command } from './ids';
import type { LogDocuments } from './terminals/logDocument';
import type { OverviewPage } from './pages/overviewPage';
import type { PlatformActions } from './platform/actions';
import type { Previews } from './steps/preview';
import { showProblem } from './problems';
import { cancelStep, commandFor, runStep } from './steps/runStep';
import type { Sessions } from './sessions';
import type { StepPages } from './pages/stepPage';
import { isStepNode, pickAttempt, pickStep } from './steps/pickers';
import { isOffered, type Offer } from './steps/stepText';
import type { StepNode } from './steps/tree';
import { markByHand, reopenStep, skipStep } from './steps/statements';
import type { Terminals } from './terminals/terminals';
import { editValues } from './steps/values';
import { verifyRun } from './run/verifyRun';
import type { WorkflowFilesOnHost } from './steps/workflowFiles';

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

function connected(sessions: Sessions): Session {
  const session = sessions.current;
  if (!session?.known)
    throw sessions.problem ?? new HostProblem('connection-lost', l10n.t('There is no connection to a host.'));
  return session;
}

/** What each command does; a test holds this table and `package.json` together. */
function handlers(rooms: Rooms): Record<Command, (argument: unknown) => Promise<void> | void> {
  const { sessions, previews, terminals, logs, pages, overview, dags, files, output } = rooms;
  const onStep = (offer: Offer, act: StepAction) => async (argument: unknown) => {
    const session = connected(sessions);
    const status = await pickStep(session, argument, offer);
    if (status) await act(session, status);
  };
  /** A guide has one step that keeps files: nobody is asked which. */
  const onFiles = (act: StepAction) => (argument: unknown) => {
    const [only] = connected(sessions).run.steps.filter((status) => isOffered('filing', status));
    const node: StepNode | undefined = only && { kind: 'step', id: only.step.id };
    return onStep('filing', act)(isStepNode(argument) ? argument : node);
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
    runStep: onStep('runnable', (session, { step }) => runStep(session, step.id, 'run', previews, terminals)),
    checkStep: onStep('checkable', checkStep),
    previewStep: onStep('written', async (session, { step }) => {
      const command = isWritten(step) ? await commandFor(session, step) : undefined;
      if (command) await previews.open(step, session.transport.label, command);
    }),
    showTerminal: onStep('attempted', (session, { step, attempts }) => {
      const attempt = attempts.at(-1);
      if (attempt) terminals.show(session, step, attempt.number);
    }),
    openLog: (argument) =>
      onStep('attempted', async (session, { step, attempts }) => {
        const attempt = await pickAttempt(attempts, argument);
        if (attempt !== undefined) await logs.open(session, step.id, attempt);
      })(argument),
    cancelStep: onStep('active', cancelStep),
    markByHand: onStep('open', markByHand),
    skipStep: onStep('open', skipStep),
    reopenStep: onStep('stated', reopenStep),
    undoStep: onStep('undoable', (session, { step }) =>
      runStep(session, step.id, 'undo', previews, terminals),
    ),
    openStepPage: onStep('step', (_session, { step }) => pages.open({ kind: 'step', id: step.id })),
    openOverview: () => {
      connected(sessions);
      overview.open();
    },
    editValues: () => editValues(connected(sessions)),
    exportReport: () => exportReport(connected(sessions)),
    verifyRun: () => verifyRun(connected(sessions)),
    ...rooms.platform.table,
    showChanges: onStep('patching', async (session, { step }) => {
      const command = isWritten(step) ? await commandFor(session, step) : undefined;
      if (command) await rooms.platform.showChanges(step, () => session.runner.patches(command));
    }),
    openWorkflowFiles: onFiles((session, status) => files.open(session, status)),
    saveWorkflowFiles: (argument) =>
      onFiles((session, { step }) =>
        files.save(session, argument instanceof vscode.Uri ? argument : undefined, (around) =>
          runStep(session, step.id, 'run', previews, terminals, around),
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
