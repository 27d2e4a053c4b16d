import { describe, expect, onTestFinished, vi } from 'vitest';
import { ClusterApi } from '../../src/host/clusterApi';
import { follow, isLive } from './follow';
import { deployment, each, lookingOnly, namespace, NAMESPACES, pod, seeingNamespaces } from './objects';
import type { KubeBody } from './server';
import { Stand } from './stand';

const stand = Stand.forThisFile();

const podPath = (space: string, name: string) => `/api/v1/namespaces/${space}/pods/${name}`;
const RUNNING = {
  phase: 'Running',
  containerStatuses: [
    { name: 'main', ready: true, restartCount: 0, image: 'x', imageID: 'x', state: { running: {} } },
  ],
};

/** A namespace of the test's own, as none of them waits for another's to go. */
async function fresh({ cluster }: Stand, name: string): Promise<string> {
  await cluster.create(namespace(name));
  return name;
}

const remove = ({ cluster }: Stand, path: string) =>
  cluster.request('DELETE', path, { gracePeriodSeconds: 0 });

describe('what there is', () => {
  stand.test('is seen at once, in the real namespaces, and told from then on', async (at) => {
    for (const name of NAMESPACES) await at.cluster.create(namespace(name));
    const names = Array.from({ length: 300 }, (_, i) => [NAMESPACES[i % 4]!, `pod-${i}`] as const);
    await each(names, ([space, name]) => at.cluster.create(pod(space, name)));
    await at.cluster.create(deployment('services', 'airflow-webserver', 2));

    const { cluster, until, links } = follow(at.host);
    await until(isLive);
    expect(cluster.state.pods).toHaveLength(300);
    expect(cluster.state.namespaces).toEqual(
      expect.arrayContaining([...NAMESPACES, 'default', 'kube-system']),
    );
    expect(cluster.state.forbidden).toEqual([]);
    expect(cluster.state.workloads).toMatchObject([
      { kind: 'Deployment', namespace: 'services', name: 'airflow-webserver', wanted: 2, available: 0 },
    ]);
    expect(links).toEqual(['live']);

    await at.cluster.patchStatus(podPath('admin', 'pod-0'), RUNNING);
    const seen = () => cluster.state.pods.find(({ name }) => name === 'pod-0');
    await until(() => seen()?.phase === 'Running');
    expect(seen()).toMatchObject({ readyContainers: 1, containers: ['main'], restarts: 0 });
    await remove(at, podPath('admin', 'pod-0'));
    await until(() => seen() === undefined);
    await each(names.slice(1), ([space, name]) => remove(at, podPath(space, name)));
    await until(() => cluster.state.pods.length === 0);
  });

  stand.test(
    'has no stale row after fifty changes a second, and is not told more than ten times',
    async (at) => {
      const space = await fresh(at, 'churn');
      const { cluster, until, told } = follow(at.host);
      await until(isLive);
      const before = told();
      const began = Date.now();
      const created: Promise<unknown>[] = [];
      for (let change = 0; change < 300; change++) {
        const name = `pod-${change}`;
        const before = created[change - 20];
        created.push(
          at.cluster.create(pod(space, name)).then(async () => {
            await at.cluster.patchStatus(podPath(space, name), RUNNING);
            await before;
            if (before) await remove(at, podPath(space, `pod-${change - 20}`));
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await Promise.all(created);
      const { items } = await settled(at, space, 20);
      const theirs = items.map(({ metadata }) => metadata.uid).sort();
      const ours = () => cluster.state.pods.filter((each) => each.namespace === space);
      await until(
        () =>
          JSON.stringify(
            ours()
              .map(({ uid }) => uid)
              .sort(),
          ) === JSON.stringify(theirs),
      );
      await until(() => ours().every(({ phase }) => phase === 'Running'));
      // A timer of 100 ms may end a moment early.
      expect(told() - before).toBeLessThanOrEqual((Date.now() - began) / 95 + 2);
    },
  );

  stand.test('comes in several answers where it is much, and all of it arrives', async (at) => {
    const space = await fresh(at, 'many');
    const names = Array.from({ length: 1000 }, (_, i) => `pod-${i}`);
    await each(names, (name) => at.cluster.create(pod(space, name)));
    const { cluster, until } = follow(at.host);
    await until(isLive);
    const seen = cluster.state.pods.filter((each) => each.namespace === space);
    expect(seen.map(({ name }) => name).sort()).toEqual(names.sort());
    await at.cluster.request('DELETE', `/api/v1/namespaces/${space}/pods`, { gracePeriodSeconds: 0 });
    await until(() => cluster.state.pods.every((each) => each.namespace !== space));
  });
});

/** The pods of a namespace, once there are as many as there should be in the end. */
async function settled({ cluster }: Stand, space: string, count: number) {
  for (;;) {
    const list = await cluster.request<{
      items: { metadata: { uid: string }; status?: { phase?: string } }[];
    }>('GET', `/api/v1/namespaces/${space}/pods`);
    if (list.items.length === count && list.items.every(({ status }) => status?.phase === 'Running'))
      return list;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a watch', () => {
  stand.test('that the server ends goes on where it was', async (at) => {
    const space = await fresh(at, 'short-watches');
    shortenWatches('1');
    const { cluster, until, links } = follow(at.host);
    await until(isLive);
    const seen = () => cluster.state.pods.filter((each) => each.namespace === space).length;
    for (let i = 0; i < 10; i++) {
      await at.cluster.create(pod(space, `pod-${i}`));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await until(() => seen() === 10);
    expect(links).toEqual(['live']);
  });

  stand.test(
    'whose version the server has forgotten begins with a new list: nothing that is gone stays',
    async (at) => {
      const space = await fresh(at, 'expired');
      await at.cluster.create(pod(space, 'goes'), pod(space, 'stays'));
      // What was before its start, the server does not know: version 1 is older, on old releases only by that.
      await at.cluster.stopApi();
      await at.cluster.startApi();
      const expired = shortenWatches('1', '1');
      const { cluster, until, links } = follow(at.host);
      const seen = () =>
        cluster.state.pods.filter((each) => each.namespace === space).map(({ name }) => name);
      await until(isLive);
      await remove(at, podPath(space, 'goes'));
      await at.cluster.create(pod(space, 'comes'));
      await until(() => seen().join() === 'comes,stays');
      expect(expired()).toBeGreaterThan(0);
      expect(links).toEqual(['live']);
    },
  );
});

/** Lets watches of pods last so many seconds, and begin at a version; tells how often one was refused for its version. */
function shortenWatches(timeoutSeconds: string, resourceVersion?: string): () => number {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the instance it belongs to
  const real = ClusterApi.prototype.watch;
  let refused = 0;
  const spy = vi.spyOn(ClusterApi.prototype, 'watch').mockImplementation(function (
    this: ClusterApi,
    path,
    query,
    onEvent,
    signal,
  ) {
    const changed = {
      ...query,
      timeoutSeconds,
      ...(resourceVersion !== undefined && path.endsWith('/pods') ? { resourceVersion } : {}),
    };
    const noting: typeof onEvent = (event) => {
      if (event.type === 'ERROR' && (event.object as { code?: number }).code === 410) refused += 1;
      onEvent(event);
    };
    return real.call(this, path, changed, noting, signal);
  });
  onTestFinished(() => spy.mockRestore());
  return () => refused;
}

describe('an account', () => {
  stand.test('that may look into some namespaces sees those, and which it may not', async (at) => {
    const [open, closed] = [await fresh(at, 'may-look'), await fresh(at, 'may-not')];
    await at.cluster.create(...seeingNamespaces, ...lookingOnly(open));
    await at.cluster.create(pod(open, 'seen'), pod(closed, 'unseen'), deployment(open, 'keycloak'));
    await at.host.setKubeconfig(at.cluster.kubeconfig('limited'));

    const { cluster, until } = follow(at.host);
    await until(isLive);
    expect(cluster.state.pods.map(({ name }) => name)).toEqual(['seen']);
    expect(cluster.state.workloads.map(({ name }) => name)).toEqual(['keycloak']);
    expect(cluster.state.forbidden).toContain(closed);
    expect(cluster.state.forbidden).not.toContain(open);

    await at.cluster.create(pod(open, 'later'));
    await until(() => cluster.state.pods.length === 2);
    // A namespace that comes later is looked into as well.
    const later = await fresh(at, 'comes-later');
    await until(() => cluster.state.forbidden.includes(later));
    await remove(at, `/api/v1/namespaces/${later}`);
  });

  stand.test('that may see nothing is told so', async (at) => {
    await at.cluster.request(
      'DELETE',
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/see-namespaces',
    );
    await at.host.setKubeconfig(at.cluster.kubeconfig('limited'));
    const { cluster, until } = follow(at.host);
    await until(({ link }) => link.state === 'refused');
    expect(cluster.link.detail).toMatch(/may not look into any namespace/);
    expect(cluster.state.pods).toEqual([]);
  });

  stand.test('that the server does not know is refused', async (at) => {
    await at.host.setKubeconfig(at.cluster.kubeconfig('stranger'));
    const { cluster, until } = follow(at.host);
    await until(({ link }) => link.state === 'refused');
    expect(cluster.link.detail).toMatch(/refuses the credentials/);
    await expect(cluster.events({ namespace: 'x', name: 'y', kind: 'Pod' })).rejects.toThrow(/not connected/);
  });

  stand.test('with a client certificate, as newer MicroK8s makes them, is let in', async (at) => {
    await at.host.setKubeconfig(at.cluster.kubeconfig('certificate'));
    const { until } = follow(at.host);
    await until(isLive);
  });
});

describe('a person', () => {
  stand.test('reads the events of an object in their order', async (at) => {
    const space = await fresh(at, 'events');
    const event = (name: string, about: string, second: number): KubeBody =>
      ({
        ...{ apiVersion: 'v1', kind: 'Event', metadata: { namespace: space, name } },
        involvedObject: { kind: 'Pod', namespace: space, name: about },
        ...{ type: 'Warning', reason: name, message: 'Back-off', count: 3 },
        lastTimestamp: `2026-01-01T00:00:0${second}Z`,
      }) as KubeBody;
    await at.cluster.create(event('later', 'a', 5), event('earlier', 'a', 1), event('other', 'b', 2));
    const { cluster, until } = follow(at.host);
    await until(isLive);
    expect(await cluster.events({ namespace: space, name: 'a', kind: 'Pod' })).toEqual([
      expect.objectContaining({ reason: 'earlier', type: 'Warning', count: 3 }),
      expect.objectContaining({ reason: 'later', lastSeen: Date.UTC(2026, 0, 1, 0, 0, 5) }),
    ]);
  });

  stand.test('restarts a pod that something replaces, and no other', async (at) => {
    const space = await fresh(at, 'restart');
    const owned = {
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true }],
    };
    await at.cluster.create(pod(space, 'alone'), pod(space, 'owned', owned));
    const { cluster, until } = follow(at.host);
    await until(isLive);
    await expect(cluster.restart({ namespace: space, name: 'alone' })).rejects.toThrow(
      /nothing would replace/i,
    );
    await expect(cluster.restart({ namespace: space, name: 'gone' })).rejects.toThrow(/no longer there/);
    await cluster.restart({ namespace: space, name: 'owned' });
    await until(({ state }) => !state.pods.some(({ name, terminating }) => name === 'owned' && !terminating));
    expect(cluster.state.pods.some(({ name }) => name === 'alone')).toBe(true);
  });

  stand.test('sees what a patch would do, and nothing is changed', async (at) => {
    const space = await fresh(at, 'dry-run');
    const settings = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: space, name: 'os-config' } },
      data: { 'opensearch.yml': 'cluster.name: kaapana\n', other: 'x' },
    };
    await at.cluster.create(settings, deployment(space, 'opensearch-de'));
    const path = `/api/v1/namespaces/${space}/configmaps/os-config`;
    const stored = await at.cluster.request('GET', path);
    const { cluster, until } = follow(at.host);
    await until(isLive);

    const patch = { data: { 'opensearch.yml': 'cluster.name: kaapana\npath.repo: ["/snapshots"]\n' } };
    const { before, after } = await cluster.dryRun({ ...settings, ...settings.metadata }, patch);
    expect(before).toContain('cluster.name: kaapana');
    const added = after.split('\n').filter((line) => !before.includes(line));
    expect(added).toEqual(['    path.repo: ["/snapshots"]']);
    expect(before + after).not.toMatch(/managedFields|resourceVersion/);
    expect(await at.cluster.request('GET', path)).toEqual(stored);

    // Lists are merged by name, as the step's own kubectl does it.
    const ofDeployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: space,
      name: 'opensearch-de',
    };
    const env = {
      spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'A', value: 'b' }] }] } } },
    };
    const changed = await cluster.dryRun(ofDeployment, env);
    expect(changed.after).toContain('image: registry.test/main:1');
    expect(changed.after.split('\n').length - changed.before.split('\n').length).toBe(3);
    await expect(cluster.dryRun(ofDeployment, { spec: { replicas: -1 } })).rejects.toThrow(/replicas/);
  });
});
