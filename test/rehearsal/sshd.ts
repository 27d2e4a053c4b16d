import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { descendants, end, programOf } from './processes';

const run = promisify(execFile);

const SSHD = '/usr/sbin/sshd';
const HERE = import.meta.dirname;
const PASSPHRASE = 'open sesame';

/** How one logs in. sshd cannot know a password of its own, so that `password` refuses every one. */
export type Authentication = 'key' | 'key-with-passphrase' | 'password';

export interface SshdOptions {
  readonly authentication: Authentication;
  /** Whether the client knows the host key already. */
  readonly hostKnown: boolean;
}

/** An OpenSSH server on the loopback interface with keys and settings of its own. */
export interface Sshd {
  readonly port: number;
  readonly user: string;
  readonly alias: string;
  readonly configFile: string;
  readonly knownHostsFile: string;
  readonly identityFile: string;
  /** Passphrase of the key, where it has one. */
  readonly passphrase: string;
  readonly fingerprint: () => Promise<string>;
  readonly log: () => Promise<string>;
  /** Gives the server another host key, as an attacker or a new installation would. Open connections stay. */
  readonly replaceHostKey: () => Promise<void>;
  /** Cuts every open connection; what runs on the host detached goes on. */
  readonly dropConnections: () => Promise<void>;
  /** Takes the host off the network: connections are cut and no new ones taken. */
  readonly goDown: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1.');
  return address.port;
}

async function makeKey(file: string, passphrase: string): Promise<void> {
  await rm(file, { force: true });
  await rm(`${file}.pub`, { force: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'rehearsal', '-f', file]);
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.setTimeout(1000, () => {
      socket.destroy();
      resolve(false);
    });
  });

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const serverConfig = (folder: string, port: number, home: string, authentication: Authentication): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host_key`,
    `PidFile ${folder}/sshd.pid`,
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    `PubkeyAuthentication ${authentication === 'password' ? 'no' : 'yes'}`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PasswordAuthentication ${authentication === 'password' ? 'yes' : 'no'}`,
    'KbdInteractiveAuthentication no',
    'PermitUserRC no',
    'PermitUserEnvironment no',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    'MaxStartups 50',
    'MaxSessions 50',
    'AllowTcpForwarding yes',
    'Subsystem sftp internal-sftp',
    // The login shell looks for its start-up files there, before the forced command runs.
    `SetEnv HOME=${home}`,
    `ForceCommand /bin/bash ${HERE}/login.sh ${folder}/env.sh`,
    'LogLevel VERBOSE',
    '',
  ].join('\n');

const clientConfig = (folder: string, port: number, user: string, authentication: Authentication): string =>
  [
    'Host rehearsal',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${user}`,
    `  UserKnownHostsFile ${folder}/known_hosts`,
    '  GlobalKnownHostsFile /dev/null',
    '  HashKnownHosts no',
    ...(authentication === 'password'
      ? ['  PubkeyAuthentication no', '  PreferredAuthentications password']
      : [`  IdentityFile ${folder}/id_ed25519`, '  IdentitiesOnly yes']),
    '',
  ].join('\n');

/** Starts a server whose sessions run on a rehearsal machine. */
export async function startSshd(
  folder: string,
  home: string,
  env: Readonly<Record<string, string>>,
  { authentication, hostKnown }: SshdOptions,
): Promise<Sshd> {
  if (!existsSync(SSHD))
    throw new Error(`${SSHD} is missing. Install it: sudo apt-get install openssh-server`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // sshd refuses to start as root without the folder in which it locks its unprivileged part up.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const passphrase = authentication === 'key-with-passphrase' ? PASSPHRASE : '';
  const file = (name: string) => join(folder, name);
  await makeKey(file('host_key'), '');
  await makeKey(file('id_ed25519'), passphrase);
  await writeFile(file('authorized_keys'), await readFile(file('id_ed25519.pub')), { mode: 0o600 });
  const quoted = Object.entries(env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  await writeFile(file('env.sh'), quoted.join(''));

  const port = await freePort();
  const user = userInfo().username;
  await writeFile(file('sshd_config'), serverConfig(folder, port, home, authentication));
  await writeFile(file('ssh_config'), clientConfig(folder, port, user, authentication), { mode: 0o600 });
  const hostKey = async () => (await readFile(file('host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(file('known_hosts'), hostKnown ? `[127.0.0.1]:${port} ${await hostKey()}\n` : '', {
    mode: 0o600,
  });

  let listener: ChildProcess | undefined;
  const comeBack = async () => {
    const log = createWriteStream(file('sshd.log'), { flags: 'a' });
    const child = spawn(SSHD, ['-D', '-e', '-f', file('sshd_config')], {
      // A group of its own: Ctrl-C at the terminal is for this program, which then ends the server in good order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin' },
    });
    child.stderr.pipe(log);
    listener = child;
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(port)) return;
      if (child.exitCode !== null) break;
      await pause(50);
    }
    throw new Error(`sshd did not start: ${await readFile(file('sshd.log'), 'utf8')}`);
  };
  const stopListening = async () => {
    const child = listener;
    listener = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    end(child.pid, 'SIGKILL');
    await gone;
  };
  const sessions = async () => {
    const below = listener?.pid === undefined ? [] : await descendants(listener.pid);
    const names = await Promise.all(below.map(async (pid) => [pid, await programOf(pid)] as const));
    return names.filter(([, name]) => name.startsWith('sshd')).map(([pid]) => pid);
  };
  // Sessions that were open when the listener was replaced have lost their parent; they are remembered.
  const orphans = new Set<number>();
  const dropConnections = async () => {
    for (const pid of [...(await sessions()), ...orphans])
      if ((await programOf(pid)).startsWith('sshd')) end(pid, 'SIGKILL');
    orphans.clear();
  };

  await comeBack();
  return {
    port,
    user,
    alias: 'rehearsal',
    configFile: file('ssh_config'),
    knownHostsFile: file('known_hosts'),
    identityFile: file('id_ed25519'),
    passphrase,
    fingerprint: async () =>
      (await run('ssh-keygen', ['-lf', file('host_key.pub')])).stdout.split(' ')[1] ?? '',
    log: () => readFile(file('sshd.log'), 'utf8'),
    replaceHostKey: async () => {
      for (const pid of await sessions()) orphans.add(pid);
      await stopListening();
      await makeKey(file('host_key'), '');
      await appendFile(file('sshd.log'), '--- another host key ---\n');
      await comeBack();
    },
    dropConnections,
    goDown: async () => {
      await dropConnections();
      await stopListening();
    },
    comeBack,
  };
}
