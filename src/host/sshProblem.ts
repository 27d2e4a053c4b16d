import * as l10n from '@vscode/l10n';
import { HostProblem } from './problem';

type Kind = readonly [pattern: RegExp, problem: (host: string, said: string) => HostProblem];

/** What OpenSSH says, and what it means. The first that fits counts. */
const KINDS: readonly Kind[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Offending .* key in|differs from the key for the IP address/,
    (host) =>
      new HostProblem(
        'host-key-changed',
        l10n.t`The host key of ${host} is not the one that was seen before.`,
      ),
  ],
  [
    /Host key verification failed/,
    (host) =>
      new HostProblem(
        'needs-login',
        l10n.t`The host key of ${host} is not known yet: compare its fingerprint when you log in.`,
      ),
  ],
  [
    /Permission denied|Too many authentication failures|No supported authentication methods/,
    (host) => new HostProblem('needs-login', l10n.t`${host} asks for a login.`),
  ],
  [
    /Could not resolve hostname|Name or service not known|nodename nor servname/,
    (host) => new HostProblem('unknown-host', l10n.t`There is no host named ${host}.`),
  ],
  [
    /Connection refused|timed out|No route to host|Network is unreachable|Connection closed by|Connection reset by|kex_exchange_identification/,
    (host, said) => new HostProblem('unreachable', l10n.t`${host} cannot be reached: ${said}`),
  ],
];

const lastLine = (stderr: string): string => stderr.trim().split('\n').at(-1)?.trim() ?? '';

/** Reads what ssh printed when it could not connect. */
export function sshProblem(host: string, stderr: string): HostProblem {
  const said = lastLine(stderr) || l10n.t('ssh ended without a word.');
  const kind = KINDS.find(([pattern]) => pattern.test(stderr));
  return kind ? kind[1](host, said) : new HostProblem('unreachable', l10n.t`ssh to ${host} failed: ${said}`);
}
