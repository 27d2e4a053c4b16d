import { judge, type Readiness } from '../../platform/readiness';
import type { Cluster, Link, PlatformState } from '../../platform/types';

/** How long a view that is out of sight is still kept up: switching views back and forth costs nothing. */
export const LINGER_MS = 60_000;

/** What is known of the platform now. */
export interface Seen {
  readonly link: Link;
  readonly state: PlatformState;
  readonly readiness: Readiness;
}

/** One host that may be followed. A different key is a different host or a new connection to it. */
export interface Way {
  readonly key: object;
  /** Jobs without whose success the platform does not work, in this phase of the run. */
  readonly startUpJobs: readonly string[];
  open(): Promise<Cluster>;
}

/**
 * Follows the platform of one host for as long as somebody looks, at the view or at a log or web face of it, and a little
 * longer. Opens nothing while the view is out of sight, and never more than one cluster.
 */
export class PlatformFollower {
  private cluster: Cluster | undefined;
  private way: Way | undefined;
  private watched = false;
  private lingering: NodeJS.Timeout | undefined;
  /** Openings and closings follow one another, never overlap. */
  private work: Promise<void> = Promise.resolve();
  private opened: object | undefined;
  private problem: Error | undefined;

  constructor(
    private readonly tell: () => void,
    private readonly lingerMs = LINGER_MS,
  ) {}

  /** The cluster that is followed, for the actions on it. */
  get current(): Cluster | undefined {
    return this.cluster;
  }

  /** What is seen now; undefined until something was, and where nothing is followed. */
  get seen(): Seen | undefined {
    if (!this.cluster) return undefined;
    const { link, state } = this.cluster;
    return { link, state, readiness: judge(state, this.way?.startUpJobs) };
  }

  /** Why the cluster could not even be asked for; undefined where it could. */
  get failure(): Error | undefined {
    return this.problem;
  }

  /** The host to follow from now on; undefined for none. */
  follow(way: Way | undefined): void {
    this.way = way;
    if (way?.key !== this.opened) this.settle();
  }

  /** Whether the view is in sight. */
  watch(watched: boolean): void {
    this.watched = watched;
    clearTimeout(this.lingering);
    if (watched) this.settle();
    else this.linger();
  }

  /** A page in the browser and a log in an editor are looked at without the view. */
  private linger(): void {
    this.lingering = setTimeout(() => {
      if (this.cluster?.inUse) this.linger();
      else this.settle();
    }, this.lingerMs);
  }

  /** Leaves what is open, and opens it anew where the view is in sight. */
  again(): void {
    this.settle(true);
  }

  /** Opens or closes, so that what is open is what is wanted. */
  private settle(anew = false): void {
    this.work = this.work.then(async () => {
      const wanted = this.watched ? this.way : undefined;
      if (!anew && wanted?.key === this.opened) return;
      await this.leave();
      if (wanted) await this.open(wanted);
      this.tell();
    });
  }

  private async open(way: Way): Promise<void> {
    this.opened = way.key;
    try {
      const cluster = await way.open();
      this.cluster = cluster;
      cluster.onDidChange(() => {
        if (this.cluster === cluster) this.tell();
      });
    } catch (error) {
      this.problem = error instanceof Error ? error : new Error(String(error));
    }
  }

  private async leave(): Promise<void> {
    const { cluster } = this;
    this.cluster = undefined;
    this.opened = undefined;
    this.problem = undefined;
    // A cluster that cannot be left properly must not keep the next one from being opened.
    await cluster?.close().catch(() => undefined);
  }

  /** Ends for good. */
  async dispose(): Promise<void> {
    clearTimeout(this.lingering);
    this.way = undefined;
    this.watched = false;
    this.settle();
    await this.work;
  }
}
