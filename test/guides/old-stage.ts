import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  appendFile,
  chown,
  lutimes,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readGuide } from '../../src/build/guides';
import { parseCheck, type CheckResult } from '../../src/migration/check';
import { compose, composeDetection } from '../../src/migration/command';
import { isWritten, stepOf, type Guide } from '../../src/migration/guide';
import { describeProblem } from '../../src/migration/loadGuide';
import { createMachine, type Machine, type MachineOptions } from '../rehearsal/machine';
import { putObject, putRelease } from '../rehearsal/platform';
import { emptyCluster } from '../rehearsal/lib/cluster.mjs';
import { execute, isRoot, type Ended } from './stage';

export const OLD_GUIDE = '0.1.3-to-0.2.2';
const KAAPANA = join(import.meta.dirname, '../rehearsal/kaapana-0.1');
const SERVER_HASH = '4c5c0df067e522512bcb2a83d826ad27efd14379a31bab0d327dc22a7ef66f6c';
const SERVER = 'server_installation_0.2.2.sh';
const ARCHIVE = 1023;
export const SERIES = ['1.2.840.1', '1.2.840.2', '1.2.840.3'];

/** The guide under test; one with mistakes ends the test with all of them. */
export async function oldGuide(): Promise<Guide> {
  const loaded = await readGuide(OLD_GUIDE);
  if ('problems' in loaded) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.guide;
}

export interface OldOptions extends MachineOptions {
  /** Whether both data folders are one. */
  readonly oneFolder?: boolean;
  /** Name of the data folder below the machine's root. */
  readonly folder?: string;
}

/** A machine with 0.1.3 on it. Its steps share what they keep. */
export interface OldStage {
  readonly machine: Machine;
  readonly fast: string;
  readonly slow: string;
  readonly backup: string;
  readonly env: Record<string, string>;
  readonly values: Record<string, string>;
  readonly state: (name: string) => string;
  readonly kept: (name: string) => string;
  readonly script: (name: 'old' | 'new') => string;
  readonly run: (step: string, mode?: string) => Promise<Ended>;
  readonly runInTerminal: (
    step: string,
    answers: readonly (readonly [prompt: string, answer: string])[],
  ) => Promise<Ended>;
  readonly check: (step: string) => Promise<CheckResult>;
  readonly detect: (...names: string[]) => Promise<string>;
}

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

async function deployOld(machine: Machine, fast: string, slow: string): Promise<void> {
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
async function servePods(machine: Machine, fast: string, slow: string): Promise<void> {
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

async function placeScripts(machine: Machine, fast: string, slow: string): Promise<void> {
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
  const server = await readFile(join(KAAPANA, SERVER));
  const hash = createHash('sha256').update(server).digest('hex');
  await appendFile(join(machine.state, 'same-hashes'), `s/${hash}/${SERVER_HASH}/\n`);
  const web = join(
    machine.state,
    'web/codebase.helmholtz.cloud/kaapana/kaapana/-/raw/0.2.2/server-installation/server_installation.sh',
  );
  await put(web, server);
}

/** Sets a machine with 0.1.3 up. Whoever calls it removes the machine. */
export async function oldStage(options: OldOptions = {}): Promise<OldStage> {
  const guide = await oldGuide();
  const machine = await createMachine({ ...options, platform: false, scripts: [], snapshotBytes: 1000 });
  const fast = join(machine.root, options.folder ?? 'data/fast');
  const slow = (options.oneFolder ?? true) ? fast : join(machine.root, 'data/slow');
  await rm(machine.fastDataDir, { recursive: true });
  await rm(machine.slowDataDir, { recursive: true });
  await growOldData(fast, slow);
  await deployOld(machine, fast, slow);
  await servePods(machine, fast, slow);
  await placeScripts(machine, fast, slow);
  const backup = join(machine.backupDisk, 'km');
  const values = {
    FAST_DATA_DIR: fast,
    SLOW_DATA_DIR: slow,
    BACKUP_DIR: backup,
    SCRIPTS_DIR: join(machine.home, 'kaapana'),
  };
  const kept = join(machine.root, 'run/kept');
  await mkdir(kept, { recursive: true });
  const env: Record<string, string> = {
    ...machine.env,
    KM_POLL: '0.05',
    KM_PATIENCE: '4',
    KM_KEPT: kept,
    KM_PROGRESS: join(machine.root, 'run/progress'),
  };
  const file = async (id: string) => {
    const step = stepOf(guide, id);
    if (!isWritten(step)) throw new Error(`The step ${id} is not written.`);
    const path = join(machine.root, `run/${id}.sh`);
    await writeFile(path, compose(guide, step, values).text);
    return path;
  };
  const run = async (step: string, mode = 'run') =>
    execute('/bin/bash', [await file(step), mode], env, machine.home);
  return {
    machine,
    fast,
    slow,
    backup,
    env,
    values,
    state: (name) => join(machine.state, name),
    kept: (name) => join(kept, name),
    script: (name) =>
      join(machine.home, 'kaapana', name === 'old' ? 'deploy_platform.sh' : 'new platform.sh'),
    run,
    runInTerminal: async (step, answers) =>
      execute(
        '/usr/bin/script',
        ['-qefc', `/bin/bash ${await file(step)} run`, '/dev/null'],
        env,
        machine.home,
        answers,
      ),
    check: async (step) => {
      const { output, errors, code } = await run(step, 'check');
      if (code !== 0) throw new Error(`check ended with code ${code ?? -1}: ${errors}`);
      return parseCheck(output);
    },
    detect: async (...names) => {
      const path = join(machine.root, 'run/detect.sh');
      await writeFile(path, composeDetection(guide).text);
      return (await execute('/bin/bash', [path, ...names], env, machine.home)).output;
    },
  };
}

/** The host was restarted. */
export const restart = (at: OldStage) =>
  writeFile(join(at.machine.root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`);

/** Puts a certificate of its own into the cluster. */
export async function installCertificate(at: OldStage, name = 'pacs01.clinic.example'): Promise<void> {
  const folder = join(at.machine.root, 'run');
  const [key, crt] = [join(folder, 'k.pem'), join(folder, 'c.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '90',
    ].concat(['-keyout', key, '-out', crt, '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]),
    { stdio: 'ignore' },
  );
  const encoded = async (path: string) => (await readFile(path)).toString('base64');
  await putObject(at.machine, 'secret', 'kube-system', 'certificate', {
    data: { 'tls.crt': await encoded(crt), 'tls.key': await encoded(key) },
  });
}

/** 0.1.3 was undeployed: nothing of it is left in the cluster. */
export async function undeployOld(at: OldStage): Promise<void> {
  await rm(at.state('helm'), { recursive: true, force: true });
  await mkdir(at.state('helm'));
  for (const kind of await readdir(at.state('k8s')))
    for (const name of ['base', 'flow', 'flow-jobs', 'meta', 'monitoring', 'store', 'kaapana'])
      await rm(at.state(`k8s/${kind}/${kind === 'ns' ? `_/${name}.json` : name}`), {
        recursive: true,
        force: true,
      });
  await rm(at.state('k8s/pod/kube-system/oauth2-proxy.json'), { force: true });
}

/** The old data is aside, and 0.2.2 has made its folders and is undeployed again. */
export async function freshFolders(at: OldStage): Promise<void> {
  await undeployOld(at);
  await writeFile(at.state('snap/microk8s'), 'v1.26.15 6750 1.26/stable\n');
  for (const folder of new Set([at.fast, at.slow])) await rename(folder, `${folder}_0.1.3`);
  execFileSync(process.execPath, [join(KAAPANA, 'deploy.mjs'), at.fast, at.slow, 'pacs01.clinic.example'], {
    env: { ...process.env, ...at.env },
  });
  await rm(at.state('helm/default'), { recursive: true });
  for (const kind of await readdir(at.state('k8s')))
    for (const name of ['admin', 'services', 'jobs', 'extensions'])
      await rm(at.state(`k8s/${kind}/${kind === 'ns' ? `_/${name}.json` : name}`), {
        recursive: true,
        force: true,
      });
  await rm(at.state('k8s/pv'), { recursive: true });
  await writeFile(at.kept('series'), `${SERIES.join('\n')}\n`);
  await writeFile(
    at.kept('platform'),
    `hostname=pacs01.clinic.example\ncounted=41|3|9000\nbuckets=cohorts\ncertificate=self-made\n`,
  );
}
