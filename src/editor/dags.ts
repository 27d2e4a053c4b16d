import { join } from 'node:path';
import * as vscode from 'vscode';
import { PREFIX } from './ids';
import { showProblem } from './problems';

type Client = Awaited<ReturnType<typeof import('./languageClient').startDagClient>>;

/** Owns the DAG language server: it starts with the first Python file and restarts when its settings change. */
export class Dags implements vscode.Disposable {
  private client: Client | undefined;
  /** Changes of the server follow one another, never overlap. */
  private work: Promise<void> = Promise.resolve();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly extensionPath: string,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.seen(document)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${PREFIX}.dags`)) void this.restart();
      }),
    ];
    vscode.workspace.textDocuments.forEach((document) => this.seen(document));
  }

  private seen(document: vscode.TextDocument): void {
    if (document.languageId === 'python' && !this.client) void this.restart();
  }

  /** Stops the server, if it runs, and starts it again where it is enabled. */
  restart(): Promise<void> {
    this.work = this.work
      .then(async () => {
        await this.client?.stop();
        this.client = undefined;
        if (!vscode.workspace.getConfiguration(PREFIX).get<boolean>('dags.enabled', true)) return;
        // A bundle of its own, which loads with the first Python file and not with the extension.
        const { startDagClient } = await import('./languageClient');
        this.client = await startDagClient(join(this.extensionPath, 'dist', 'server.cjs'));
      })
      .catch((error: unknown) => showProblem(error, this.output));
    return this.work;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    void this.work.then(() => this.client?.stop());
  }
}
