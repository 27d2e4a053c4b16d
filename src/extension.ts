// Before every other room: their words are looked up when they load.
import './editor/l10n';
import * as vscode from 'vscode';
import { registerCommands } from './editor/commands';
import { Dags } from './editor/dags/dags';
import { PREFIX } from './editor/ids';
import { LOG_SCHEME, LogDocuments } from './editor/terminals/logDocument';
import { Notices } from './editor/run/notices';
import { OVERVIEW_PAGE, OverviewPage } from './editor/pages/overviewPage';
import { PlatformActions } from './editor/platform/actions';
import { PLATFORM_SCHEME, PlatformDocuments } from './editor/platform/documents';
import { PlatformView, type OpenCluster } from './editor/platform/view';
import { PREVIEW_SCHEME, Previews } from './editor/steps/preview';
import { Sessions } from './editor/sessions';
import { StatusBar } from './editor/run/statusBar';
import { STEP_PAGE, StepPages } from './editor/pages/stepPage';
import { StepsView } from './editor/steps/view';
import { Terminals } from './editor/terminals/terminals';
import { WorkflowFilesOnHost } from './editor/steps/workflowFiles';
import { writeDatesIn } from './editor/words';

/** The Kubernetes client is a bundle of its own, which loads when a platform is first looked at. */
const openCluster: OpenCluster = async ({ transport }) =>
  (await import('./host/cluster')).openCluster(transport);

/** The composition root: builds the rooms, wires and registers them. Reaches no host: that begins when the view is seen. */
export function activate(context: vscode.ExtensionContext): void {
  writeDatesIn(vscode.env.language);
  const output = vscode.window.createOutputChannel('Kaapana Migration', { log: true });
  const sessions = new Sessions(context, output);
  const previews = new Previews();
  const terminals = new Terminals();
  const logs = new LogDocuments(sessions, output);
  const pages = new StepPages(context.extensionUri, sessions, output);
  const overview = new OverviewPage(context.extensionUri, sessions, output);
  const dags = new Dags(context.extensionPath, output);
  const files = new WorkflowFilesOnHost();
  const platformView = new PlatformView(sessions, openCluster, output);
  const steps = new StepsView(sessions, output, platformView);
  const documents = new PlatformDocuments(output);
  const platform = new PlatformActions(platformView, documents, sessions);

  context.subscriptions.push(
    output,
    sessions,
    terminals,
    logs,
    pages,
    overview,
    dags,
    files,
    steps,
    platformView,
    documents,
    platform,
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
    vscode.window.registerWebviewPanelSerializer(STEP_PAGE, pages),
    vscode.window.registerWebviewPanelSerializer(OVERVIEW_PAGE, overview),
    vscode.workspace.registerTextDocumentContentProvider(PREVIEW_SCHEME, previews),
    vscode.workspace.registerTextDocumentContentProvider(LOG_SCHEME, logs),
    vscode.workspace.registerTextDocumentContentProvider(PLATFORM_SCHEME, documents),
    vscode.languages.registerCodeLensProvider({ scheme: PREVIEW_SCHEME }, previews),
    ...registerCommands({
      sessions,
      previews,
      terminals,
      logs,
      pages,
      overview,
      platform,
      dags,
      files,
      output,
    }),
  );
}
