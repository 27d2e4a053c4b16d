import { createHash } from 'node:crypto';
import {
  appendFile,
  chown,
  lutimes,
  mkdir,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { emptyCluster } from '../lib/cluster.mjs';
import type { Machine } from '../machine';
import { putObject, putRelease } from '../platform';

const KAAPANA = import.meta.dirname;
const RAW = 'codebase.helmholtz.cloud/kaapana/kaapana/-/raw';
/** The SHA-256 of the real server scripts, which the stand-ins seem to have. */
const SERVER_HASHES = {
  '0.1.3': 'a57f5e833befd1517cf6f8f7b9f525af4332b7f2197b395f0e529575dc88b49b',
  '0.2.2': '4c5c0df067e522512bcb2a83d826ad27efd14379a31bab0d327dc22a7ef66f6c',
};
const ARCHIVE = 1023;
const isRoot = process.getuid?.() === 0;
type Host = Omit<Machine, 'remove'>;

/** What is in the archive of 0.1.3. */
export const SERIES = ['1.2.840.1', '1.2.840.2', '1.2.840.3'];

const put = async (path: string, content: string | Buffer = '') => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** A file that passes for a DICOM one. */
const dicom = (text: string) => Buffer.concat([Buffer.alloc(128), Buffer.from(`DICM${text}`)]);

async function growOldData(fast: string, slow: string): Promise<void> {
  await put(join(fast, 'postgres-dcm4che/PG_VERSION'), '9.6\n');
  await put(join(fast, 'postgres-dcm4che/series'), `${SERIES.join('\n')}\n`);
  await put(join(fast, 'postgres-dcm4che/base/1/1259'), Buffer.alloc(20_000, 7));
  await put(join(fast, 'postgres-airflow/PG_VERSION'), '9.6\n');
  await put(join(fast, 'postgres-keycloak/PG_VERSION'), '9.5\n');
  await put(join(fast, 'elastic-meta/nodes/0/state'), 'x');
  await put(join(fast, 'dcm4che/server_data/configuration/standalone.xml'), '<old/>');
  await put(join(fast, 'workflows/models/net.pt'), Buffer.alloc(5000, 1));
  await mkdir(join(fast, 'ctp/incoming'), { recursive: true });
  for (const [index, uid] of SERIES.entries())
    await put(join(slow, 'dcm4che/dicom_data/fs1/2020/1/1', uid, `image${index}`), dicom(uid));
  await put(join(slow, 'dcm4che/dicom_data/chown.done'));
  await put(join(slow, 'dcm4che/dicom_data/fs1/note of Dr. Jäger\n(odd)/image'), dicom('odd'));
  await put(join(slow, 'minio/.minio.sys/format.json'), '{"format":"fs"}');
  await put(join(slow, 'minio/cohorts/a/b.json'), '{}');
  const time = new Date('2021-03-05T06:07:08Z');
  for (const folder of [join(slow, 'dcm4che/dicom_data'), join(fast, 'dcm4che/server_data')])
    for (const name of ['', ...(await readdir(folder, { recursive: true }))]) {
      if (isRoot) await chown(join(folder, name), ARCHIVE, ARCHIVE);
      await lutimes(join(folder, name), time, time);
    }
}

const volume = (path: string) => ({
  spec: { replicas: 1, template: { spec: { volumes: [{ name: 'data', hostPath: { path } }] } } },
  status: { availableReplicas: 1 },
});

async function deployOld(machine: Host, fast: string, slow: string): Promise<void> {
  for (const { kind, namespace, object } of emptyCluster('v1.23.17'))
    await putObject(
      machine,
      kind,
      namespace,
      (object as { metadata: { name: string } }).metadata.name,
      object,
    );
  for (const name of ['base', 'flow', 'flow-jobs', 'meta', 'monitoring', 'store', 'kaapana'])
    await putObject(machine, 'ns', '_', name);
  await putObject(machine, 'deploy', 'store', 'minio-deployment', volume(`${slow}/minio`));
  await putObject(machine, 'deploy', 'store', 'postgres-dcm4che', volume(`${fast}/postgres-dcm4che`));
  await putObject(machine, 'pod', 'store', 'dcm4chee-1');
  await putObject(machine, 'pod', 'kube-system', 'oauth2-proxy');
  await putRelease(machine, 'kaapana', 'kaapana-platform-chart', 'kaapana-platform-chart-0.1.3', {
    global: {
      fast_data_dir: fast,
      slow_data_dir: slow,
      hostname: 'pacs01.clinic.example',
      https_port: '443',
      dicom_port: '11112',
      credentials_minio_password: 'SECRET-minio',
    },
  });
}

/** The pods of both versions that answer something. */
async function servePods(machine: Host, fast: string, slow: string): Promise<void> {
  const pods: Readonly<Record<string, string>> = {
    'store/postgres-dcm4che': `archive-db.sh "${fast}/postgres-dcm4che"`,
    'services/postgres-dcm4che': `archive-db.sh "${fast}/postgres-dcm4che"`,
    'flow/postgres-airflow': 'airflow.sh',
    'services/postgres-airflow': 'airflow.sh',
    'services/airflow-scheduler': 'airflow.sh',
    'services/opensearch-de': 'index.sh',
  };
  for (const [name, words] of Object.entries(pods)) {
    const path = join(machine.state, 'exec', name);
    await put(path, `exec bash ${KAAPANA}/${words} "$@"\n`);
  }
  await withMc(machine, true);
  const raw = join(machine.state, 'raw/api/v1/namespaces/services/services');
  await put(join(raw, 'dcm4chee-service:8080/proxy/dcm4chee-arc/aets/KAAPANA/rs/studies'), '[]');
  await put(join(raw, 'minio-service:9000/proxy/minio/health/live'));
  const files: Readonly<Record<string, string>> = {
    extractions: '3',
    documents: '4',
    segmentations: '1.2.840.3\n',
    minio: `${slow}/minio`,
    'helm-version': 'v3.7.2+g663a896\n',
    'snap/microk8s': 'v1.23.17 4595 1.23/stable\n',
    'snap/helm': '3.7.2 353 3.7/stable\n',
  };
  for (const [name, text] of Object.entries(files)) await put(join(machine.state, name), text);
}

/** The pod of MinIO, whose image may have mc or not. */
export async function withMc({ root, state }: Host, has: boolean): Promise<void> {
  const bin = join(root, 'pods/minio');
  await mkdir(bin, { recursive: true });
  for (const name of ['bash', 'mktemp', 'rm', 'cat', 'mkdir', 'rmdir'])
    await symlink(join('/usr/bin', name), join(bin, name)).catch(() => undefined);
  if (has) await symlink(join(KAAPANA, 'mc.sh'), join(bin, 'mc'));
  else await rm(join(bin, 'mc'));
  await put(join(state, 'exec/services/minio-deployment'), `PATH='${bin}' exec "$@"\n`);
}

async function placeScripts(machine: Host, fast: string, slow: string): Promise<void> {
  const folder = join(machine.home, 'kaapana');
  await symlink(KAAPANA, join(machine.state, 'kaapana-0.1'));
  for (const version of ['0.1.3', '0.2.2']) {
    const text = await readFile(join(KAAPANA, `deploy_platform_${version}.sh`), 'utf8');
    await put(
      join(folder, version === '0.1.3' ? 'deploy_platform.sh' : 'new platform.sh'),
      text
        .replace(/^FAST_DATA_DIR="[^"]*"/m, `FAST_DATA_DIR="${fast}"`)
        .replace(/^SLOW_DATA_DIR="[^"]*"/m, `SLOW_DATA_DIR="${slow}"`),
    );
  }
  for (const [version, sha256] of Object.entries(SERVER_HASHES)) {
    const server = await readFile(join(KAAPANA, `server_installation_${version}.sh`));
    const hash = createHash('sha256').update(server).digest('hex');
    await appendFile(join(machine.state, 'same-hashes'), `s/${hash}/${sha256}/\n`);
    await put(join(machine.state, 'web', RAW, version, 'server-installation/server_installation.sh'), server);
  }
}

/** Where a host keeps its data; one folder may serve as both. */
export interface DataFolders {
  readonly fast: string;
  readonly slow: string;
}

/** Puts 0.1.3 on a machine that was made without a platform and without deploy scripts. */
export async function deploy013(machine: Host, { fast, slow }: DataFolders): Promise<void> {
  await rm(machine.fastDataDir, { recursive: true });
  await rm(machine.slowDataDir, { recursive: true });
  await growOldData(fast, slow);
  await deployOld(machine, fast, slow);
  await servePods(machine, fast, slow);
  await placeScripts(machine, fast, slow);
}
