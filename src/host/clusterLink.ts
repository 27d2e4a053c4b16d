import * as l10n from '@vscode/l10n';
import type { Link } from '../platform/types';
import { ApiError } from './clusterApi';
import { quote } from '../migration/quote';
import { NoAccess, type Access } from './kubeconfig';
import type { HostPort, Transport } from './transport';

type Told = Omit<Link, 'since'>;

/** What Node says of a certificate that the kubeconfig's authority did not sign. */
const FOREIGN: readonly unknown[] = [
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const EXPIRED: readonly unknown[] = ['CERT_HAS_EXPIRED', 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED'];

/** What Node says of a connection that ended, which tells a person nothing more. */
const ENDED: readonly unknown[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

const REPLACED = l10n.t(
  'The API server shows a certificate that the kubeconfig on the host does not vouch for, as after a new installation. Nothing is sent to it; the kubeconfig is read again.',
);

/**
 * What a connection that ended, or did not come about, says about the cluster.
 * @param wasLive the cluster has been seen, and is the one that it was
 */
export function linkAfter(error: unknown, before: Link['state'], wasLive: boolean): Told {
  const { code, message, reason } = error as { code?: unknown; message: string; reason?: unknown };
  if (error instanceof NoAccess) return { state: error.state, detail: message };
  if (error instanceof ApiError) {
    if (error.status === 401)
      return {
        state: 'refused',
        detail: l10n.t('The API server refuses the credentials that the kubeconfig on the host holds.'),
      };
    return { state: wasLive ? 'lost' : before, detail: l10n.t`The API server answers: ${message}` };
  }
  if (FOREIGN.includes(code)) return { state: 'replaced', detail: REPLACED };
  if (EXPIRED.includes(code) || code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { state: 'refused', detail: l10n.t`The certificate of the API server is not valid: ${message}` };
  // The way to the host itself: its problems say what to do.
  if (reason !== undefined) return { state: 'lost', detail: message };
  if (wasLive)
    return {
      state: 'lost',
      detail: ENDED.includes(code)
        ? l10n.t('The connection to the API server was lost.')
        : l10n.t`The connection to the API server was lost: ${message}`,
    };
  return {
    state: before === 'replaced' ? 'replaced' : 'absent',
    detail: l10n.t(
      'The host has a kubeconfig, but no API server answers there. MicroK8s may be stopped or still starting.',
    ),
  };
}

const PROBE_TIMEOUT_MS = 10_000;

/** What Node says of a connection that was cut before anything came. */
const CUT: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/**
 * An SSH server that forwards nothing looks from here like a port on which nobody listens. Whether somebody does, the host
 * is asked itself.
 */
export async function forwardRefused(
  error: unknown,
  transport: Transport,
  { address }: Access,
  forward: HostPort,
): Promise<NoAccess | undefined> {
  const direct = forward.host === address.host && forward.port === address.port;
  if (direct || !CUT.includes((error as { code?: unknown }).code)) return undefined;
  const probe = `exec bash -c 'exec 3<>"/dev/tcp/$0/$1"' ${quote(address.host)} ${address.port} 2>/dev/null`;
  const { exitCode } = await transport.exec(probe, { timeoutMs: PROBE_TIMEOUT_MS });
  if (exitCode !== 0) return undefined;
  return new NoAccess(
    'refused',
    l10n.t`The API server runs, but the SSH server of ${transport.label} does not forward to it. Let root allow it there: AllowTcpForwarding in sshd_config. Every step works without.`,
  );
}
