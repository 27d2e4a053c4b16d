import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ItemVerdict } from '../../src/migration/check';
import type { MachineOptions } from '../rehearsal/machine';
import { putObject, putRelease } from '../rehearsal/platform';
import type { Stage } from './stage';

/** Hosts with several things wrong that do not hide each other: one check shows them all. */
export const HOSTS = {
  notes: {
    platform: { version: '0.3.5-12-gabc1234', devMode: true, runningDags: 3 },
    scripts: ['0.3.5', '0.4.0', '0.4.1', '0.4.2'],
  },
  wrong: {
    absent: ['curl', 'nslookup', 'script'],
    platform: { version: '0.3.4' },
    scripts: ['0.3.5', '0.4.0'],
  },
  other: { asRoot: true, absent: ['docker'], platform: { instanceUid: 'ward7' }, scripts: ['0.4.1'] },
  refused: { sudo: 'refused', hanging: ['snap'], platform: { enableNfs: true }, scripts: ['0.3.5', '0.5.0'] },
  disagreeing: { hanging: ['docker'], platform: { fastDataDirInHelm: '/home/kaapana' } },
  locked: { sudo: 'password', hanging: ['helm'] },
  unmounted: { hanging: ['microk8s.kubectl'] },
  empty: { platform: false },
} satisfies Record<string, MachineOptions>;

/** What a change of the host does to one line of the list. */
export interface Trap {
  readonly host: keyof typeof HOSTS;
  readonly name: string;
  readonly change?: (at: Stage) => Promise<unknown>;
  readonly id: string;
  readonly verdict: ItemVerdict;
  readonly found: RegExp;
  readonly remedy: RegExp;
}

const state = (at: Stage, name: string, text = '') => writeFile(join(at.machine.state, name), text);
export const script = (at: Stage, name: string) => join(at.machine.home, 'kaapana', name);

export const TRAPS: readonly Trap[] = [
  {
    host: 'wrong',
    name: 'the editor runs inside the platform',
    change: (at) => Promise.resolve((at.env['KUBERNETES_SERVICE_HOST'] = '10.152.183.1')),
    id: 'place',
    verdict: 'no-go',
    found: /inside a pod/,
    remedy: /Connect to the host itself/,
  },
  {
    host: 'notes',
    name: 'another operating system',
    change: (at) => writeFile(join(at.machine.root, 'etc/os-release'), 'PRETTY_NAME="Arch Linux"\nID=arch\n'),
    id: 'os',
    verdict: 'note',
    found: /Arch Linux/,
    remedy: /Ubuntu 20\.04 and 22\.04 and AlmaLinux 9/,
  },
  {
    host: 'wrong',
    name: 'tools are missing',
    id: 'tools',
    verdict: 'no-go',
    found: /missing: script, curl, nslookup/,
    remedy: /install (bsdutils|util-linux) curl (dnsutils|bind-utils)/,
  },
  {
    host: 'refused',
    name: 'sudo is refused',
    id: 'root',
    verdict: 'no-go',
    found: /not in the sudoers file/,
    remedy: /may use sudo/,
  },
  {
    host: 'locked',
    name: 'sudo wants a password and there is no terminal',
    id: 'root',
    verdict: 'unknown',
    found: /only the terminal can take/,
    remedy: /in the terminal/,
  },
  {
    host: 'other',
    name: 'logged in as root',
    id: 'user',
    verdict: 'no-go',
    found: /refuse to run as root/,
    remedy: /who deployed the platform/,
  },
  {
    host: 'wrong',
    name: 'KUBECONFIG is set',
    change: (at) => Promise.resolve((at.env['KUBECONFIG'] = '/tmp/config')),
    id: 'user',
    verdict: 'no-go',
    found: /KUBECONFIG/,
    remedy: /log in again/,
  },
  {
    host: 'refused',
    name: 'the user is not in the group microk8s',
    change: (at) => state(at, 'groups', 'kaapana sudo'),
    id: 'user',
    verdict: 'no-go',
    found: /not in the group microk8s/,
    remedy: /usermod -aG microk8s kaapana/,
  },
  {
    host: 'disagreeing',
    name: 'a home directory elsewhere',
    change: (at) => Promise.resolve((at.env['HOME'] = join(at.machine.root, 'root'))),
    id: 'user',
    verdict: 'no-go',
    found: /wants \/home\/kaapana/,
    remedy: /below \/home/,
  },
  {
    host: 'notes',
    name: 'little memory',
    change: (at) => writeFile(join(at.machine.root, 'proc/meminfo'), 'MemTotal: 16000000 kB\n'),
    id: 'memory',
    verdict: 'note',
    found: /16\.4 GB/,
    remedy: /64 GB/,
  },
  {
    host: 'notes',
    name: 'MicroK8s of another channel',
    change: (at) => state(at, 'snap/microk8s', 'v1.31.3 7394 1.31/stable'),
    id: 'snap',
    verdict: 'note',
    found: /1\.31\/stable/,
    remedy: /before the platform goes down/,
  },
  {
    host: 'refused',
    name: 'snap hangs',
    id: 'snap',
    verdict: 'no-go',
    found: /snap gave no answer within 4 seconds/,
    remedy: /snapd runs/,
  },
  {
    host: 'unmounted',
    name: 'kubectl hangs',
    id: 'kubectl',
    verdict: 'no-go',
    found: /gave no answer within 4 seconds/,
    remedy: /microk8s status/,
  },
  {
    host: 'wrong',
    name: 'several nodes',
    change: (at) =>
      putObject(at.machine, 'node', '_', 'worker', { status: { nodeInfo: { kubeletVersion: 'v1.28.15' } } }),
    id: 'kubectl',
    verdict: 'no-go',
    found: /2 nodes/,
    remedy: /one host/,
  },
  {
    host: 'locked',
    name: 'helm hangs',
    id: 'version',
    verdict: 'unknown',
    found: /helm: helm gave no answer/,
    remedy: /Solve that first/,
  },
  {
    host: 'notes',
    name: 'helm of another major version',
    change: (at) => state(at, 'helm-version', 'v4.0.1+g12500dd\n'),
    id: 'helm',
    verdict: 'note',
    found: /v4\.0\.1/,
    remedy: /written for helm 3/,
  },
  {
    host: 'other',
    name: 'docker is not installed',
    id: 'docker',
    verdict: 'no-go',
    found: /not installed/,
    remedy: /install docker\.io/,
  },
  {
    host: 'wrong',
    name: 'the docker daemon does not run',
    change: (at) => state(at, 'docker-down'),
    id: 'docker',
    verdict: 'no-go',
    found: /Cannot connect to the Docker daemon/,
    remedy: /systemctl start docker/,
  },
  {
    host: 'disagreeing',
    name: 'docker hangs',
    id: 'docker',
    verdict: 'no-go',
    found: /gave no answer/,
    remedy: /uses it as root/,
  },
  {
    host: 'wrong',
    name: 'another version is installed',
    id: 'version',
    verdict: 'no-go',
    found: /0\.3\.4; this guide starts at 0\.3\.5/,
    remedy: /Bring the platform to 0\.3\.5/,
  },
  {
    host: 'notes',
    name: 'a build of the site',
    id: 'version',
    verdict: 'note',
    found: /0\.3\.5-12-gabc1234, a build of your own/,
    remedy: /Compare its charts/,
  },
  {
    host: 'empty',
    name: 'no platform',
    id: 'version',
    verdict: 'no-go',
    found: /knows no release kaapana-admin-chart/,
    remedy: /right host/,
  },
  {
    host: 'notes',
    name: 'development mode',
    id: 'dev-mode',
    verdict: 'note',
    found: /no password policy/,
    remedy: /Not needed for the migration/,
  },
  {
    host: 'other',
    name: 'several instances',
    id: 'instance',
    verdict: 'no-go',
    found: /INSTANCE_UID=ward7/,
    remedy: /does not support several instances/,
  },
  {
    host: 'refused',
    name: 'network storage',
    id: 'nfs',
    verdict: 'no-go',
    found: /ENABLE_NFS/,
    remedy: /folders of the host/,
  },
  {
    host: 'disagreeing',
    name: 'helm and the volumes disagree on the data folder',
    id: 'data-dirs',
    verdict: 'no-go',
    found: /helm says \/home\/kaapana and .*the volumes say .*\/data\/fast/,
    remedy: /Find out which is right/,
  },
  {
    host: 'unmounted',
    name: 'the data disk is not mounted',
    change: ({ machine }) => rename(machine.slowDataDir, join(machine.root, 'data/elsewhere')),
    id: 'data-dirs',
    verdict: 'no-go',
    found: /\/data\/slow does not exist/,
    remedy: /mounted/,
  },
  {
    host: 'wrong',
    name: 'databases that were migrated already',
    change: ({ machine }) => writeFile(join(machine.fastDataDir, 'postgres-airflow/PG_VERSION'), '17\n'),
    id: 'databases',
    verdict: 'no-go',
    found: /postgres-airflow 17/,
    remedy: /Do not start over/,
  },
  {
    host: 'other',
    name: 'a database that an earlier try has lost',
    change: ({ machine }) => rm(join(machine.fastDataDir, 'keycloak/db-files'), { recursive: true }),
    id: 'databases',
    verdict: 'no-go',
    found: /keycloak missing/,
    remedy: /look at the backups first/,
  },
  {
    host: 'notes',
    name: 'a database of an extension',
    change: async ({ machine }) => {
      await mkdir(join(machine.fastDataDir, 'postgres-doccano'));
      await writeFile(join(machine.fastDataDir, 'postgres-doccano/PG_VERSION'), '15\n');
    },
    id: 'databases-other',
    verdict: 'note',
    found: /postgres-doccano/,
    remedy: /Dump them yourself/,
  },
  {
    host: 'wrong',
    name: 'foreign releases, namespaces and volumes',
    change: async ({ machine }) => {
      await putRelease(machine, 'lab', 'openmrs', 'openmrs-1.0.0');
      await putObject(machine, 'ns', '_', 'lab');
      await putObject(machine, 'pv', '_', 'pvc-77', {
        spec: { hostPath: { path: '/var/snap/microk8s/common/default-storage/x' } },
      });
    },
    id: 'foreign',
    verdict: 'no-go',
    found: /namespace lab, helm release openmrs in lab, volume pvc-77/,
    remedy: /deleted without a question/,
  },
  {
    host: 'notes',
    name: 'running workflows',
    id: 'dags',
    verdict: 'note',
    found: /3 running or queued/,
    remedy: /must have ended/,
  },
  {
    host: 'disagreeing',
    name: 'a workflow database that answers nonsense',
    change: (at) => state(at, 'exec/services/postgres-airflow', 'echo "psql: error"\n'),
    id: 'dags',
    verdict: 'unknown',
    found: /cannot be read/,
    remedy: /postgres-airflow/,
  },
  {
    host: 'notes',
    name: 'images that wait in the receiver',
    change: async ({ machine }) => {
      await mkdir(join(machine.fastDataDir, 'ctp/incoming/.quarantines'));
      for (const name of ['1.dcm', '2.dcm', '.quarantines/old.dcm'])
        await writeFile(join(machine.fastDataDir, 'ctp/incoming', name), '');
    },
    id: 'ctp',
    verdict: 'note',
    found: /2 files/,
    remedy: /Stop the senders/,
  },
  {
    host: 'other',
    name: 'a host name that nobody knows',
    change: (at) => state(at, 'dns'),
    id: 'name',
    verdict: 'no-go',
    found: /pacs01\.clinic\.example is not known/,
    remedy: /DNS/,
  },
  {
    host: 'wrong',
    name: 'a small disk for /var/snap',
    change: (at) => state(at, 'disks', `${at.machine.root}\t70000000\t60000000\n`),
    id: 'disk-snap',
    verdict: 'no-go',
    found: /71\.7 GB in total; .* wants 83\.9 GB/,
    remedy: /Enlarge/,
  },
  {
    host: 'other',
    name: 'no room for the database migration',
    change: (at) => state(at, 'disks', `${at.machine.root}\t90000000\t900\n`),
    id: 'disk-work',
    verdict: 'no-go',
    found: /921\.6 kB free, .* needed, together with the other folder/,
    remedy: /Make room/,
  },
  {
    host: 'wrong',
    name: 'a work folder inside the data',
    change: (at) => at.set({ WORK_DIR: join(at.machine.fastDataDir, 'work') }),
    id: 'disk-work',
    verdict: 'no-go',
    found: /lies inside the data folder/,
    remedy: /outside the data folders/,
  },
  {
    host: 'wrong',
    name: 'a relative backup folder',
    change: (at) => at.set({ BACKUP_DIR: 'backup' }),
    id: 'disk-backup',
    verdict: 'no-go',
    found: /not an absolute path/,
    remedy: /outside the data folders/,
  },
  {
    host: 'notes',
    name: 'a backup folder on the disk of the data',
    change: (at) => at.set({ BACKUP_DIR: join(at.machine.root, 'data/backup') }),
    id: 'disk-backup',
    verdict: 'note',
    found: /it is the disk of the data/,
    remedy: /takes both/,
  },
  {
    host: 'other',
    name: 'no script for the way back',
    id: 'deploy-old',
    verdict: 'no-go',
    found: /no deploy script of 0\.3\.5/,
    remedy: /way back/,
  },
  {
    host: 'wrong',
    name: 'only the 0.4.0 script that the guide names',
    id: 'deploy-new',
    verdict: 'no-go',
    found: /0\.4\.0, which cannot take the metadata back/,
    remedy: /0\.4\.1 or a later 0\.4.*deletes all metadata/,
  },
  {
    host: 'refused',
    name: 'a script of a version that this guide does not lead to',
    id: 'deploy-new',
    verdict: 'no-go',
    found: /not for this guide: .*0\.5\.0/,
    remedy: /registry owner/,
  },
  {
    host: 'notes',
    name: 'several new scripts: the newest 0.4 counts',
    id: 'deploy-new',
    verdict: 'go',
    found: /deploy_0\.4\.2\.sh \(0\.4\.2\)\. The 0\.4\.0 script beside it is not used/,
    remedy: /^$/,
  },
  {
    host: 'unmounted',
    name: 'a script under a name that says something else',
    change: (at) => rename(script(at, 'deploy_0.4.1.sh'), script(at, 'deploy:platform_0.4.0 (final).sh')),
    id: 'deploy-new',
    verdict: 'go',
    found: /deploy:platform_0\.4\.0 \(final\)\.sh \(0\.4\.1\)/,
    remedy: /^$/,
  },
  {
    host: 'locked',
    name: 'a script that was cut off while it was fetched',
    change: async (at) =>
      writeFile(
        script(at, 'deploy_0.4.1.sh'),
        (await readFile(script(at, 'deploy_0.4.1.sh'), 'utf8')).slice(0, -200),
      ),
    id: 'deploy-damaged',
    verdict: 'no-go',
    found: /deploy_0\.4\.1\.sh: bash cannot read it to the end/,
    remedy: /Fetch it again/,
  },
  {
    host: 'disagreeing',
    name: 'a scripts folder that is not there',
    change: (at) => at.set({ SCRIPTS_DIR: '/nowhere' }),
    id: 'deploy-new',
    verdict: 'no-go',
    found: /\/nowhere is not a folder/,
    remedy: /Choose the folder/,
  },
  {
    host: 'other',
    name: 'a new script that would start on another folder',
    change: async (at) => {
      const text = await readFile(script(at, 'deploy_0.4.1.sh'), 'utf8');
      await writeFile(
        script(at, 'deploy_0.4.1.sh'),
        text.replace(/^FAST_DATA_DIR=.*/m, 'FAST_DATA_DIR="/home/kaapana"'),
      );
    },
    id: 'deploy-values',
    verdict: 'no-go',
    found: /FAST_DATA_DIR is \/home\/kaapana there/,
    remedy: /starts empty/,
  },
  {
    host: 'notes',
    name: 'a new script with another port',
    change: async (at) => {
      const text = await readFile(script(at, 'deploy_0.4.2.sh'), 'utf8');
      await writeFile(
        script(at, 'deploy_0.4.2.sh'),
        text.replace('DICOM_PORT="11112"', 'DICOM_PORT="104"   # as the scanners have it'),
      );
    },
    id: 'deploy-values',
    verdict: 'note',
    found: /DICOM_PORT is 104 there, 11112 now/,
    remedy: /unless the change is intended/,
  },
];
