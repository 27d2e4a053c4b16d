import * as l10n from '@vscode/l10n';
import type {
  Cluster,
  Link,
  ObjectRef,
  OpenFace,
  PlatformEvent,
  PlatformState,
  WebFace,
} from '../platform/types';
import { deletePod, dryRun, eventsOf, followLog } from './clusterActions';
import { ClusterApi } from './clusterApi';
import { ClusterFeed } from './clusterFeed';
import { ClusterStore } from './clusterStore';
import { forwardRefused, linkAfter } from './clusterLink';
import { readAccess, type Access } from './kubeconfig';
import { pause } from './pause';
import type { Forward, Transport } from './transport';
import { openFace } from './webFace';

export interface ClusterOptions {
  /** The pause before the first new attempt; each further one is twice as long. */
  readonly firstRetryMs?: number;
  readonly longestRetryMs?: number;
}

/** Changes are told together: at most ten times a second. */
const TELL_MS = 100;
/** A connection that was live for so long may be opened again at once. */
const STEADY_MS = 5000;

/** Follows the cluster of a host until it is closed. Asks nobody anything, and writes nothing. */
export const openCluster = (transport: Transport, options: ClusterOptions = {}): Cluster =>
  new FollowedCluster(transport, options);

const authorityOf = ({ ca }: Access): string => ca?.toString() ?? '';

class FollowedCluster implements Cluster {
  private current: Link = { state: 'connecting', since: Date.now(), detail: '' };
  private store = this.newStore();
  private readonly listeners = new Set<() => void>();
  private readonly faces = new Set<Forward>();
  /** Logs that are followed, and web faces that are being opened. */
  private underWay = 0;
  private readonly end = new AbortController();
  private readonly ended: Promise<void>;
  private telling: NodeJS.Timeout | undefined;
  private lastTold = 0;
  private api: ClusterApi | undefined;
  private failures = 0;
  /** What is shown was live, and may be so again. */
  private wasLive = false;
  /** The authority of the cluster that was live last. */
  private authority: string | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly options: ClusterOptions,
  ) {
    this.ended = this.run(this.end.signal);
  }

  get link(): Link {
    return this.current;
  }

  get state(): PlatformState {
    return this.store.state;
  }

  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get inUse(): boolean {
    return this.underWay > 0 || this.faces.size > 0;
  }

  async logs(
    pod: ObjectRef,
    container: string,
    options: { previous?: boolean; tailLines?: number },
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.during(followLog(this.connected(), pod, container, options, onText, signal));
  }

  async events(object: ObjectRef & { readonly kind: string }): Promise<readonly PlatformEvent[]> {
    return eventsOf(this.connected(), object);
  }

  async restart({ namespace, name }: ObjectRef): Promise<void> {
    const api = this.connected();
    const pod = this.state.pods.find((each) => each.namespace === namespace && each.name === name);
    if (!pod) throw new Error(l10n.t`The pod ${name} is no longer there. Nothing was changed.`);
    await deletePod(api, pod);
  }

  async forward(face: WebFace): Promise<OpenFace> {
    const { way, ...opened } = await this.during(openFace(this.connected(), this.transport, face));
    this.faces.add(way);
    return {
      ...opened,
      close: () => {
        if (this.faces.delete(way)) void way.close();
      },
    };
  }

  async dryRun(
    object: ObjectRef & { readonly apiVersion: string; readonly kind: string },
    patch: object,
  ): Promise<{ readonly before: string; readonly after: string }> {
    return dryRun(this.connected(), object, patch);
  }

  async close(): Promise<void> {
    this.end.abort();
    this.listeners.clear();
    clearTimeout(this.telling);
    await this.ended;
    await Promise.all([...this.faces].map((way) => way.close()));
    this.faces.clear();
  }

  private async during<T>(work: Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await work;
    } finally {
      this.underWay -= 1;
    }
  }

  private connected(): ClusterApi {
    if (!this.api)
      throw new Error(l10n.t`The platform's API is not connected. ${this.current.detail}`.trim());
    return this.api;
  }

  /** One connection after another. The kubeconfig is read anew for each: the cluster may be another one by then. */
  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.connect(signal);
      } catch (error) {
        this.setLink(linkAfter(error, this.current.state, this.wasLive));
      }
      await pause(this.nextPause(), signal);
    }
  }

  /** Doubled each time; never the same for two windows, which were cut off together. */
  private nextPause(): number {
    const { firstRetryMs = 500, longestRetryMs = 30_000 } = this.options;
    const longest = Math.min(firstRetryMs * 2 ** this.failures++, longestRetryMs);
    return longest * (0.5 + Math.random() / 2);
  }

  /** Ends only by an error, or by the signal. */
  private async connect(signal: AbortSignal): Promise<void> {
    await this.transport.connect(signal);
    const access = await readAccess(this.transport, signal);
    const replaced = this.noteAuthority(access);
    const forward = await this.transport.forward(access.address);
    try {
      await this.follow(access, forward, replaced, signal);
    } catch (error) {
      const refused = this.api ? undefined : await forwardRefused(error, this.transport, access, forward);
      throw refused ?? error;
    } finally {
      this.api = undefined;
      await forward.close();
    }
  }

  private async follow(
    access: Access,
    forward: Forward,
    replaced: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const connection = new AbortController();
    const api = await ClusterApi.open(access, forward);
    const store = this.newStore();
    let liveSince = Infinity;
    const live = () => {
      liveSince = Math.min(liveSince, Date.now());
      this.wasLive = true;
      this.authority = authorityOf(access);
      this.api = api;
      this.store = store;
      this.setLink({
        state: 'live',
        detail: replaced ? l10n.t('The cluster was installed anew since it was last seen.') : '',
      });
    };
    const either = AbortSignal.any([signal, connection.signal]);
    try {
      await new ClusterFeed(api, store, access.namespace, live, either).run();
    } finally {
      // A connection that breaks at once, again and again, is no success.
      if (Date.now() - liveSince > STEADY_MS) this.failures = 0;
      connection.abort();
      api.close();
    }
  }

  /** Whether the cluster is another one than that which was live last. */
  private noteAuthority(access: Access): boolean {
    const replaced = this.authority !== undefined && this.authority !== authorityOf(access);
    if (replaced)
      this.setLink({
        state: 'replaced',
        detail: l10n.t('The cluster was installed anew: another authority signs for it.'),
      });
    return replaced;
  }

  private setLink({ state, detail }: Omit<Link, 'since'>): void {
    if (this.end.signal.aborted) return;
    const since = state === this.current.state ? this.current.since : Date.now();
    this.current = { state, since, detail };
    // What was seen stays only where it may still be so.
    if (state !== 'live' && state !== 'lost' && state !== 'connecting') {
      this.store = this.newStore();
      this.wasLive = false;
    }
    this.tell();
  }

  private newStore(): ClusterStore {
    const store: ClusterStore = new ClusterStore(() => {
      if (store === this.store) this.tell();
    });
    return store;
  }

  private tell(): void {
    if (this.telling !== undefined || this.end.signal.aborted) return;
    const wait = Math.max(0, this.lastTold + TELL_MS - Date.now());
    this.telling = setTimeout(() => {
      this.telling = undefined;
      this.lastTold = Date.now();
      for (const listener of this.listeners) listener();
    }, wait);
  }
}
