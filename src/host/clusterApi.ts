import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type ConnectionOptions } from 'node:tls';
import { KubeConfig, Watch } from '@kubernetes/client-node';
import type { Access } from './kubeconfig';
import type { HostPort } from './transport';

/** What the API server answered instead of what was asked for. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface Call {
  readonly method?: 'GET' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** Leads every connection through the forward, and verifies the name that the kubeconfig gives the server. */
class ForwardAgent extends Agent {
  constructor(
    private readonly to: HostPort,
    private readonly serverName: string,
    options: ConnectionOptions,
  ) {
    super({ ...options, keepAlive: true, rejectUnauthorized: true });
  }

  override createConnection(options: ConnectionOptions) {
    const name = this.serverName;
    return connect({
      ...options,
      ...this.to,
      // An address cannot be asked for, but is verified all the same.
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    });
  }
}

/** client-node's own requests, as its watches are, go through our agent. */
class ForwardedConfig extends KubeConfig {
  constructor(
    config: KubeConfig,
    private readonly agent: Agent,
  ) {
    super();
    this.loadFromOptions(config);
  }

  override async applyToFetchOptions(options: RequestOptions) {
    const init = await super.applyToFetchOptions(options);
    return { ...init, agent: this.agent };
  }
}

/** The API server of one cluster, reached by one forward. */
export class ClusterApi {
  private constructor(
    private readonly agent: Agent,
    private readonly base: string,
    private readonly options: RequestOptions,
    private readonly watcher: Watch,
  ) {}

  static async open({ config, serverName, ca }: Access, to: HostPort): Promise<ClusterApi> {
    const found: RequestOptions = {};
    await config.applyToHTTPSOptions(found);
    const { cert, key, headers, auth } = found;
    const agent = new ForwardAgent(to, serverName, { ca, cert, key });
    return new ClusterApi(
      agent,
      config.getCurrentCluster()?.server ?? '',
      { agent, ...(headers ? { headers } : {}), ...(auth ? { auth } : {}) },
      new Watch(new ForwardedConfig(config, agent)),
    );
  }

  /** Ends every connection, also those in use. */
  close(): void {
    this.agent.destroy();
  }

  async json<T>(path: string, call: Call = {}): Promise<T> {
    return JSON.parse(await textOf(await this.open(path, call))) as T;
  }

  /** Hands the answer on as it comes, until it ends. */
  async stream(path: string, call: Call, onText: (text: string) => void): Promise<void> {
    const answer = await this.open(path, call);
    answer.setEncoding('utf8');
    for await (const text of answer) onText(text as string);
  }

  /**
   * Follows a resource until the server ends the watch, as it does after the seconds asked for.
   * @throws ApiError, or what is wrong with the connection
   */
  watch(
    path: string,
    query: Readonly<Record<string, string>>,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown) => {
        if (!error || signal.aborted) resolve();
        else reject(asError(error));
      };
      this.watcher
        .watch(path, query, (type, object) => onEvent({ type, object }), done)
        .then((controller) => {
          const abort = () => controller.abort();
          if (signal.aborted) abort();
          else signal.addEventListener('abort', abort, { once: true });
          controller.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort));
        }, reject);
    });
  }

  private async open(path: string, { method = 'GET', query, body, contentType, signal }: Call) {
    const url = new URL(this.base + path);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    signal?.throwIfAborted();
    const text = body === undefined ? '' : JSON.stringify(body);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, {
        ...this.options,
        method,
        headers: {
          accept: 'application/json',
          // For a DELETE, Node sends a body without saying where it ends.
          ...(text === '' ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(this.options.headers as Record<string, string> | undefined),
        },
      });
      // Node's own signal would also break the connection, with an error that nobody gets.
      const abort = () => outgoing.destroy();
      signal?.addEventListener('abort', abort, { once: true });
      outgoing.once('close', () => signal?.removeEventListener('abort', abort));
      outgoing.once('response', (answer) => {
        // Whoever reads it is told; what breaks between two readings must not end the program.
        answer.on('error', () => undefined);
        resolve(answer);
      });
      outgoing.on('error', reject);
      outgoing.end(text);
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw new ApiError(status, messageOf(await textOf(answer), answer.statusMessage ?? ''));
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  const parts: string[] = [];
  for await (const part of answer) parts.push(part as string);
  return parts.join('');
}

/** A refusal is mostly a Status object, and sometimes plain text. */
function messageOf(text: string, otherwise: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? otherwise;
  } catch {
    return text.trim() || otherwise;
  }
}

/** client-node tells an answer's status as a property of its error. */
function asError(error: unknown): Error {
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number') return new ApiError(statusCode, String(message));
  return error instanceof Error ? error : new Error(String(error));
}
