import * as vscode from 'vscode';
import { registerCommands } from './editor/commands';
import { Dags } from './editor/dags';
import { PREFIX } from './editor/ids';
import { LOG_SCHEME, LogDocuments } from './editor/logDocument';
import { Notices } from './editor/notices';
import { PREVIEW_SCHEME, Previews } from './editor/preview';
import { Sessions } from './editor/sessions';
import { StatusBar } from './editor/statusBar';
import { StepPages } from './editor/stepPage';
import { StepsView } from './editor/stepsView';
import { Terminals } from './editor/terminals';

/** The composition root: builds the rooms, wires and registers them. Reaches no host: that begins when the view is seen. */
export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('Kaapana Migration', { log: true });
  const sessions = new Sessions(context, output);
  const previews = new Previews();
  const terminals = new Terminals();
  const logs = new LogDocuments(sessions, output);
  const pages = new StepPages(context.extensionUri, sessions);
  const dags = new Dags(context.extensionPath, output);
  const steps = new StepsView(sessions, output);

  context.subscriptions.push(
    output,
    sessions,
    terminals,
    logs,
    pages,
    dags,
    steps,
    new StatusBar(sessions),
    new Notices(sessions, steps.view, terminals),
    sessions.onDidChange(() =>
      dags.setPlatformTarget(sessions.current?.known ? sessions.current.guide.to : undefined),
    ),
    terminals.onDidEndLogin(() => void sessions.reopen()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void sessions.open()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (
        ['host', 'sshPath', 'sshConfigFile'].some((name) => event.affectsConfiguration(`${PREFIX}.${name}`))
      ) {
        void sessions.settingsChanged();
      }
    }),
    vscode.workspace.registerTextDocumentContentProvider(PREVIEW_SCHEME, previews),
    vscode.workspace.registerTextDocumentContentProvider(LOG_SCHEME, logs),
    vscode.languages.registerCodeLensProvider({ scheme: PREVIEW_SCHEME }, previews),
    ...registerCommands({ sessions, previews, terminals, logs, pages, dags, output }),
  );
}
