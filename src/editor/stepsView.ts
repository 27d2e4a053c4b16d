import * as vscode from 'vscode';
import { PREFIX, STEPS_VIEW } from './ids';
import { showProblem, tell } from './problems';
import type { Sessions } from './sessions';
import { StepsTree, type Node } from './stepsTree';
import { timeOfDay } from './words';

/** The Steps view: its tree, its title, and one line above the tree where something stands in the way. */
export class StepsView implements vscode.Disposable {
  private readonly tree: StepsTree;
  readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];

  private told: string | undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.tree = new StepsTree(sessions);
    this.view = vscode.window.createTreeView(STEPS_VIEW, {
      treeDataProvider: this.tree,
      showCollapseAll: true,
    });
    this.subscriptions = [
      sessions.onDidChange(() => this.update()),
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) void sessions.open();
      }),
    ];
    if (this.view.visible) void sessions.open();
    this.update();
  }

  private update(): void {
    this.announce();
    const { viewState, current } = this.sessions;
    void vscode.commands.executeCommand('setContext', `${PREFIX}.state`, viewState);
    const known = current?.known
      ? `${current.transport.label} · Kaapana ${current.guide.from} → ${current.guide.to}`
      : '';
    this.view.description = known;
    // The host stands above its steps at all times: a step on the wrong host is the worst mistake of all.
    this.view.message = this.message() ?? known;
    this.tree.refresh();
  }

  /** What the admin has to know about the connection or the journal before reading the tree. */
  private message(): string | undefined {
    const { current } = this.sessions;
    if (!current?.known) return undefined;
    const { connection, run } = current;
    if (connection.state === 'lost') {
      const since = timeOfDay(connection.since.toISOString());
      return `The connection was lost at ${since}; this is what was seen then. Steps that run go on. Reconnecting…`;
    }
    if (connection.state === 'failed') return `${tell(connection.problem)} This is what was seen before.`;
    const damage = run.problems[0];
    return damage
      ? `The journal on the host is damaged in line ${damage.line}: ${damage.what} What can be read is shown.`
      : undefined;
  }

  /** Tells a new problem once, with its cause; the view then keeps saying what to do. */
  private announce(): void {
    const { problem } = this.sessions;
    const news = problem !== undefined && problem.message !== this.told;
    this.told = problem?.message;
    if (news && problem.reason !== 'needs-login' && this.sessions.current?.connection.state !== 'lost') {
      showProblem(problem, this.output);
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.view.dispose();
  }
}
