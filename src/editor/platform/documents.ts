import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Cluster, ObjectRef } from '../../platform/types';
import { plainText } from '../terminals/terminalText';
import { timeOfDay } from '../words';

export const PLATFORM_SCHEME = 'kaapana-platform';

/** Lines of a log's past that are read when it is opened. */
const TAIL_LINES = 5_000;
/** How much of a log is kept in the document, in characters: its end. */
const MOST_KEPT = 4_000_000;
/** How often a growing document is drawn anew. */
const DRAW_MS = 250;

const EARLIER = `${l10n.t('This belongs to an earlier window. Open it again from the Platform view.')}\n`;

/** What is read of a log. */
export interface LogRequest {
  readonly pod: ObjectRef;
  readonly container: string;
  /** The log of the container before its restart. */
  readonly previous: boolean;
}

interface Followed {
  /** Whole lines, as they are shown. */
  lines: string;
  /** What came after the last line break, as it came. */
  rest: string;
  readonly abort: AbortController;
  drawing: NodeJS.Timeout | undefined;
  /** Editors that show the end, and stay there as the log grows. */
  atEnd: readonly vscode.TextEditor[];
}

const textOf = ({ lines, rest }: Followed): string => lines + plainText(rest);

const now = (): string => timeOfDay(new Date().toISOString());

/** Read-only documents about the platform: logs that grow, descriptions, the two sides of a comparison. */
export class PlatformDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly texts = new Map<string, string>();
  private readonly logs = new Map<string, Followed>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly output: vscode.LogOutputChannel) {
    this.subscriptions = [
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.keepAtEnd(document)),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const key = uri.toString();
    const log = this.logs.get(key);
    return log ? textOf(log) : (this.texts.get(key) ?? EARLIER);
  }

  /** Shows a text as it is now; opened again, it is replaced. */
  async show(path: string, text: string): Promise<void> {
    const uri = this.keep(path, text);
    this.changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  /** Shows two texts beside each other. */
  async compare(path: string, title: string, before: string, after: string): Promise<void> {
    const [left, right] = [this.keep(`${path}/now.yaml`, before), this.keep(`${path}/then.yaml`, after)];
    this.changed.fire(left);
    this.changed.fire(right);
    await vscode.commands.executeCommand('vscode.diff', left, right, title, { preview: true });
  }

  private keep(path: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: PLATFORM_SCHEME, path: `/${path}` });
    this.texts.set(uri.toString(), text);
    return uri;
  }

  /** Opens a container's log and follows it until the document is closed or the log ends. */
  async follow(cluster: Cluster, host: string, { pod, container, previous }: LogRequest): Promise<void> {
    // The name is what a tab shows of it.
    const name = `${pod.name} (${previous ? l10n.t`${container} before its restart` : container}).log`;
    const uri = vscode.Uri.from({
      scheme: PLATFORM_SCHEME,
      path: `/${host}/${pod.namespace}/${name}`,
    });
    this.forget(uri);
    const log: Followed = {
      lines: '',
      rest: '',
      abort: new AbortController(),
      drawing: undefined,
      atEnd: [],
    };
    this.logs.set(uri.toString(), log);
    void cluster
      .logs(
        pod,
        container,
        { previous, tailLines: TAIL_LINES },
        (text) => this.grow(uri, log, text),
        log.abort.signal,
      )
      .then(
        () =>
          this.end(
            uri,
            log,
            previous ? '' : l10n.t`the log ended at ${now()}: the container has stopped, or its pod is gone`,
          ),
        (error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          this.output.warn(l10n.t`The log of ${pod.name} broke off: ${why}`);
          this.end(uri, log, l10n.t`the log broke off at ${now()}: ${why} Open it again to go on`);
        },
      );
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  private grow(uri: vscode.Uri, log: Followed, text: string): void {
    const came = log.rest + text;
    const whole = came.lastIndexOf('\n') + 1;
    log.lines += plainText(came.slice(0, whole));
    log.rest = came.slice(whole);
    if (log.lines.length > MOST_KEPT)
      log.lines = log.lines.slice(log.lines.indexOf('\n', log.lines.length - MOST_KEPT) + 1);
    log.drawing ??= setTimeout(() => {
      log.drawing = undefined;
      if (this.logs.get(uri.toString()) !== log) return;
      log.atEnd = vscode.window.visibleTextEditors.filter(
        ({ document, visibleRanges }) =>
          document.uri.toString() === uri.toString() &&
          (visibleRanges.at(-1)?.end.line ?? 0) >= document.lineCount - 1,
      );
      this.changed.fire(uri);
    }, DRAW_MS);
  }

  private end(uri: vscode.Uri, log: Followed, why: string): void {
    if (log.abort.signal.aborted) return;
    const last = textOf(log);
    const above = last === '' ? `${l10n.t('Nothing was written.')}\n` : last.endsWith('\n') ? '' : '\n';
    this.grow(uri, log, why === '' ? above : `${above}— ${why} —\n`);
  }

  private keepAtEnd(document: vscode.TextDocument): void {
    const log = this.logs.get(document.uri.toString());
    const last = document.lineCount - 1;
    for (const editor of log?.atEnd ?? []) editor.revealRange(new vscode.Range(last, 0, last, 0));
  }

  private forget(uri: vscode.Uri): void {
    const key = uri.toString();
    const log = this.logs.get(key);
    clearTimeout(log?.drawing);
    log?.abort.abort();
    this.logs.delete(key);
    this.texts.delete(key);
  }

  dispose(): void {
    for (const { abort, drawing } of this.logs.values()) {
      clearTimeout(drawing);
      abort.abort();
    }
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}
