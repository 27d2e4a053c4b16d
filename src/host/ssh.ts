import * as l10n from '@vscode/l10n';
import { chmod, lstat, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { run, type ExecOptions, type Executed } from './exec';
import { forwardAlone, forwardShared } from './forward';
import { knownFingerprints } from './hostKey';
import { HostProblem } from './problem';
import { sshProblem } from './sshProblem';
import type { Forward, HostPort, Program, Transport } from './transport';

export interface SshSettings {
  /** The OpenSSH client: a name on PATH or a whole path. */
  readonly sshPath: string;
  /** An ssh configuration to use instead of the user's own. */
  readonly configFile?: string;
}

/** How long a login lasts after the last use, so that a night's work needs one. */
const PERSIST = '8h';
/** A host that does not answer for this long is unreachable. */
const CONNECT_TIMEOUT_S = 10;

/** Runs ssh again for as long as it is cut off (255) or killed (above 128): a view of a step comes back by itself. */
const FOLLOWING = `trap 'exit 0' INT
"$@" && exit 0
[ $? -gt 128 ] || exit 0
printf '\\r\\n%s\\r\\n%s' 'The connection was lost. The step goes on, and this view comes back with the connection.' 'Ctrl-C closes it. Trying again…'
while sleep 2; do
  "$@" 2>/dev/null
  [ $? -gt 128 ] || exit 0
  printf .
done`;

/**
 * A line of sh as one that any login shell hands on unchanged, also fish and csh: in single quotes, with octal numbers for
 * what some shell would see even there.
 */
function forAnyShell(line: string): string {
  const octal = (char: string) => `\\0${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return `exec sh -c 'eval "$(printf %b "$0")"' '${line.replaceAll(/['\\!\n]/g, octal)}'`;
}

/**
 * A name that ssh takes as a host and never as an option.
 * @throws HostProblem `bad-host`
 */
export function checkHostName(host: string): string {
  if (!/^[A-Za-z0-9_@[\]:./%-]+$/.test(host) || host.startsWith('-')) {
    throw new HostProblem('bad-host', l10n.t`"${host}" is no host name.`);
  }
  return host;
}

/**
 * A private folder for the sockets of shared connections. Its path is short, as a socket's path may have some hundred
 * bytes only, and the same for every window, so that one login serves them all.
 */
async function socketFolder(): Promise<string> {
  const { uid } = userInfo();
  const runtime = process.env['XDG_RUNTIME_DIR'];
  // Not the folder for temporary files: on macOS its path alone takes half of that.
  const folder = runtime ? join(runtime, `kaapana-migration-${uid}`) : `/tmp/km-${uid}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new HostProblem('not-writable', l10n.t`${folder} on this machine belongs to somebody else.`);
  }
  await chmod(folder, 0o700);
  return folder;
}

/** The system's own OpenSSH: keys, agents, jump hosts, MFA and known hosts are as the admin has them. */
export class SshTransport implements Transport {
  private fingerprints = '';

  private constructor(
    readonly label: string,
    private readonly settings: SshSettings,
    private readonly sharing: readonly string[],
  ) {}

  /** @throws HostProblem where the host's name is none. */
  static async create(host: string, settings: SshSettings): Promise<SshTransport> {
    const shares = process.platform !== 'win32';
    return new SshTransport(
      checkHostName(host),
      settings,
      shares ? ['-o', `ControlPath=${await socketFolder()}/%C`] : [],
    );
  }

  private get common(): string[] {
    const { configFile } = this.settings;
    return [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...this.sharing,
      '-o',
      `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
      '-o',
      'ServerAliveInterval=15',
      '-o',
      'ServerAliveCountMax=3',
    ];
  }

  private get opensSharing(): string[] {
    return this.sharing.length === 0 ? [] : ['-o', 'ControlMaster=auto', '-o', `ControlPersist=${PERSIST}`];
  }

  private ssh(args: readonly string[], options?: ExecOptions): Promise<Executed> {
    return run(this.settings.sshPath, [...this.common, ...args], options);
  }

  get hostKey(): string {
    return this.fingerprints;
  }

  get login(): Program {
    const line = 'echo "Logged in. This terminal closes now; the connection stays open."';
    const args = [...this.common, ...this.opensSharing, '-t', this.label, line];
    if (process.platform === 'win32') return { file: this.settings.sshPath, args };
    // A terminal closes with its program, and with it what ssh said: after a failure it waits for a key.
    const script =
      '"$@" || { printf "\\nThe login did not succeed; the reason stands above. Press Enter to close.\\n"; read -r _; }';
    return { file: '/bin/sh', args: ['-c', script, 'login', this.settings.sshPath, ...args] };
  }

  async connect(signal?: AbortSignal): Promise<void> {
    await this.open(signal);
    this.fingerprints ||= await knownFingerprints((args) => this.ssh(args), this.label);
  }

  private async open(signal?: AbortSignal): Promise<void> {
    const abort = signal ? { signal } : {};
    const version = await run(this.settings.sshPath, ['-V'], abort);
    if (version.missing)
      throw new HostProblem(
        'no-ssh',
        l10n.t`There is no program "${this.settings.sshPath}" on this machine.`,
      );
    if (this.sharing.length > 0 && (await this.ssh(['-O', 'check', this.label], abort)).exitCode === 0)
      return;
    const folder = await mkdtemp(join(tmpdir(), 'kaapana-migration-'));
    try {
      // The shared connection stays behind in the background and would hold a pipe open: stderr goes to a file.
      const stderrFile = join(folder, 'stderr');
      const args = ['-o', 'BatchMode=yes', ...this.opensSharing, this.label, 'true'];
      const { exitCode } = await this.ssh(args, { stderrFile, timeoutMs: 60_000, ...abort });
      if (exitCode !== 0) throw sshProblem(this.label, await readFile(stderrFile, 'utf8'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async exec(line: string, options?: ExecOptions): Promise<Executed> {
    const result = await this.ssh(
      ['-o', 'BatchMode=yes', '-o', 'ControlMaster=no', '-T', this.label, forAnyShell(line)],
      options,
    );
    if (result.missing)
      throw new HostProblem(
        'no-ssh',
        l10n.t`There is no program "${this.settings.sshPath}" on this machine.`,
      );
    // 255 is ssh's own word for "no connection", and for a remote command that ended with 255: none of ours does.
    if (result.exitCode === 255) throw sshProblem(this.label, result.stderr);
    return result;
  }

  terminal(line: string): Program {
    const args = [...this.common, '-tt', this.label, forAnyShell(line)];
    if (process.platform === 'win32') return { file: this.settings.sshPath, args };
    return { file: '/bin/sh', args: ['-c', FOLLOWING, 'follow', this.settings.sshPath, ...args] };
  }

  forward(to: HostPort): Promise<Forward> {
    const ssh = (args: readonly string[], options?: ExecOptions) => run(this.settings.sshPath, args, options);
    return this.sharing.length > 0
      ? forwardShared(ssh, this.common, this.label, to)
      : forwardAlone(ssh, this.common, this.label, to);
  }

  async disconnect(): Promise<void> {
    if (this.sharing.length > 0) await this.ssh(['-O', 'exit', this.label]);
  }
}
