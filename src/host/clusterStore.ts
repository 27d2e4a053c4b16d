import type { KubeObject } from '../platform/kube';
import { reducePod } from '../platform/reducePod';
import { reduceWorkload } from '../platform/reduceWorkload';
import type { PlatformState, Pod, Workload } from '../platform/types';

/** One kind of object that is followed: where its list is, and what is kept of each. */
export interface Resource<Kept extends object = object> {
  readonly name: string;
  /** Below /api or /apis. */
  readonly group: string;
  readonly keep: (object: KubeObject) => Kept;
}

export const NAMESPACES: Resource<{ name: string }> = {
  name: 'namespaces',
  group: '/api/v1',
  keep: ({ metadata: { name } }) => ({ name }),
};

export const PODS: Resource<Pod> = {
  name: 'pods',
  group: '/api/v1',
  keep: reducePod,
};

/** Stable groups only: they are the same from Kubernetes 1.23 to 1.33. */
export const WORKLOADS: readonly Resource<Workload>[] = [
  {
    name: 'deployments',
    group: '/apis/apps/v1',
    keep: (o) => reduceWorkload('Deployment', o),
  },
  {
    name: 'statefulsets',
    group: '/apis/apps/v1',
    keep: (o) => reduceWorkload('StatefulSet', o),
  },
  { name: 'daemonsets', group: '/apis/apps/v1', keep: (o) => reduceWorkload('DaemonSet', o) },
  { name: 'jobs', group: '/apis/batch/v1', keep: (o) => reduceWorkload('Job', o) },
];

const NOTHING: ReadonlyMap<string, object> = new Map();
const EMPTY: PlatformState = { namespaces: [], forbidden: [], workloads: [], pods: [] };

/** By what an object of a kind is known. */
export const keyOf = ({ metadata: { namespace = '', name } }: KubeObject): string => `${namespace}/${name}`;

/** Everything that is kept of the platform, as the watches bring it. */
export class ClusterStore {
  private readonly kept = new Map<Resource, Map<string, object>>();
  private readonly lists = new Map<Resource, readonly object[]>();
  private readonly refused = new Set<string>();
  private built: PlatformState | undefined = EMPTY;

  /** @param changed is called after every change, however small */
  constructor(private readonly changed: () => void) {}

  /** The state as a whole, built when it is asked for. */
  get state(): PlatformState {
    return (this.built ??= {
      namespaces: this.names(NAMESPACES),
      forbidden: [...this.refused].sort(),
      workloads: WORKLOADS.flatMap((resource) => this.sorted(resource)),
      pods: this.sorted(PODS),
    });
  }

  get namespaces(): readonly string[] {
    return this.state.namespaces;
  }

  /** A list of everything there is, or of everything in a namespace: what is not in it is gone. */
  replace(resource: Resource, namespace: string | undefined, objects: ReadonlyMap<string, object>): void {
    const kept = this.of(resource);
    for (const key of kept.keys())
      if ((namespace === undefined || key.startsWith(`${namespace}/`)) && !objects.has(key)) kept.delete(key);
    for (const [key, value] of objects) kept.set(key, value);
    this.touch(resource);
  }

  set(resource: Resource, object: KubeObject): void {
    this.of(resource).set(keyOf(object), resource.keep(object));
    this.touch(resource);
  }

  remove(resource: Resource, object: KubeObject): void {
    if (this.of(resource).delete(keyOf(object))) this.touch(resource);
  }

  /** The account may no longer look there: what was seen before may have changed. */
  forbid(resource: Resource, namespace: string): void {
    this.refused.add(namespace);
    this.replace(resource, namespace, NOTHING);
  }

  /** The namespace is gone, and everything in it. */
  forget(namespace: string): void {
    this.refused.delete(namespace);
    for (const resource of [...WORKLOADS, PODS]) this.replace(resource, namespace, NOTHING);
  }

  private of(resource: Resource): Map<string, object> {
    let kept = this.kept.get(resource);
    if (!kept) this.kept.set(resource, (kept = new Map<string, object>()));
    return kept;
  }

  private names(resource: Resource<{ name: string }>): string[] {
    return this.sorted(resource).map(({ name }) => name);
  }

  private sorted<Kept extends object>(resource: Resource<Kept>): readonly Kept[] {
    let list = this.lists.get(resource) as readonly Kept[] | undefined;
    if (!list) {
      const kept = this.of(resource) as Map<string, Kept>;
      list = [...kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
      this.lists.set(resource, list);
    }
    return list;
  }

  private touch(resource: Resource): void {
    this.lists.delete(resource);
    this.built = undefined;
    this.changed();
  }
}
