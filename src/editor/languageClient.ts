import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { PREFIX } from './ids';

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
    },
  );
  await client.start();
  return {
    tell: (changed) => client.sendNotification('kaapana/options', changed),
    stop: () => client.stop(),
  };
}
