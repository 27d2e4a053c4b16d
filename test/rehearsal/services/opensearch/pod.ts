import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../machine';
import { opensearch } from '../../lib/cluster.mjs';
import { putObject } from '../../platform';
import { Engine, type Node } from './engine';
import { listen, type Asked, type Instead } from './server';
import { makeCertificate } from '../../../tools/certificate';

const HOME = '/usr/share/opensearch';
const REGISTRY = 'registry.clinic.example/kaapana';

/** OpenSearch as the pod opensearch-de of a platform has it, with what a test may ask of it. */
export interface OpenSearch {
  readonly engine: Engine;
  /** Every request that reached it. */
  readonly requests: Asked[];
  /** Asked before each answer; what it returns is answered instead. */
  intercept: (asked: Asked) => Instead | Promise<Instead>;
  /** How often two pods met on the data folder. */
  readonly collisions: () => number;
  /** The saved objects that Dashboards exports. */
  savedObjects: readonly object[];
  readonly close: () => Promise<void>;
}

const VERSIONS: Readonly<Record<string, string>> = {
  '0.3.5': '2.12.0',
  '0.4.0': '2.18.0',
  '0.4.1': '2.18.0',
};

/** What answers `kubectl exec`: the tools of the pod, with its folders where they lie on this host. */
const execScript = (pod: string, port: number): string => `#!/bin/bash
# The pod opensearch-de. Without the file ${pod}/curl it has no curl; with ${pod}/hanging it never answers.
cd ${pod} || exit 1
[[ ! -e hanging ]] || exec sleep 3600
tool=$1
shift
if [[ $tool == curl && ! -e curl ]]; then
  echo 'OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH: unknown' >&2
  exit 126
fi
home=${HOME} pod=${pod}
arguments=("\${@//"$home"/"$pod"}")
[[ $tool != curl ]] || arguments=(--connect-to localhost:9200:127.0.0.1:${port} --connect-to :5601:127.0.0.1:${port} "\${arguments[@]}")
[[ $tool != curl ]] || tool=/usr/bin/curl # the pod's own
exec "$tool" "\${arguments[@]}"
`;

interface Deployment {
  readonly spec: {
    readonly strategy?: { readonly type?: string };
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly volumeMounts: readonly { readonly mountPath: string }[] }[];
        readonly volumes: readonly {
          readonly configMap?: { readonly items: readonly { readonly key: string }[] };
        }[];
      };
    };
  };
}

/** `path.repo` of the mounted opensearch.yml. */
function mountedPathRepo(state: string): readonly string[] {
  const read = (kind: string, name: string): unknown =>
    JSON.parse(readFileSync(join(state, 'k8s', kind, 'services', `${name}.json`), 'utf8'));
  const { spec } = (read('deploy', 'opensearch-de') as Deployment).spec.template;
  const mounted =
    spec.containers[0]?.volumeMounts.some(({ mountPath }) => mountPath === `${HOME}/config/opensearch.yml`) &&
    spec.volumes.some(({ configMap }) => configMap?.items.some(({ key }) => key === 'opensearch.yml'));
  if (!mounted) return [];
  const { data } = read('cm', 'os-config') as { data: Record<string, string> };
  const line = /^path\.repo:\s*(\[.*\])\s*$/m.exec(data['opensearch.yml'] ?? '')?.[1];
  return line === undefined ? [] : (JSON.parse(line) as string[]);
}

/** The container's life: which pods there are, and with what template they were started. */
function lifeOf(state: string): {
  readonly pods: string;
  readonly template: string;
  readonly recreates: boolean;
} {
  const folder = join(state, 'k8s/pod/services');
  const pods = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.startsWith('opensearch-de-'))
    : [];
  const { spec } = JSON.parse(
    readFileSync(join(state, 'k8s/deploy/services/opensearch-de.json'), 'utf8'),
  ) as Deployment;
  return {
    pods: pods.join(),
    template: JSON.stringify(spec.template),
    recreates: spec.strategy?.type === 'Recreate',
  };
}

/** Puts OpenSearch of a platform version onto a machine. Documents are in the engine, snapshots in the data folder. */
export async function startOpenSearch(
  machine: Machine,
  version: '0.3.5' | '0.4.0' | '0.4.1',
  { allowed = false } = {},
): Promise<OpenSearch> {
  const { state, root, fastDataDir } = machine;
  const secure = version !== '0.3.5';
  const pod = join(root, 'pods/opensearch');
  await rm(pod, { recursive: true, force: true });
  await mkdir(join(pod, 'config'), { recursive: true });
  await writeFile(join(pod, 'curl'), '');
  for (const folder of ['data', 'logs', ...(version === '0.4.1' ? ['snapshots'] : [])]) {
    await mkdir(join(fastDataDir, 'os', folder), { recursive: true });
    await symlink(join(fastDataDir, 'os', folder), join(pod, folder));
  }
  if (secure)
    await makeCertificate({
      key: join(pod, 'config/admin-key.pem'),
      certificate: join(pod, 'config/admin.pem'),
      subject: '/CN=A/OU=UNIT/O=ORG',
    });
  // Without a wish of its own it is the one of the platform that is deployed.
  if (allowed)
    for (const { kind, namespace, object } of opensearch({
      version,
      namespace: 'services',
      registry: REGISTRY,
      allowed,
    }))
      await putObject(
        machine,
        kind,
        namespace,
        (object as { metadata: { name: string } }).metadata.name,
        object,
      );

  const node = (): Node => ({
    version: VERSIONS[version] ?? '',
    pathRepo: mountedPathRepo(state),
    onHost: (folder) => folder.replace(HOME, join(fastDataDir, 'os')),
    data: join(fastDataDir, 'os/data'),
  });
  let life = lifeOf(state);
  let collisions = 0;
  const engine = new Engine(node());
  const requests: Asked[] = [];
  const service: OpenSearch = {
    engine,
    requests,
    intercept: () => undefined,
    collisions: () => collisions,
    savedObjects: [{ type: 'dashboard', id: 'wards', attributes: { title: 'Our wards' } }],
    close: () => listening.close(),
  };
  /** A new pod reads its settings; one that was started beside the old one met it on the data folder. */
  const live = () => {
    const now = lifeOf(state);
    if (now.pods === life.pods && now.template === life.template) return;
    if (now.pods === life.pods && !now.recreates) collisions++;
    life = now;
    engine.node = node();
  };
  const listening = await listen(engine, {
    ...(secure ? { certificates: join(pod, 'config') } : {}),
    intercept: (asked) => {
      live();
      requests.push(asked);
      return service.intercept(asked);
    },
    other: ({ path, method }) => {
      if (!path.startsWith('/meta/api/')) return undefined;
      if (method !== 'POST' || !path.endsWith('/saved_objects/_export'))
        return { status: 404, body: 'Not Found' };
      return {
        status: 200,
        body: service.savedObjects.map((each) => `${JSON.stringify(each)}\n`).join(''),
      };
    },
  });
  await writeFile(join(pod, 'config/opensearch.yml'), '');
  await mkdir(join(state, 'exec/services'), { recursive: true });
  await writeFile(join(state, 'exec/services/opensearch-de'), execScript(pod, listening.port));
  return service;
}
