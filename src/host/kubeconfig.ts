import * as l10n from '@vscode/l10n';
import { KubeConfig } from '@kubernetes/client-node';
import { quote } from '../migration/quote';
import { HostProblem } from './problem';
import type { HostPort, Transport } from './transport';

/** How the API server is reached from the host, and as whom. Lives in memory only. */
export interface Access {
  /** As the host reaches it. */
  readonly address: HostPort;
  /** The name that its certificate has to bear. */
  readonly serverName: string;
  /** Certificate authorities as PEM; undefined where the host trusts those that everybody trusts. */
  readonly ca: Buffer | undefined;
  readonly config: KubeConfig;
  /** The namespace that the account works in. */
  readonly namespace: string;
}

/** Why there is no access: nothing there, or not for this account. */
export class NoAccess extends Error {
  constructor(
    readonly state: 'absent' | 'refused',
    message: string,
  ) {
    super(message);
  }
}

const READ_TIMEOUT_MS = 30_000;

const NONE = 3;
const REFUSED = 4;
const UNUSABLE = 5;

/**
 * Prints the first kubeconfig there is: MicroK8s' own, which is right also after the cluster was installed anew, before
 * the copy in the home folder. The snap's folder may be missing in the PATH of a shell without login.
 */
const READ = `PATH=$PATH:/snap/bin
show() { case $1 in *clusters*) printf '%s\\n' "$1"; exit 0 ;; esac; }
tool=$(command -v microk8s) || tool=
if [ -n "$tool" ]; then
  said=$("$tool" config 2>&1 </dev/null); show "$said"
  show "$(sudo -n "$tool" config 2>/dev/null </dev/null)"
fi
file=$HOME/.kube/config
if [ -r "$file" ]; then show "$(cat "$file")"; fi
if [ -n "$tool" ]; then printf '%s\\n' "$said" | head -n 1 >&2; exit ${REFUSED}; fi
[ ! -e "$file" ] || exit ${UNUSABLE}
exit ${NONE}`;

/** @throws NoAccess, and HostProblem where the host cannot be reached */
export async function readAccess(transport: Transport, signal: AbortSignal): Promise<Access> {
  const exec = (line: string) => transport.exec(line, { timeoutMs: READ_TIMEOUT_MS, signal });
  const { exitCode, stdout, stderr } = await exec(READ);
  if (exitCode === undefined)
    throw new HostProblem('unreachable', l10n.t`${transport.label} does not say how its cluster is reached.`);
  if (exitCode === NONE)
    throw new NoAccess('absent', l10n.t`There is no MicroK8s and no ~/.kube/config on ${transport.label}.`);
  if (exitCode === UNUSABLE) throw unusable(l10n.t('your account cannot read it, or it names no cluster.'));
  if (exitCode !== 0)
    throw new NoAccess(
      'refused',
      l10n.t`Your account on ${transport.label} cannot read the kubeconfig of MicroK8s: ${stderr.trim() || l10n.t('it does not answer.')} Let root add the account to the group microk8s.`,
    );
  const config = parse(stdout);
  await inline(config, async (file) => (await exec(`cd ~/.kube 2>/dev/null; base64 <${quote(file)}`)).stdout);
  return accessOf(config);
}

const unusable = (message: string): NoAccess =>
  new NoAccess(
    'refused',
    l10n.t`The kubeconfig on the host cannot be used: ${message} On the host, "microk8s config > ~/.kube/config" writes it anew.`,
  );

function parse(text: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromString(text);
  } catch {
    // The parser's own words would quote the text, and secrets with it.
    throw unusable(l10n.t('it is no kubeconfig.'));
  }
  return config;
}

/** Replaces the names of files, which are the host's, by their content. */
async function inline(config: KubeConfig, read: (file: string) => Promise<string>): Promise<void> {
  const content = async (file: string | undefined, data: string | undefined) =>
    data || file === undefined ? data : (await read(file)).replaceAll(/\s/g, '');
  const { currentContext, contexts } = config;
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (!cluster || !user) throw unusable(l10n.t('it names no current cluster or user.'));
  // These would start a program of the host's choice on this machine.
  if (user.exec || user.authProvider) throw unusable(l10n.t('its user logs in through another program.'));
  const caData = await content(cluster.caFile, cluster.caData);
  const certData = await content(user.certFile, user.certData);
  const keyData = await content(user.keyFile, user.keyData);
  config.loadFromOptions({
    currentContext,
    contexts,
    // TLS is always verified, whatever the file says.
    clusters: [
      {
        name: cluster.name,
        server: cluster.server,
        skipTLSVerify: false,
        tlsServerName: cluster.tlsServerName,
        caData,
      },
    ],
    users: [
      {
        name: user.name,
        token: user.token,
        username: user.username,
        password: user.password,
        certData,
        keyData,
      },
    ],
  });
}

function accessOf(config: KubeConfig): Access {
  const cluster = config.getCurrentCluster();
  const server = URL.canParse(cluster?.server ?? '') ? new URL(cluster?.server ?? '') : undefined;
  if (!cluster || server?.protocol !== 'https:') throw unusable(l10n.t('its server is no https address.'));
  const host = server.hostname.replaceAll(/[[\]]/g, '');
  return {
    address: { host, port: Number(server.port || 443) },
    serverName: cluster.tlsServerName ?? host,
    ca: cluster.caData ? Buffer.from(cluster.caData, 'base64') : undefined,
    config,
    namespace: config.getContextObject(config.currentContext)?.namespace ?? 'default',
  };
}
