import * as vscode from 'vscode';
import { PREFIX, STEPS_VIEW } from './ids';
import { tell } from './problems';
import type { Sessions } from './sessions';
import { StepsTree, type Node } from './stepsTree';
import { timeOfDay } from './words';

/** The Steps view: its tree, its title, and one line above the tree where something stands in the way. */
export class StepsView implements vscode.Disposable {
  private readonly tree: StepsTree;
  readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly sessions: Sessions) {
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
    const { current, problem } = this.sessions;
    const connection = current?.connection;
    if (connection?.state === 'lost') {
      const since = timeOfDay(connection.since.toISOString());
      return `The connection was lost at ${since}; this is what was seen then. Steps that run go on. Reconnecting…`;
    }
    if (problem) return tell(problem);
    const damage = current?.run.problems[0];
    return damage
      ? `The journal on the host is damaged in line ${damage.line}: ${damage.what} What can be read is shown.`
      : undefined;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.view.dispose();
  }
}
