import { describe, expect } from 'vitest';
import { follow, isLive } from './follow';
import { deployment, job, namespace, NAMESPACES } from './objects';
import { Stand } from './stand';

const stand = Stand.forThisFile({ controllers: true });

const DEPLOYMENTS = ['services/airflow-webserver', 'services/opensearch-de', 'admin/keycloak'].map(
  (place) => place.split('/') as [string, string],
);

describe('a platform', () => {
  stand.test('is followed while it is deployed, loses a pod, and is undeployed', async (at) => {
    const { cluster, until, links } = follow(at.host);
    await until(isLive);
    const all = () => cluster.state.workloads;
    const complete = () => all().every(({ wanted, available }) => available === wanted);
    for (const name of NAMESPACES) await at.cluster.create(namespace(name));
    for (const [space, name] of DEPLOYMENTS) await at.cluster.create(deployment(space, name, 2));
    await at.cluster.create(job('admin', 'init-extensions'));
    await until(() => all().length === 4 && complete());
    expect(all().map(({ kind, wanted }) => [kind, wanted])).toEqual([
      ...DEPLOYMENTS.map(() => ['Deployment', 2]),
      ['Job', 1],
    ]);
    const podsOf = (name: string) => cluster.state.pods.filter(({ owner }) => owner?.name === name);
    await until(() => podsOf('init-extensions').some(({ phase }) => phase === 'Succeeded'));
    await until(() =>
      podsOf('keycloak').every(({ phase, readyContainers }) => phase === 'Running' && readyContainers === 1),
    );
    expect(podsOf('keycloak').map(({ owner }) => owner?.kind)).toEqual(['Deployment', 'Deployment']);

    // The workload replaces a pod that a person restarts.
    const [first] = podsOf('keycloak');
    await cluster.restart(first!);
    await until(
      () => podsOf('keycloak').length === 2 && podsOf('keycloak').every(({ uid }) => uid !== first!.uid),
    );
    await until(complete);

    // A change is there when all pods are of the new template. What lies between may be over before anybody looks.
    const old = new Set(podsOf('opensearch-de').map(({ uid }) => uid));
    await at.cluster.request(
      'PATCH',
      '/apis/apps/v1/namespaces/services/deployments/opensearch-de',
      { spec: { template: { metadata: { labels: { changed: 'yes' } } } } },
      'application/strategic-merge-patch+json',
    );
    await until(
      () => podsOf('opensearch-de').length === 2 && podsOf('opensearch-de').every(({ uid }) => !old.has(uid)),
    );
    await until(complete);

    for (const name of NAMESPACES) await at.cluster.request('DELETE', `/api/v1/namespaces/${name}`);
    await until(({ state }) => state.pods.length === 0 && state.workloads.length === 0);
    expect(links).toEqual(['live']);
  });
});
