import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

/** The objects of the pretended cluster: one file each, state/k8s/<kind>/<namespace or _>/<name>.json. */

const STATE = process.env.KAAPANA_REHEARSAL_STATE;
const OBJECTS = join(STATE, 'k8s');
const HISTORY = join(STATE, 'k8s-history');

/** Short name: API group and version, kind, and whether objects of it have no namespace. */
const KINDS = {
  pv: ['v1', 'PersistentVolume', true],
  ns: ['v1', 'Namespace', true],
  node: ['v1', 'Node', true],
  cm: ['v1', 'ConfigMap'],
  secret: ['v1', 'Secret'],
  svc: ['v1', 'Service'],
  pod: ['v1', 'Pod'],
  pvc: ['v1', 'PersistentVolumeClaim'],
  sa: ['v1', 'ServiceAccount'],
  event: ['v1', 'Event'],
  deploy: ['apps/v1', 'Deployment'],
  sts: ['apps/v1', 'StatefulSet'],
  ds: ['apps/v1', 'DaemonSet'],
  rs: ['apps/v1', 'ReplicaSet'],
  job: ['batch/v1', 'Job'],
  cj: ['batch/v1', 'CronJob'],
  ing: ['networking.k8s.io/v1', 'Ingress'],
  cr: ['rbac.authorization.k8s.io/v1', 'ClusterRole', true],
  crb: ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', true],
};

const ALIASES = { po: 'pod', no: 'node', cronjob: 'cj', ev: 'event' };

/** The short name of a kind, from any of the words that kubectl takes for it. */
export function kindOf(word) {
  const name = word.toLowerCase().split('.')[0];
  if (name in KINDS) return name;
  const single = name === 'ingresses' ? 'ingress' : name.replace(/s$/, '');
  const found =
    ALIASES[single] ??
    Object.keys(KINDS).find(
      (kind) => [name, single].includes(KINDS[kind][1].toLowerCase()) || kind === single,
    );
  if (!found) throw new Error(`error: the server doesn't have a resource type "${word}"`);
  return found;
}

/** As kubectl writes a kind before a name: `deployment.apps`. */
export function fullKind(kind) {
  const [api, name] = KINDS[kind];
  return name.toLowerCase() + (api.includes('/') ? `.${api.split('/')[0]}` : '');
}

export const isClusterWide = (kind) => KINDS[kind][2] === true;
const folderOf = (kind, namespace) => join(OBJECTS, kind, isClusterWide(kind) ? '_' : namespace);
const fileOf = (kind, namespace, name) => join(folderOf(kind, namespace), `${name}.json`);
const names = (folder) => (existsSync(folder) ? readdirSync(folder).sort() : []);

function read(kind, namespace, name) {
  const [apiVersion, kindName, wide] = KINDS[kind];
  const stored = JSON.parse(readFileSync(fileOf(kind, namespace, name), 'utf8'));
  const metadata = { name, ...(wide ? {} : { namespace }), ...stored.metadata };
  return { apiVersion, kind: kindName, ...stored, metadata };
}

/** One object, or undefined. */
export const find = (kind, namespace, name) =>
  existsSync(fileOf(kind, namespace, name)) ? read(kind, namespace, name) : undefined;

const term = (object, text, value) => {
  const set = /^(.+?) (in|notin) \((.*)\)$/.exec(text);
  if (set)
    return (
      set[3]
        .split(',')
        .map((each) => each.trim())
        .includes(value(object, set[1])) ===
      (set[2] === 'in')
    );
  const [key, wanted] = text.split(/!?==?/);
  if (wanted !== undefined) return (value(object, key) === wanted) !== text.includes('!=');
  if (text.startsWith('!')) return value(object, text.slice(1)) === undefined;
  return value(object, text) !== undefined;
};
const holds = (object, selector, value) =>
  (selector.match(/(?:\([^)]*\)|[^,(])+/g) ?? []).every((text) => term(object, text.trim(), value));
const label = (object, key) => object.metadata.labels?.[key];
const field = (object, path) => path.split('.').reduce((value, key) => value?.[key], object);

/** All objects of a kind that the selectors name. A namespace of `undefined` means all of them. */
export function list(kind, namespace, { labels = '', fields = '' } = {}) {
  const spaces = isClusterWide(kind)
    ? ['_']
    : namespace === undefined
      ? names(join(OBJECTS, kind))
      : [namespace];
  return spaces
    .flatMap((space) =>
      names(folderOf(kind, space))
        .filter((file) => file.endsWith('.json'))
        .map((file) => read(kind, space, file.slice(0, -5))),
    )
    .filter((object) => holds(object, labels, label) && holds(object, fields, field));
}

/** What `state/hooks/after-<verb>` does when something was changed: it gets kind, namespace and name. */
function callHook(verb, kind, namespace, name) {
  const hook = join(STATE, 'hooks', `after-${verb}`);
  if (existsSync(hook)) spawnSync('bash', [hook, kind, namespace, name], { stdio: ['ignore', 2, 2] });
}

const isDeployment = (kind) => kind === 'deploy' || kind === 'sts';

/** Pods follow the number that their Deployment asks for; what a new template does to them is a hook's matter. */
function followReplicas(object) {
  const replicas = object.spec?.replicas ?? 1;
  const { name, namespace } = object.metadata;
  const wanted = object.spec?.selector?.matchLabels ??
    object.spec?.template?.metadata?.labels ?? { 'app-name': name };
  const labels = Object.entries(wanted)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods = list('pod', namespace, { labels });
  for (const pod of pods.slice(replicas)) remove('pod', namespace, pod.metadata.name);
  for (let count = pods.length; count < replicas; count++)
    store('pod', namespace, {
      metadata: { name: `${name}-${Date.now().toString(36)}${count}`, namespace, labels: wanted },
      status: { phase: 'Running', containerStatuses: [{ name, ready: true, state: { running: {} } }] },
    });
  object.status = {
    ...object.status,
    replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    updatedReplicas: replicas,
  };
}

function store(kind, namespace, object) {
  const file = fileOf(kind, namespace, object.metadata.name);
  mkdirSync(folderOf(kind, namespace), { recursive: true });
  writeFileSync(`${file}.tmp`, JSON.stringify(object));
  renameSync(`${file}.tmp`, file);
}

/** Writes an object; what a Deployment was before is kept for `rollout undo`. */
export function save(verb, kind, namespace, object) {
  const { name } = object.metadata;
  const before = find(kind, namespace, name);
  object.metadata = {
    ...object.metadata,
    resourceVersion: String(Number(before?.metadata.resourceVersion ?? 1) + 1),
  };
  if (isDeployment(kind)) {
    const generation = (before?.metadata.generation ?? 1) + 1;
    object.metadata.generation = generation;
    if (
      before &&
      verb !== 'rollout' &&
      JSON.stringify(before.spec?.template) !== JSON.stringify(object.spec?.template)
    ) {
      const folder = join(HISTORY, kind, namespace, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, `${String(names(folder).length).padStart(4, '0')}.json`),
        JSON.stringify(before),
      );
    }
    if (before?.spec?.replicas !== object.spec?.replicas) followReplicas(object);
    object.status = { ...object.status, observedGeneration: generation };
  }
  store(kind, namespace, object);
  callHook(verb, kind, isClusterWide(kind) ? '_' : namespace, name);
}

/** The template that a Deployment had before the last change; taken out of the history. */
export function previous(kind, namespace, name) {
  const folder = join(HISTORY, kind, namespace, name);
  const last = names(folder).at(-1);
  if (!last) return undefined;
  const object = JSON.parse(readFileSync(join(folder, last), 'utf8'));
  rmSync(join(folder, last));
  return object;
}

/** Deletes an object, and with a namespace all that is in it, and with a Job or Deployment its pods. */
export function remove(kind, namespace, name) {
  const object = find(kind, namespace, name);
  rmSync(fileOf(kind, namespace, name), { force: true });
  if (kind === 'ns')
    for (const each of names(OBJECTS)) rmSync(join(OBJECTS, each, name), { recursive: true, force: true });
  if (kind === 'job')
    for (const pod of list('pod', namespace, { labels: `job-name=${name}` }))
      remove('pod', namespace, pod.metadata.name);
  if (isDeployment(kind)) followReplicas({ ...object, spec: { ...object?.spec, replicas: 0 } });
  callHook('delete', kind, isClusterWide(kind) ? '_' : namespace, name);
}
