import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createMachine, type Machine, type MachineOptions, type Sudo } from './machine';
import { endMarkedProcesses } from './processes';
import { startSshd, type Authentication, type Sshd } from './sshd';

export interface RehearsalOptions extends MachineOptions {
  readonly authentication?: Authentication;
  /** Whether the client knows the host key already. Default: yes. */
  readonly hostKnown?: boolean;
}

/** A pretended Kaapana host that one reaches over a real OpenSSH server on 127.0.0.1. */
export interface RehearsalHost extends Omit<Machine, 'remove'>, Omit<Sshd, 'configFile' | 'fingerprint'> {
  /** An ssh configuration that knows the host as `rehearsal`: `ssh -F <file> rehearsal`. */
  readonly sshConfigFile: string;
  readonly hostKeyFingerprint: () => Promise<string>;
  /** The host dies: connections and everything that runs on it. `comeBack` brings it up again. */
  readonly kill: () => Promise<void>;
  /** Ends everything and removes the host's folder. */
  readonly stop: () => Promise<void>;
}

/** Starts a rehearsal host. Nothing of the machine's own ssh settings, keys or home directories is used or changed. */
export async function startRehearsalHost(options: RehearsalOptions = {}): Promise<RehearsalHost> {
  const { remove, ...machine } = await createMachine(options);
  try {
    const { configFile, fingerprint, ...sshd } = await startSshd(
      join(machine.root, 'ssh'),
      machine.home,
      machine.env,
      {
        authentication: options.authentication ?? 'key',
        hostKnown: options.hostKnown ?? true,
      },
    );
    return {
      ...machine,
      ...sshd,
      sshConfigFile: configFile,
      hostKeyFingerprint: fingerprint,
      kill: async () => {
        await sshd.goDown();
        await endMarkedProcesses(machine.root);
      },
      stop: async () => {
        await sshd.goDown();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const USAGE = `Serves a rehearsal host until Ctrl-C.

  npx tsx test/rehearsal/host.ts [--auth key|key-with-passphrase|password] [--sudo nopasswd|password|refused]
      [--snapshot-mb 300] [--copy-seconds 20] [--host-unknown]
`;

async function serve(): Promise<void> {
  const { values } = parseArgs({
    options: {
      auth: { type: 'string', default: 'key' },
      sudo: { type: 'string', default: 'password' },
      'snapshot-mb': { type: 'string', default: '40' },
      'copy-seconds': { type: 'string', default: '8' },
      'host-unknown': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const host = await startRehearsalHost({
    authentication: values.auth as Authentication,
    sudo: values.sudo as Sudo,
    hostKnown: !values['host-unknown'],
    snapshotBytes: Number(values['snapshot-mb']) * 1_000_000,
    copySeconds: Number(values['copy-seconds']),
  });
  // Ctrl-C may arrive several times: from the terminal, from npx and from tsx. Only the first one counts.
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= host.stop().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  console.log(`The rehearsal host is ready:\n\n  ssh -F ${host.sshConfigFile} ${host.alias}\n`);
  console.log(`Host key   ${await host.hostKeyFingerprint()}`);
  console.log(`sudo       password: ${host.sudoPassword}`);
  if (host.passphrase !== '') console.log(`Key        passphrase: ${host.passphrase}`);
  console.log(`Folder     ${host.root}\n\nCtrl-C stops it and removes its folder.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve();
