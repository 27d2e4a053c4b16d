import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { verdictText } from '../../platform/readiness';
import type { Cluster, Link, PlatformState } from '../../platform/types';
import type { Session } from '../../host/session';
import { isSettled, type RunStatus } from '../../migration/run';
import { PLATFORM_VIEW, PREFIX } from '../ids';
import { PlatformFollower, type Seen } from './follower';
import { PlatformTree, type PlatformNode } from './tree';
import type { Sessions } from '../sessions';
import { timeOfDay } from '../words';

/** Opens the way to the cluster of a session's host. Reads there; asks nobody. */
export type OpenCluster = (session: Session) => Promise<Cluster>;

/** How often ages are drawn anew while somebody looks. */
const AGE_MS = 30_000;

/** What the view is about just now; each but `shown` and `refused` has a welcome text of its own. */
type PlatformViewState =
  'noHost' | 'untrusted' | 'closed' | 'unconnected' | 'failed' | 'shown' | Link['state'];

const clock = (time: number): string => timeOfDay(new Date(time).toISOString());

/** What has to be known about the connection to the cluster before reading the tree. */
function linkNews({ state, since, detail }: Link): string {
  switch (state) {
    case 'lost':
      return l10n.t`As of ${clock(since)}, reconnecting… ${detail}`;
    case 'live':
    case 'replaced':
      return detail;
    case 'connecting':
    case 'absent':
    case 'refused':
      return '';
  }
}

/** Whether the rows of what was seen are still those of the cluster that is meant. */
const stands = ({ link }: Seen): boolean => link.state !== 'absent' && link.state !== 'refused';

/** The Jobs without which the platform does not work now: those of the step that deployed it last, or does so now. */
function startUpJobs({ steps, active }: RunStatus): readonly string[] {
  const deployed = steps.findLast(
    ({ step, state, attempts }) => step.awaits && (attempts.length > 0 || isSettled(state)),
  );
  return active?.step.awaits ?? deployed?.step.awaits ?? [];
}

/** The Platform view: the tree, the total in its title, the verdict above the tree, and a badge for what needs a person. */
export class PlatformView implements vscode.Disposable {
  private readonly tree = new PlatformTree();
  readonly view: vscode.TreeView<PlatformNode>;
  private readonly follower: PlatformFollower;
  private readonly subscriptions: vscode.Disposable[];
  private readonly ageing: NodeJS.Timeout;
  private told: string | undefined;
  private readonly progressed = new vscode.EventEmitter<undefined>();
  /** Fires when `progress` may be another. */
  readonly onDidProgress = this.progressed.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly open: OpenCluster,
    private readonly output: vscode.LogOutputChannel,
  ) {
    this.follower = new PlatformFollower(() => this.update());
    this.view = vscode.window.createTreeView(PLATFORM_VIEW, {
      treeDataProvider: this.tree,
      showCollapseAll: true,
    });
    this.subscriptions = [
      sessions.onDidChange(() => this.followSession()),
      this.view.onDidChangeVisibility(({ visible }) => {
        this.follower.watch(visible);
        if (visible) this.update();
      }),
    ];
    this.ageing = setInterval(() => {
      if (this.view.visible && this.follower.current) this.update();
    }, AGE_MS);
    this.follower.watch(this.view.visible);
    this.followSession();
  }

  /** The cluster, for the actions on it; undefined while there is none. */
  get cluster(): Cluster | undefined {
    return this.follower.current;
  }

  /** What is seen now, as long as it is of the cluster that is meant. */
  get state(): PlatformState | undefined {
    const { seen } = this.follower;
    return seen && stands(seen) ? seen.state : undefined;
  }

  /** How far the platform has come, for a step that waits for it; undefined while that is not seen. */
  get progress(): string | undefined {
    const { seen } = this.follower;
    if (seen?.link.state !== 'live') return undefined;
    const { state, sentence } = seen.readiness;
    return state === 'waiting' || state === 'troubled' || state === 'ready' ? sentence : undefined;
  }

  /** What a row of the tree stands for. */
  row(node: PlatformNode) {
    return this.tree.row(node);
  }

  /** Leaves the cluster, if there is one, and looks for it again. */
  lookAgain(): void {
    this.follower.again();
    this.update();
  }

  private followSession(): void {
    const session = vscode.workspace.isTrusted ? this.sessions.current : undefined;
    this.follower.follow(
      session?.known
        ? { key: session, startUpJobs: startUpJobs(session.run), open: () => this.open(session) }
        : undefined,
    );
    this.update();
  }

  private viewState(seen: Seen | undefined): PlatformViewState {
    const { viewState } = this.sessions;
    if (viewState === 'noHost' || viewState === 'untrusted' || viewState === 'closed') return viewState;
    if (viewState !== 'connected') return 'unconnected';
    if (this.follower.failure !== undefined) return 'failed';
    return seen?.link.state ?? 'connecting';
  }

  private update(): void {
    const { seen } = this.follower;
    const shown = seen && stands(seen) ? seen : undefined;
    const troubled = this.tree.show(shown?.state, Date.now());
    const empty = this.tree.getChildren().length === 0;
    const state = empty ? this.viewState(seen) : 'shown';
    void vscode.commands.executeCommand('setContext', `${PREFIX}.platform`, state);
    // Its causes are many, and each says what to do.
    const refusal =
      seen?.link.state === 'refused' ? l10n.t`${seen.link.detail} Steps do not need this view.` : '';
    this.title(shown, empty, refusal);
    this.log(seen);
    for (const node of troubled) this.expand(node);
    this.progressed.fire(undefined);
  }

  private title(seen: Seen | undefined, empty: boolean, refusal: string): void {
    const live = seen?.link.state === 'live';
    const told = seen !== undefined && (live || !empty);
    const verdict = told ? verdictText(seen.readiness) : '';
    // Above an empty tree a message would hide the welcome text, which says what to do.
    this.view.message = told ? [linkNews(seen.link), verdict].filter(Boolean).join(' — ') : refusal;
    this.view.description = told
      ? [seen.readiness.total, live ? '' : l10n.t`as of ${clock(seen.link.since)}`]
          .filter(Boolean)
          .join(' · ')
      : '';
    const troubles = told ? seen.readiness.troubles : 0;
    this.view.badge =
      troubles > 0
        ? {
            value: troubles,
            tooltip:
              troubles === 1
                ? l10n.t('1 part of the platform needs attention')
                : l10n.t`${troubles} parts of the platform need attention`,
          }
        : undefined;
  }

  /** Opens a namespace that has come into trouble, without moving the selection. */
  private expand(node: PlatformNode): void {
    if (!this.view.visible) return;
    // It may be gone again by the time it is opened.
    void this.view
      .reveal(node, { select: false, focus: false, expand: true })
      .then(undefined, () => undefined);
  }

  /** Writes every change of the link into the extension's log, once, with its cause. */
  private log(seen: Seen | undefined): void {
    const { failure } = this.follower;
    const text =
      failure === undefined
        ? seen && `Platform: ${[seen.link.state, seen.link.detail].filter(Boolean).join(': ')}`
        : l10n.t`Platform: the cluster cannot be followed: ${failure.message}`;
    if (text !== undefined && text !== this.told) this.output.info(text);
    this.told = text;
  }

  dispose(): void {
    clearInterval(this.ageing);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.view.dispose();
    this.tree.dispose();
    this.progressed.dispose();
    void this.follower.dispose();
  }
}
