import * as l10n from '@vscode/l10n';
import type { ExecOptions, Executed } from './exec';
import { answers, freePort, LOOPBACK } from './loopback';
import { HostProblem } from './problem';
import { sshProblem } from './sshProblem';
import type { Forward, HostPort } from './transport';

type Ssh = (args: readonly string[], options?: ExecOptions) => Promise<Executed>;

/** Another program may take the free port first. */
const TRIES = 5;
/** The shared connection answers at once, or it hangs. */
const CONTROL_TIMEOUT_MS = 10_000;
const OPEN_TIMEOUT_MS = 30_000;

const specOf = (port: number, to: HostPort): string => {
  const host = to.host.includes(':') ? `[${to.host}]` : to.host;
  return `${LOOPBACK}:${port}:${host}:${to.port}`;
};

/** Through the shared connection, which keeps the forward until it is cancelled or ends itself. */
export async function forwardShared(
  ssh: Ssh,
  common: readonly string[],
  label: string,
  to: HostPort,
): Promise<Forward> {
  const { stdout } = await ssh([...common, '-G', label]);
  const socket = /^controlpath (.+)$/m.exec(stdout)?.[1];
  // Without a configuration: otherwise ssh would also open, and later cancel, the forwards that the user has there.
  const control = (command: string, spec: string) =>
    ssh(['-F', 'none', '-S', socket ?? 'none', '-O', command, '-L', spec, '--', label], {
      timeoutMs: CONTROL_TIMEOUT_MS,
    });
  let said = '';
  for (let tries = 0; tries < TRIES; tries++) {
    const port = await freePort();
    const spec = specOf(port, to);
    const { exitCode, stderr } = await control('forward', spec);
    if (exitCode === 0)
      return {
        host: LOOPBACK,
        port,
        close: async () => {
          await control('cancel', spec);
        },
      };
    said = stderr.trim();
    if (said.includes('Control socket connect')) break;
  }
  throw new HostProblem(
    'connection-lost',
    l10n.t`The connection to ${label} gives no way to the port ${to.port} of ${to.host}: ${said || l10n.t('it does not answer.')}`,
  );
}

/** Through a connection of its own, where they cannot be shared. */
export async function forwardAlone(
  ssh: Ssh,
  common: readonly string[],
  label: string,
  to: HostPort,
): Promise<Forward> {
  const port = await freePort();
  const end = new AbortController();
  let over: Executed | undefined;
  const ended = ssh(
    [
      ...common,
      '-o',
      'BatchMode=yes',
      '-o',
      'ExitOnForwardFailure=yes',
      '-N',
      '-T',
      '-L',
      specOf(port, to),
      label,
    ],
    { signal: end.signal },
  ).then((result) => (over = result));
  const close = async () => {
    end.abort();
    await ended;
  };
  const deadline = Date.now() + OPEN_TIMEOUT_MS;
  while (!(await answers({ host: LOOPBACK, port }))) {
    if (over === undefined && Date.now() < deadline) continue;
    await close();
    throw sshProblem(label, over?.stderr ?? '');
  }
  return { host: LOOPBACK, port, close };
}
