import * as l10n from '@vscode/l10n';
import type { KubeObject } from '../platform/kube';
import { ApiError, type ClusterApi, type WatchEvent } from './clusterApi';
import { keyOf, NAMESPACES, PODS, WORKLOADS, type ClusterStore, type Resource } from './clusterStore';
import { NoAccess } from './kubeconfig';
import { pause } from './pause';

/** How many objects come in one answer: few enough that an answer is small, enough that one mostly does. */
const PAGE = 500;
/** The server ends a watch after this time, and the next goes on where it ended. */
const WATCH_S = 280;
/** A watch that the server has not ended by then is a dead connection. */
const STALLED_MS = (WATCH_S + 40) * 1000;
/** A watch that ends sooner than this is not followed by the next one at once. */
const SHORT_MS = 1000;

/** Kaapana's namespaces, where the account may not list those that there are. */
const KNOWN = ['admin', 'default', 'extensions', 'jobs', 'project-admin', 'services'];

const GONE = 410;
const FORBIDDEN = 403;

const isStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status;

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}

/** Keeps a store like the cluster, over one connection. */
export class ClusterFeed {
  /** Lists that have not come yet. */
  private missing = 0;
  private readonly scopes = new Map<string, AbortController>();
  /** What is followed namespace by namespace, as the account may not look at the whole cluster. */
  private readonly single = new Set<Resource>();
  private fail: (error: unknown) => void = () => undefined;

  /** @param listed is called once everything has come */
  constructor(
    private readonly api: ClusterApi,
    private readonly store: ClusterStore,
    private readonly own: string,
    private readonly listed: () => void,
    private readonly signal: AbortSignal,
  ) {}

  /** Follows until the signal, or until something breaks, with which it rejects. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.signal.throwIfAborted();
      this.fail = reject;
      this.signal.addEventListener('abort', () => resolve(), { once: true });
      for (const resource of [NAMESPACES, ...WORKLOADS, PODS]) this.start(resource, undefined, this.signal);
    });
  }

  private start(resource: Resource, namespace: string | undefined, signal: AbortSignal): void {
    this.missing += 1;
    let first = true;
    const came = () => {
      if (!first) return;
      first = false;
      this.missing -= 1;
      if (this.missing === 0) this.complete();
    };
    this.follow(resource, namespace, came, signal).then(came, (error: unknown) => {
      if (this.signal.aborted) return;
      const refused = isStatus(error, FORBIDDEN);
      if (refused && !signal.aborted) this.refused(resource, namespace);
      // What was refused, or whose namespace is gone, is not waited for.
      if (refused || signal.aborted) came();
      else this.fail(error);
    });
  }

  private complete(): void {
    const { namespaces, forbidden } = this.store.state;
    if (forbidden.length > 0 && namespaces.every((name) => forbidden.includes(name)))
      this.fail(
        new NoAccess('refused', l10n.t('The account may not look into any namespace of the platform.')),
      );
    else this.listed();
  }

  private refused(resource: Resource, namespace: string | undefined): void {
    if (namespace !== undefined) this.store.forbid(resource, namespace);
    else if (resource === NAMESPACES)
      this.store.replace(
        NAMESPACES,
        undefined,
        new Map([...new Set([...KNOWN, this.own])].map((name) => [`/${name}`, { name }])),
      );
    else this.single.add(resource);
    this.followScopes();
  }

  /** Begins what is new among resources and namespaces, and ends what is no longer there. */
  private followScopes(): void {
    const there = new Set(this.store.namespaces);
    for (const [scope, end] of this.scopes) {
      const [namespace = ''] = scope.split('/');
      if (there.has(namespace)) continue;
      end.abort();
      this.scopes.delete(scope);
      this.store.forget(namespace);
    }
    for (const resource of this.single) {
      for (const namespace of there) {
        const scope = `${namespace}/${resource.name}`;
        if (this.scopes.has(scope)) continue;
        const end = new AbortController();
        this.scopes.set(scope, end);
        this.start(resource, namespace, AbortSignal.any([this.signal, end.signal]));
      }
    }
  }

  private async follow(
    resource: Resource,
    namespace: string | undefined,
    came: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `${resource.group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource.name}`;
    for (;;) {
      const listed = await this.list(path, resource, namespace, signal);
      came();
      let version: string | undefined = listed;
      while (version !== undefined) {
        const began = Date.now();
        version = await this.watch(path, resource, version, signal);
        signal.throwIfAborted();
        if (Date.now() - began < SHORT_MS) await pause(SHORT_MS, signal);
      }
    }
  }

  private async list(
    path: string,
    resource: Resource,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const found = new Map<string, object>();
    let next = '';
    for (;;) {
      const query = { limit: String(PAGE), ...(next === '' ? {} : { continue: next }) };
      const list: List = await this.api.json(path, { query, signal });
      for (const object of list.items) found.set(keyOf(object), resource.keep(object));
      next = list.metadata.continue ?? '';
      if (next !== '') continue;
      this.store.replace(resource, namespace, found);
      if (resource === NAMESPACES) this.followScopes();
      return list.metadata.resourceVersion;
    }
  }

  /**
   * Answers the version with which the next watch goes on; undefined where the server no longer knows what happened since,
   * so that everything has to be listed again.
   */
  private async watch(
    path: string,
    resource: Resource,
    from: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let version = from;
    let broken: unknown;
    const stop = new AbortController();
    const stalled = setTimeout(() => {
      broken = new Error(l10n.t('The connection no longer carries anything.'));
      stop.abort();
    }, STALLED_MS);
    const take = (event: WatchEvent) => {
      try {
        version = this.take(resource, event) ?? version;
      } catch (error) {
        broken = error;
        stop.abort();
      }
    };
    const query = {
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_S),
    };
    try {
      await this.api.watch(path, query, take, AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      broken ??= error;
    } finally {
      clearTimeout(stalled);
    }
    if (isStatus(broken, GONE)) return undefined;
    if (broken !== undefined) throw broken as Error;
    return version;
  }

  private take(resource: Resource, { type, object }: WatchEvent): string | undefined {
    if (type === 'ERROR') {
      const { code, message } = object as { code?: number; message?: string };
      throw new ApiError(code ?? 0, message ?? l10n.t('The watch broke.'));
    }
    const changed = object as KubeObject;
    if (type === 'DELETED') this.store.remove(resource, changed);
    else if (type !== 'BOOKMARK') this.store.set(resource, changed);
    if (resource === NAMESPACES && type !== 'BOOKMARK') this.followScopes();
    return changed.metadata.resourceVersion;
  }
}
