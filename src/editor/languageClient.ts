import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { PREFIX } from './ids';

/** Starts the DAG language server in a process of its own. */
export async function startDagClient(serverModule: string): Promise<LanguageClient> {
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
      initializationOptions: settings(),
    },
  );
  await client.start();
  return client;
}

const settings = (): { target: string } => ({
  target: vscode.workspace.getConfiguration(`${PREFIX}.dags`).get<string>('targetVersion', '0.4.1'),
});
