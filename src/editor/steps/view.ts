import * as vscode from 'vscode';
import { PREFIX, STEPS_VIEW } from '../ids';
import { news } from '../run/news';
import type { PlatformView } from '../platform/view';
import { showProblem } from '../problems';
import type { Sessions } from '../sessions';
import { whereText } from './stepText';
import { StepsTree, type Node } from './tree';

/** How often the row of a running step renews how long it has run. */
const TICK_MS = 20_000;

/** The Steps view: its tree, its title, and one line above the tree where something stands in the way. */
export class StepsView implements vscode.Disposable {
  private readonly tree: StepsTree;
  readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];

  private told: string | undefined;
  private reconnected: (() => void) | undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly output: vscode.LogOutputChannel,
    platform: Pick<PlatformView, 'progress' | 'onDidProgress'>,
  ) {
    this.tree = new StepsTree(sessions, () => platform.progress);
    this.view = vscode.window.createTreeView(STEPS_VIEW, {
      treeDataProvider: this.tree,
      showCollapseAll: true,
    });
    this.subscriptions = [
      sessions.onDidChange(() => this.update()),
      platform.onDidProgress(() => this.tree.refresh()),
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) void sessions.open();
      }),
    ];
    const ticking = setInterval(() => {
      if (this.view.visible && sessions.current?.run.active) this.tree.refresh();
    }, TICK_MS);
    this.subscriptions.push(new vscode.Disposable(() => clearInterval(ticking)));
    if (this.view.visible) void sessions.open();
    this.update();
  }

  private update(): void {
    this.announce();
    const { viewState, current } = this.sessions;
    void vscode.commands.executeCommand('setContext', `${PREFIX}.state`, viewState);
    const known = current?.known ? whereText(current.transport.label, current.guide) : '';
    this.view.description = known;
    // The host stands above its steps at all times: a step on the wrong host is the worst mistake of all.
    this.view.message = [known, current?.known ? news(current) : ''].filter(Boolean).join(' — ');
    this.showReconnecting(current?.connection.state === 'lost');
    this.tree.refresh();
  }

  /** A bar above the tree moves for as long as the host is waited for. */
  private showReconnecting(lost: boolean): void {
    if (!lost) {
      this.reconnected?.();
      this.reconnected = undefined;
    } else if (!this.reconnected) {
      const ended = new Promise<void>((resolve) => (this.reconnected = resolve));
      void vscode.window.withProgress({ location: { viewId: STEPS_VIEW } }, () => ended);
    }
  }

  /** Tells a new problem once, with its cause; the view then keeps saying what to do. */
  private announce(): void {
    const { problem } = this.sessions;
    const isNew = problem !== undefined && problem.message !== this.told;
    this.told = problem?.message;
    if (isNew && problem.reason !== 'needs-login' && this.sessions.current?.connection.state !== 'lost') {
      showProblem(problem, this.output);
    }
  }

  dispose(): void {
    this.reconnected?.();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.view.dispose();
    this.tree.dispose();
  }
}
