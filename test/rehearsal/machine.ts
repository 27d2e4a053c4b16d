import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { growDataFolders } from './data';
import { deployPlatform, type Platform } from './platform';
import { endMarkedProcesses } from './processes';

const HERE = import.meta.dirname;

/** How sudo behaves: without a password, asking for one on the terminal, or refusing the user. */
export type Sudo = 'nopasswd' | 'password' | 'refused';

/** What a rehearsal machine looks like. Everything has a default that lets a migration begin. */
export interface MachineOptions {
  readonly sudo?: Sudo;
  /** The platform that is deployed; `false` for none. */
  readonly platform?: Partial<Platform> | false;
  /** Size of the metadata snapshot. */
  readonly snapshotBytes?: number;
  /** Seconds by which `cp -a` is slowed down, so that a copy can be met in the middle. */
  readonly copySeconds?: number;
  /** Tools that are not installed. */
  readonly absent?: readonly string[];
  /** Tools that never answer. */
  readonly hanging?: readonly string[];
  /** Versions of the deploy scripts that lie in the home directory. */
  readonly scripts?: readonly string[];
  /** The user is root itself. */
  readonly asRoot?: boolean;
}

/** A pretended Kaapana host: a folder with its home directory, disks, tools and platform. */
export interface Machine {
  readonly root: string;
  readonly home: string;
  /** State of the stand-ins; see the head of each file in `bin/`. */
  readonly state: string;
  /** First folder on the PATH. */
  readonly bin: string;
  readonly fastDataDir: string;
  readonly slowDataDir: string;
  /** A second disk. */
  readonly backupDisk: string;
  readonly snapshots: string;
  readonly sudoPassword: string;
  /** Environment of a session on the machine. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends what still runs on the machine and removes its folder. */
  readonly remove: () => Promise<void>;
}

/** Tools of a Kaapana host that a developer's machine may have too and that have no stand-in: not to be found by accident. */
const FOREIGN = ['kubectl', 'microk8s', 'microk8s.helm', 'microk8s.helm3', 'podman'];
const SYSTEM = ['/usr/bin', '/usr/sbin'];

const SUDO_PASSWORD = 'rehearsal';

/** Every tool of this machine but the hidden ones, as links. */
async function linkSystem(folder: string, hidden: ReadonlySet<string>): Promise<void> {
  await mkdir(folder);
  for (const system of SYSTEM)
    for (const name of await readdir(system))
      if (!hidden.has(name) && !existsSync(join(folder, name)))
        await symlink(join(system, name), join(folder, name));
}

/** Lays the tools out and returns the PATH: stand-ins first, then what this machine has, without what shall be absent. */
async function layTools(root: string, bin: string, options: MachineOptions): Promise<string> {
  const hidden = new Set([...(options.absent ?? []), ...FOREIGN]);
  const hanging = options.hanging ?? [];
  await mkdir(bin);
  for (const name of await readdir(join(HERE, 'bin')))
    if (!hidden.has(name) && !hanging.includes(name)) await symlink(join(HERE, 'bin', name), join(bin, name));
  for (const name of hanging)
    await writeFile(join(bin, name), '#!/bin/bash\nexec /usr/bin/sleep 3600\n', { mode: 0o755 });
  const mustHide = [...hidden].some((name) => SYSTEM.some((folder) => existsSync(join(folder, name))));
  if (!mustHide) return [bin, ...SYSTEM].join(':');
  const links = join(root, 'system');
  await linkSystem(links, hidden);
  return `${bin}:${links}`;
}

const RAW = 'codebase.helmholtz.cloud/kaapana/kaapana/-/raw';

/** Scripts of Kaapana that steps fetch: where from, what stands for them here, and the hash of the real one. */
export const DOWNLOADS = [
  {
    address: `${RAW}/0.3.5/server-installation/server_installation.sh`,
    file: 'server_installation_0.3.5.sh',
    sha256: '9f18062076444d8b544f6611abca69b4a95395560810d1bc330afef4e303051e',
  },
  {
    address: `${RAW}/0.4.1/server-installation/server_installation.sh`,
    file: 'server_installation_0.4.1.sh',
    sha256: '19e1c2d2cafbe08d9fecf0b2e292348b64fc47001a7bc45f458bf4b4675fe96e',
  },
  {
    address: `${RAW}/0.4.1/utils/migration-0.3.x-0.4.x.sh`,
    file: 'migration-0.3.x-0.4.x.sh',
    sha256: '534b5a70f70c0dc08e8b344d9f48f7539ca708d9474e710611045327e546c476',
  },
] as const;

const KUBECONFIG =
  'apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://127.0.0.1:16443\n  name: microk8s-cluster\nusers:\n- name: admin\n  user:\n    client-key-data: SECRET-kubeconfig\n';

const GIB_IN_KIB = 1024 * 1024;

async function writeState(machine: Omit<Machine, 'remove'>, options: MachineOptions): Promise<void> {
  const { root, state } = machine;
  await Promise.all(
    ['tickets', 'snap', 'faults', 'exec/services'].map((name) =>
      mkdir(join(state, name), { recursive: true }),
    ),
  );
  const disk = (path: string, size: number, free: number) =>
    `${join(root, path)}\t${size * GIB_IN_KIB}\t${free * GIB_IN_KIB}\n`;
  const files: Readonly<Record<string, string>> = {
    sudo: options.sudo ?? 'nopasswd',
    'sudo-password': SUDO_PASSWORD,
    uid: options.asRoot ? '0' : '1000',
    groups: 'kaapana adm sudo microk8s',
    'same-hashes': await sameHashes(),
    'copy-seconds': String(options.copySeconds ?? 0),
    'helm-version': 'v3.17.3+ge4da497\n',
    node: process.execPath,
    kubeconfig: KUBECONFIG,
    'snap/microk8s': 'v1.28.15 7394 1.28/stable\n',
    'snap/helm': '3.17.3 480 latest/stable\n',
    dns: 'pacs01.clinic.example\n',
    disks: disk('', 250, 90) + disk('data', 1800, 640) + disk('backup', 3600, 2900),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(state, name), text);
  await symlink(join(HERE, 'lib'), join(state, 'lib'));
  for (const { address, file } of DOWNLOADS) {
    const path = join(state, 'web', address);
    await mkdir(dirname(path), { recursive: true });
    await symlink(join(HERE, 'kaapana', file), path);
  }
}

/** Lines for sed that turn the hash of each of the rehearsal's scripts into that of the script that it stands for. */
async function sameHashes(): Promise<string> {
  const lines = DOWNLOADS.map(
    async ({ file, sha256 }) =>
      `s/${createHash('sha256')
        .update(await readFile(join(HERE, 'kaapana', file)))
        .digest('hex')}/${sha256}/\n`,
  );
  return (await Promise.all(lines)).join('');
}

async function writeSystem({ root, home }: Omit<Machine, 'remove'>): Promise<void> {
  await Promise.all(
    ['etc', 'proc/sys/kernel/random', 'var/snap/microk8s/current/args', 'root/.docker', 'backup'].map(
      (name) => mkdir(join(root, name), { recursive: true }),
    ),
  );
  await writeFile(
    join(root, 'etc/os-release'),
    'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\n',
  );
  await writeFile(join(root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`);
  await writeFile(join(root, 'proc/meminfo'), 'MemTotal:       131895372 kB\n');
  await mkdir(join(home, '.kube'));
  await writeFile(join(home, '.kube/config'), KUBECONFIG, { mode: 0o600 });
  await writeFile(
    join(home, '.bashrc'),
    'case $- in *i*) ;; *) return ;; esac\nPS1="kaapana@rehearsal:\\w\\$ "\nalias kubectl=microk8s.kubectl\n',
  );
}

/** Deploy scripts in the home directory, with the machine's own data folders, under names that an admin invents. */
async function placeScripts(machine: Omit<Machine, 'remove'>, versions: readonly string[]): Promise<void> {
  const folder = join(machine.home, 'kaapana');
  await mkdir(folder, { recursive: true });
  for (const version of versions) {
    const model = version.startsWith('0.3.') ? '0.3.5' : '0.4.1';
    const text = await readFile(join(HERE, 'kaapana', `deploy_platform_${model}.sh`), 'utf8');
    const edited = text
      .replace(/^PLATFORM_VERSION=.*/m, `PLATFORM_VERSION="${version}"`)
      .replace(/^FAST_DATA_DIR=.*/m, `FAST_DATA_DIR="${machine.fastDataDir}"`)
      .replace(/^SLOW_DATA_DIR=.*/m, `SLOW_DATA_DIR="${machine.slowDataDir}"`);
    await writeFile(join(folder, `deploy_${version}.sh`), edited, { mode: 0o755 });
  }
}

/** Sets a machine up in a new folder below the system's temporary one. */
export async function createMachine(options: MachineOptions = {}): Promise<Machine> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'km-rehearsal-')));
  const home = join(root, 'home/kaapana');
  const state = join(root, 'state');
  const bin = join(root, 'bin');
  const fastDataDir = join(root, 'data/fast');
  await mkdir(home, { recursive: true });
  const path = await layTools(root, bin, options);
  const machine = {
    root,
    home,
    state,
    bin,
    fastDataDir,
    slowDataDir: join(root, 'data/slow'),
    backupDisk: join(root, 'backup'),
    snapshots: join(fastDataDir, 'os/logs/snapshots'),
    sudoPassword: SUDO_PASSWORD,
    env: {
      HOME: home,
      PATH: path,
      USER: 'kaapana',
      LOGNAME: 'kaapana',
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      KM_HOST_ROOT: root,
      KAAPANA_REHEARSAL_ROOT: root,
      KAAPANA_REHEARSAL_STATE: state,
    },
  };
  await writeSystem(machine);
  await writeState(machine, options);
  await growDataFolders(machine, options.snapshotBytes ?? 2_000_000);
  await placeScripts(machine, options.scripts ?? ['0.3.5', '0.4.1']);
  if (options.platform !== false) await deployPlatform(machine, options.platform ?? {});
  return {
    ...machine,
    remove: async () => {
      await endMarkedProcesses(root);
      await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
