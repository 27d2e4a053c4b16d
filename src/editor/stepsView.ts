import * as vscode from 'vscode';
import type { Session } from '../host/session';
import type { Holder, StepStatus } from '../migration/run';
import { PREFIX, STEPS_VIEW } from './ids';
import { showProblem, tell } from './problems';
import type { Sessions } from './sessions';
import { StepsTree, type Node } from './stepsTree';
import { timeOfDay, who } from './words';

/** Somebody else is at it: who, and with what or since when. */
const conducted = ({ actor, time }: Holder, active: StepStatus | undefined): string =>
  active
    ? `${who(actor)} has run "${active.step.title}" since ${timeOfDay(time)}.`
    : `conducted by ${who(actor)}, whose last step was started ${timeOfDay(time)}.`;

/** What the admin has to know about connection, journal and other people before reading the tree. */
function news({ connection, run }: Session): string {
  if (connection.state === 'lost') {
    const since = timeOfDay(connection.since.toISOString());
    return run.active?.step.reboots
      ? `The host restarts; its return has been awaited since ${since}. Steps go on when it is back.`
      : `The connection was lost at ${since}; this is what was seen then. Steps that run go on. Reconnecting…`;
  }
  if (connection.state === 'failed') return `${tell(connection.problem)} This is what was seen before.`;
  const damage = run.problems[0];
  if (damage)
    return `The journal on the host is damaged in line ${damage.line}: ${damage.what} What can be read is shown.`;
  if (run.formerHostKey !== undefined)
    return 'The host answers with another key than the one that this run was known by. Ask who runs it before you go on.';
  return run.holder?.other ? conducted(run.holder, run.active) : '';
}

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
    const news = problem !== undefined && problem.message !== this.told;
    this.told = problem?.message;
    if (news && problem.reason !== 'needs-login' && this.sessions.current?.connection.state !== 'lost') {
      showProblem(problem, this.output);
    }
  }

  dispose(): void {
    this.reconnected?.();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.view.dispose();
  }
}
