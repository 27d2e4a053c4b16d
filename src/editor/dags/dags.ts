import * as l10n from '@vscode/l10n';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { PREFIX } from '../ids';
import { bundle } from '../l10n';
import type { DagClient, DagOptions } from './languageClient';
import { showProblem } from '../problems';

/** Owns the DAG language server: it starts with the first Python file and follows the settings and the platform. */
export class Dags implements vscode.Disposable {
  private client: DagClient | undefined;
  private platform: string | undefined;
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
        if (event.affectsConfiguration(`${PREFIX}.dags.enabled`)) void this.restart();
        else if (event.affectsConfiguration(`${PREFIX}.dags`) || event.affectsConfiguration('files.exclude'))
          void this.tell();
      }),
    ];
    vscode.workspace.textDocuments.forEach((document) => this.seen(document));
    void this.lookForDags();
  }

  /**
   * Takes note of the version that the platform has or is about to get; undefined where none is known. DAGs are
   * checked for it unless the settings name another one.
   */
  setPlatformTarget(version: string | undefined): void {
    if (version === this.platform) return;
    this.platform = version;
    void this.tell();
  }

  private seen({ languageId }: vscode.TextDocument): void {
    if (languageId === 'python') void this.start();
  }

  /** A workspace with DAG files is checked whole, also when none of them is open. */
  private async lookForDags(): Promise<void> {
    const found = await vscode.workspace.findFiles('**/{dag_*.py,dags/**/*.py}', undefined, 1);
    if (found.length > 0) await this.start();
  }

  /** Runs a command that the server offers, starting the server where it does not run yet. */
  async run(command: string): Promise<void> {
    await this.start();
    if (this.client) await vscode.commands.executeCommand(command);
    else
      void vscode.window.showInformationMessage(
        l10n.t('The check of DAG files is switched off in the settings.'),
      );
  }

  /** Starts the server where it is enabled and does not run yet. */
  private start(): Promise<void> {
    return this.next(async () => {
      if (this.client || !vscode.workspace.getConfiguration(PREFIX).get<boolean>('dags.enabled', true))
        return;
      // A bundle of its own, which loads with the first Python file and not with the extension.
      const { startDagClient } = await import('./languageClient');
      this.client = await startDagClient(
        join(this.extensionPath, 'dist', 'server.cjs'),
        this.options(),
        bundle,
      );
    });
  }

  /** Stops the server, if it runs, and starts it again where it is enabled. */
  restart(): Promise<void> {
    void this.next(async () => {
      await this.client?.stop();
      this.client = undefined;
    });
    return this.start();
  }

  /** Hands changed options on to the server, if it runs. */
  private tell(): Promise<void> {
    return this.next(async () => {
      await this.client?.tell(this.options());
    });
  }

  private options(): DagOptions {
    const chosen = vscode.workspace.getConfiguration(PREFIX).inspect<string>('dags.targetVersion');
    const target = chosen?.workspaceFolderValue ?? chosen?.workspaceValue ?? chosen?.globalValue;
    const excluded = vscode.workspace.getConfiguration('files').get<Record<string, unknown>>('exclude', {});
    return {
      ...(target === undefined ? {} : { target }),
      ...(this.platform === undefined ? {} : { platform: this.platform }),
      // A glob with a condition on sibling files is left to the editor.
      exclude: Object.keys(excluded).filter((glob) => excluded[glob] === true),
    };
  }

  private next(work: () => Promise<void>): Promise<void> {
    this.work = this.work.then(work).catch((error: unknown) => showProblem(error, this.output));
    return this.work;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    void this.work.then(() => this.client?.stop());
  }
}
