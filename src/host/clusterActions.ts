import * as l10n from '@vscode/l10n';
import { dumpYaml } from '@kubernetes/client-node';
import type { KubeEvent, KubeObject } from '../platform/kube';
import { reduceEvents } from '../platform/reduceEvents';
import type { ObjectRef, PlatformEvent, Pod } from '../platform/types';
import { ApiError, type ClusterApi } from './clusterApi';

const inNamespace = (namespace: string, ...rest: string[]): string =>
  ['/api/v1/namespaces', namespace, ...rest]
    .map((part, i) => (i === 0 ? part : encodeURIComponent(part)))
    .join('/');

export async function followLog(
  api: ClusterApi,
  pod: ObjectRef,
  container: string,
  { previous = false, tailLines }: { readonly previous?: boolean; readonly tailLines?: number },
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = {
    container,
    // A container that has ended says nothing more.
    ...(previous ? { previous: 'true' } : { follow: 'true' }),
    ...(tailLines === undefined ? {} : { tailLines: String(tailLines) }),
  };
  try {
    await api.stream(inNamespace(pod.namespace, 'pods', pod.name, 'log'), { query, signal }, onText);
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof ApiError
      ? error
      : new Error(l10n.t('The connection was lost, and the log with it.'));
  }
}

export async function eventsOf(
  api: ClusterApi,
  { namespace, name, kind }: ObjectRef & { readonly kind: string },
): Promise<readonly PlatformEvent[]> {
  const about = { kind, namespace, name };
  const fieldSelector = Object.entries(about)
    .map(([field, value]) => `involvedObject.${field}=${value}`)
    .join(',');
  const { items } = await api.json<{ items: KubeEvent[] }>(inNamespace(namespace, 'events'), {
    query: { fieldSelector },
  });
  return reduceEvents(items);
}

/** Deletes exactly the pod that was seen, and only where something replaces it. */
export async function deletePod(api: ClusterApi, pod: Pod): Promise<void> {
  if (!pod.owner)
    throw new Error(
      l10n.t`No workload stands behind the pod ${pod.name}: nothing would replace it. Nothing was changed.`,
    );
  await api.json(inNamespace(pod.namespace, 'pods', pod.name), {
    method: 'DELETE',
    contentType: 'application/json',
    body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: pod.uid } },
  });
}

/** Where objects of a kind are, as the server says. */
async function pathOf(
  api: ClusterApi,
  { apiVersion, kind, namespace, name }: ObjectRef & { readonly apiVersion: string; readonly kind: string },
): Promise<string> {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = await api.json<{
    resources: readonly { name: string; kind: string; namespaced: boolean }[];
  }>(group);
  const resource = resources.find((each) => each.kind === kind && !each.name.includes('/'));
  if (!resource) throw new ApiError(404, l10n.t`The cluster knows no ${kind} in ${apiVersion}.`);
  const scope = resource.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${group}${scope}/${resource.name}/${encodeURIComponent(name)}`;
}

const without = (object: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/** Without what the server keeps for itself, and counts on whatever is changed. */
function forReading(object: KubeObject): string {
  const metadata = without(object.metadata, ['managedFields', 'resourceVersion', 'generation']);
  return dumpYaml({ ...without(object, ['status']), metadata }, { lineWidth: -1 });
}

export async function dryRun(
  api: ClusterApi,
  object: ObjectRef & { readonly apiVersion: string; readonly kind: string },
  patch: object,
): Promise<{ readonly before: string; readonly after: string }> {
  const path = await pathOf(api, object);
  const before = await api.json<KubeObject>(path);
  const after = await api.json<KubeObject>(path, {
    method: 'PATCH',
    query: { dryRun: 'All' },
    contentType: Array.isArray(patch)
      ? 'application/json-patch+json'
      : 'application/strategic-merge-patch+json',
    body: patch,
  });
  return { before: forReading(before), after: forReading(after) };
}
