import type {
  Cluster,
  Link,
  PlatformState,
  Pod,
  Trouble,
  Workload,
  WorkloadKind,
} from '../../src/platform/types';

export const NOW = Date.UTC(2026, 1, 3, 2, 14);

export const workload = (
  place: string,
  available: number,
  wanted = 1,
  more: Partial<Workload> = {},
): Workload => {
  const [namespace = '', name = ''] = place.split('/');
  const kind: WorkloadKind = more.kind ?? 'Deployment';
  return {
    kind,
    namespace,
    name,
    uid: `${kind} ${place}`,
    createdAt: NOW - 3_600_000,
    wanted,
    available,
    failed: 0,
    gaveUp: false,
    ...more,
  };
};

export const job = (place: string, available: number, more: Partial<Workload> = {}): Workload =>
  workload(place, available, 1, { kind: 'Job', ...more });

export const pod = (place: string, more: Partial<Pod> = {}): Pod => {
  const [namespace = '', name = ''] = place.split('/');
  return {
    namespace,
    name,
    uid: `pod ${place}`,
    createdAt: NOW - 720_000,
    phase: 'Running',
    terminating: false,
    readyContainers: 1,
    containers: ['main'],
    initContainers: [],
    restarts: 0,
    ...more,
  };
};

/** A pod of a Deployment, or of another workload. */
export const podOf = (owner: Workload, more: Partial<Pod> = {}): Pod =>
  pod(`${owner.namespace}/${owner.name}-7f`, { owner: { kind: owner.kind, name: owner.name }, ...more });

export const trouble = (reason: string, message = ''): Trouble => ({ reason, message, container: 'main' });

export const platform = (
  workloads: readonly Workload[],
  pods: readonly Pod[] = [],
  more: Partial<PlatformState> = {},
): PlatformState => ({
  namespaces: [...new Set([...workloads, ...pods].map(({ namespace }) => namespace))],
  forbidden: [],
  workloads,
  pods,
  ...more,
});

/** A cluster that is whatever a test says. */
export class FakeCluster implements Cluster {
  closed = false;
  inUse = false;
  restarted: string[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(
    public state: PlatformState = platform([]),
    public link: Link = { state: 'live', since: NOW, detail: '' },
  ) {}

  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  become(state: PlatformState, link = this.link): void {
    this.state = state;
    this.link = link;
    for (const listener of this.listeners) listener();
  }

  logs = () => Promise.resolve();
  events = () => Promise.resolve([]);
  forward = () => Promise.resolve({ url: 'http://127.0.0.1:1/', close: () => undefined });
  dryRun = () => Promise.resolve({ before: '', after: '' });

  restart({ name }: { readonly name: string }): Promise<void> {
    this.restarted.push(name);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
