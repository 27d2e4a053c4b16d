import * as l10n from '@vscode/l10n';
import { get, type IncomingMessage } from 'node:http';
import type { OpenFace, WebFace } from '../platform/types';
import { ApiError, type ClusterApi } from './clusterApi';
import { LOOPBACK, relay } from './loopback';
import type { Forward, HostPort, Transport } from './transport';
import { withoutPrefix } from './withoutPrefix';

/** How long a face may take to say where it leads. */
const PATIENCE_MS = 5_000;
/** A face that leads on more often than this leads in a circle. */
const MOST_HOPS = 5;

interface KubeService {
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  };
}

/** The face's service as the host reaches it, led to this machine's loopback. */
export async function openFace(
  api: ClusterApi,
  transport: Transport,
  face: WebFace,
): Promise<Omit<OpenFace, 'close'> & { readonly way: Forward }> {
  const { title, service, port, path } = face;
  const found = await portOf(api, face);
  const way = await wayTo(transport, { host: found.address, port }, face.prefix);
  const url = `${found.scheme}://${LOOPBACK}:${way.port}${path}`;
  try {
    const leadsTo = found.scheme === 'http' ? await foreignOrigin(url) : undefined;
    return { url, way, ...(leadsTo === undefined ? {} : { leadsTo }) };
  } catch {
    await way.close();
    throw new Error(
      l10n.t`${title} gives no answer: nothing listens behind the service ${service.name}. It may still be starting.`,
    );
  }
}

async function wayTo(transport: Transport, to: HostPort, prefix: string | undefined): Promise<Forward> {
  const direct = await transport.forward(to);
  // A browser elsewhere is led on by the editor, and that from the loopback only.
  if (prefix === undefined) return direct.host === LOOPBACK ? direct : relay(direct);
  const way = await withoutPrefix(direct, prefix);
  const close = async () => {
    await way.close();
    await direct.close();
  };
  return { ...way, close };
}

async function portOf(api: ClusterApi, { title, service: { namespace, name }, port }: WebFace) {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`;
  const { spec } = await api.json<KubeService>(path).catch((error: unknown) => {
    throw error instanceof ApiError && error.status === 404
      ? new Error(l10n.t`${title} cannot be reached: the service ${name} is not there.`)
      : error;
  });
  const found = spec.ports?.find((each) => each.port === port);
  if (!found || !spec.clusterIP || spec.clusterIP === 'None')
    throw new Error(l10n.t`${title} cannot be reached: the service ${name} has no port ${port}.`);
  return { address: spec.clusterIP, scheme: port === 443 || found.name === 'https' ? 'https' : 'http' };
}

/**
 * Asks the face once, without credentials, and follows where it leads. A face that takes its time leads nowhere, as far
 * as is known.
 * @throws where nothing answers
 */
async function foreignOrigin(first: string): Promise<string | undefined> {
  let url = new URL(first);
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const answer = await ask(url);
    const location = answer?.headers.location;
    if (location === undefined || !URL.canParse(location, url.href)) return undefined;
    const next = new URL(location, url.href);
    if (next.origin !== url.origin) return next.origin;
    url = next;
  }
  return undefined;
}

const ask = (url: URL): Promise<IncomingMessage | undefined> =>
  new Promise((resolve, reject) => {
    const asked = get(url, { agent: false }, (answer) => {
      answer.destroy();
      resolve(answer);
    });
    asked.setTimeout(PATIENCE_MS, () => {
      resolve(undefined);
      asked.destroy();
    });
    asked.on('error', reject);
  });
