import { NODE, type KubeBody } from './server';

/** A namespace of the platform's. */
export const namespace = (name: string): KubeBody => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

/** Those of a platform 0.4 with one project. */
export const NAMESPACES = ['admin', 'services', 'extensions', 'project-admin'];

/** Where pods of a workload run. Nothing schedules here: the node is named, or the test binds each pod itself. */
interface Place {
  readonly nodeName?: string;
}
const ON_NODE: Place = { nodeName: NODE };
export const UNPLACED: Place = {};

const template = (app: string, place: Place) => ({
  metadata: { labels: { app } },
  spec: { ...place, containers: [{ name: 'main', image: 'registry.test/main:1' }] },
});

export const deployment = (
  namespace: string,
  name: string,
  replicas = 1,
  place = ON_NODE,
): KubeBody & { spec: unknown } => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name, place) },
});

/** The status of a deployment of one pod that is there. */
export const AVAILABLE = {
  observedGeneration: 1,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
};

export const job = (namespace: string, name: string, place = ON_NODE): KubeBody & { spec: unknown } => {
  const { metadata, spec } = template(name, place);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name },
    spec: { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } },
  };
};

/** A pod without a workload, of about the size that real ones have. */
export const pod = (namespace: string, name: string, more: object = {}): KubeBody & { spec: unknown } => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, ...more },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'registry.test/main:1',
        env: Array.from({ length: 30 }, (_, i) => ({ name: `SETTING_${i}`, value: `value of setting ${i}` })),
      },
    ],
  },
});

/** A role that may look at everything in one namespace, and nothing else, given to the limited account. */
export const lookingOnly = (namespace: string): readonly KubeBody[] => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { namespace, name: 'look' },
    rules: [{ apiGroups: ['', 'apps', 'batch'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
  } as KubeBody,
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { namespace, name: 'look' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'look' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'limited' }],
  } as KubeBody,
];

/** The limited account may also see which namespaces there are. */
export const seeingNamespaces: readonly KubeBody[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'see-namespaces' },
    rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }],
  } as KubeBody,
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'see-namespaces' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'see-namespaces' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'limited' }],
  } as KubeBody,
];

/** Does work on each, a few at a time. */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
}
