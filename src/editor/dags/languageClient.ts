import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { PREFIX } from '../ids';

/** What the server is told when it starts and whenever it changes. */
export interface DagOptions {
  /** The version that the user chose; absent where nobody chose one. */
  readonly target?: string;
  /** The version that the platform has or is about to get. */
  readonly platform?: string;
  /** Globs of what the editor does not show. */
  readonly exclude: readonly string[];
}

/** A running server. */
export interface DagClient {
  readonly tell: (options: DagOptions) => Promise<void>;
  /** Never fails: a server that hangs is killed. */
  readonly stop: () => Promise<void>;
}

/** Starts the DAG language server in a process of its own, which gets its words along. */
export async function startDagClient(
  serverModule: string,
  options: DagOptions,
  words: object,
): Promise<DagClient> {
  const client = new LanguageClient(
    `${PREFIX}.dags`,
    'Kaapana DAGs',
    { module: serverModule, transport: TransportKind.ipc },
    {
      documentSelector: [
        { scheme: 'file', language: 'python' },
        { scheme: 'untitled', language: 'python' },
      ],
      diagnosticCollectionName: 'kaapana',
      initializationOptions: { ...options, words },
      middleware: { handleDiagnostics: (uri, found, next) => next(uri, found.map(withPreview)) },
    },
  );
  await client.start();
  const opener = vscode.commands.registerCommand(OPEN_RULE, openRule);
  return {
    tell: (changed) => client.sendNotification('kaapana/options', changed),
    stop: async () => {
      opener.dispose();
      // It waits two seconds for an answer, writes into its log that none came, and kills the process after that.
      await client.stop().catch(() => undefined);
    },
  };
}

/** Opens the page of a rule as it is meant to be read; behind a link, not in the palette. */
const OPEN_RULE = `${PREFIX}.dags.openRule`;

async function openRule(page: string): Promise<void> {
  const uri = vscode.Uri.parse(page);
  const show = (command: string) => vscode.commands.executeCommand(command, uri);
  // Somebody may have switched off the preview, which is an extension itself.
  await show('markdown.showPreview').then(undefined, () => show('vscode.open'));
}

/** The server links to a file, as any editor can open it; here it is shown as a page. */
function withPreview(found: vscode.Diagnostic): vscode.Diagnostic {
  const { code } = found;
  if (typeof code !== 'object' || code.target.scheme !== 'file') return found;
  const page = encodeURIComponent(JSON.stringify([code.target.toString()]));
  found.code = { ...code, target: vscode.Uri.parse(`command:${OPEN_RULE}?${page}`) };
  return found;
}
