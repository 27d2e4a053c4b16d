import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { LOG_CHUNK_BYTES } from '../../host/runner';
import type { Session } from '../../host/session';
import type { RunStatus } from '../../migration/run';
import { runKey } from '../run/runKey';
import type { Sessions } from '../sessions';
import { plainText } from './terminalText';

export const LOG_SCHEME = 'kaapana-log';

interface Followed {
  /** The run it belongs to; each login has another session for it. */
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  bytes: Buffer;
  reading: boolean;
}

/** Read-only documents with the log of one attempt. They grow while the step runs, read by offset, never again whole. */
export class LogDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly followed = new Map<string, Followed>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    sessions: Sessions,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      sessions.onDidChange(() => {
        const session = sessions.current;
        if (!session) return;
        for (const [uri, log] of this.followed)
          if (log.run === runKey(session) && hasChanged(session.run, log))
            void this.read(session, vscode.Uri.parse(uri), log);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.followed.delete(uri.toString())),
    ];
  }

  async open(session: Session, step: string, attempt: number): Promise<void> {
    const run = runKey(session);
    const path = `/${run}/${step} attempt ${attempt}.log`;
    const uri = vscode.Uri.from({ scheme: LOG_SCHEME, path });
    const log = { run, step, attempt, bytes: Buffer.alloc(0), reading: false };
    this.followed.set(uri.toString(), log);
    await this.read(session, uri, log);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const log = this.followed.get(uri.toString());
    return log
      ? plainText(log.bytes.toString('utf8'))
      : `${l10n.t('This log belongs to an earlier window. Open it again from the step.')}\n`;
  }

  private async read({ runner, guide }: Session, uri: vscode.Uri, log: Followed): Promise<void> {
    if (log.reading) return;
    log.reading = true;
    try {
      for (;;) {
        const { bytes, size } = await runner.log(
          guide.id,
          log.step,
          log.attempt,
          log.bytes.length,
          LOG_CHUNK_BYTES,
        );
        // Somebody emptied the log on the host: what was read is not its beginning any more.
        const cut = size < log.bytes.length;
        log.bytes = cut ? Buffer.alloc(0) : Buffer.concat([log.bytes, bytes]);
        if (cut && size > 0) continue;
        if (bytes.length === 0 || log.bytes.length >= size) break;
      }
      this.changed.fire(uri);
    } catch (error) {
      this.output.warn(`The log of ${log.step} cannot be read: ${String(error)}`);
    } finally {
      log.reading = false;
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}

/** Size of an attempt's log on the host, in bytes, as last seen. */
const sizeOf = (run: RunStatus, step: string, attempt: number): number | undefined =>
  run.steps.find((status) => status.step.id === step)?.attempts.find(({ number }) => number === attempt)
    ?.logBytes;

const hasChanged = (run: RunStatus, { step, attempt, bytes }: Followed): boolean =>
  (sizeOf(run, step, attempt) ?? bytes.length) !== bytes.length;
