import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { FromPage } from '../../../webview/protocol';
import type { Session } from '../../host/session';
import { composeNumbers, parseNumbers, type CountedNumber } from '../../migration/numbers';
import { commandId, PREFIX } from '../ids';
import { news } from '../run/news';
import { overviewContent } from './overviewContent';
import { showProblem } from '../problems';
import type { Sessions } from '../sessions';
import { WebPanel } from './webPanel';

export const OVERVIEW_PAGE = `${PREFIX}.overview`;

/** What the steps recorded on the host, for `parseNumbers`. Looks only. */
export const recordedNumbers = ({ guide, runner }: Session): Promise<string> =>
  runner.detect(composeNumbers(guide), []);

/** The page about the whole run. Everything on it can also be had from the tree and from the report. */
export class OverviewPage implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private readonly panel: WebPanel;
  private numbers: readonly CountedNumber[] = [];
  /** Session and journal for which the numbers were read. */
  private readFor: { readonly session: Session; readonly settled: number } | undefined;
  private readonly following: vscode.Disposable;

  constructor(
    extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
    output: vscode.LogOutputChannel,
  ) {
    this.panel = new WebPanel(
      extensionUri,
      OVERVIEW_PAGE,
      (message) => void this.receive(message).catch((error: unknown) => showProblem(error, output)),
      () => this.update(),
    );
    this.following = sessions.onDidChange(() => this.update());
  }

  open(): void {
    this.panel.show(l10n.t('Run Overview'));
    this.update();
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.panel.adopt(panel);
    return panel.visible ? this.sessions.open() : Promise.resolve();
  }

  private async receive(message: FromPage): Promise<void> {
    if (message.type === 'ready') this.update();
    else if (message.type === 'go')
      await vscode.commands.executeCommand(commandId('openStepPage'), { kind: 'step', id: message.step });
    else if (message.type === 'run-command') await vscode.commands.executeCommand(commandId(message.command));
  }

  private update(): void {
    const session = this.sessions.current;
    if (!session?.known || !this.panel.visible) return;
    this.readNumbers(session);
    this.panel.tell({
      type: 'overview',
      page: overviewContent({
        guide: session.guide,
        run: session.run,
        host: session.transport.label,
        news: news(session),
        numbers: this.numbers,
        now: Date.now(),
      }),
    });
  }

  /** Reads the numbers again after each attempt that has ended: only a step records some. */
  private readNumbers(session: Session): void {
    if (session.connection.state !== 'connected') return;
    const settled = session.run.steps
      .flatMap(({ attempts }) => attempts)
      .filter(({ finishedAt }) => finishedAt !== undefined).length;
    const before = this.readFor;
    if (before?.session === session && before.settled === settled) return;
    this.readFor = { session, settled };
    if (before?.session !== session) this.numbers = [];
    void recordedNumbers(session).then(
      (output) => {
        if (this.readFor?.session !== session) return;
        this.numbers = parseNumbers(output);
        this.update();
      },
      // What stands between the editor and the host is told above the steps; the numbers stay as they were read.
      () => undefined,
    );
  }

  dispose(): void {
    this.following.dispose();
    this.panel.dispose();
  }
}
