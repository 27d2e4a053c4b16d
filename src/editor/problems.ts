import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { HostProblem } from '../host/problem';
import { commandId, type Command } from './ids';

/** The command that carries out a problem's next action, where there is one. */
const ACTIONS: Partial<Record<HostProblem['reason'], readonly [label: string, command: Command]>> = {
  'needs-login': [l10n.t('Log In'), 'login'],
  unreachable: [l10n.t('Try Again'), 'reconnect'],
  'connection-lost': [l10n.t('Reconnect'), 'reconnect'],
  'unknown-host': [l10n.t('Choose Host'), 'chooseHost'],
  'bad-host': [l10n.t('Choose Host'), 'chooseHost'],
  busy: [l10n.t('Show Terminal'), 'showTerminal'],
};

/** One problem as one sentence of what happened and one of what to do. */
export const tell = (problem: HostProblem): string => `${problem.message} ${problem.next}`;

/** Shows a problem with its next action. Never throws and waits for nobody. */
export function showProblem(error: unknown, output: vscode.LogOutputChannel): void {
  output.error(error instanceof Error ? error : String(error));
  const action = error instanceof HostProblem ? ACTIONS[error.reason] : undefined;
  const text =
    error instanceof HostProblem ? tell(error) : error instanceof Error ? error.message : String(error);
  const details = l10n.t('Show Log');
  void vscode.window.showErrorMessage(text, ...(action ? [action[0]] : []), details).then((chosen) => {
    if (chosen === details) output.show();
    else if (chosen && action) void vscode.commands.executeCommand(commandId(action[1]));
  });
}
