import { readFileSync } from 'node:fs';
import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Engine } from './engine';
import type { Query } from './index';
import { Refusal } from './snapshots';

/** A request as faults and tests see it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** What is answered instead; `hang` never answers, `drop` cuts the connection. */
export type Instead =
  { readonly status: number; readonly body: object | string } | 'hang' | 'drop' | undefined;

type Handler = (engine: Engine, names: readonly string[], asked: Asked) => object | string;
type Route = readonly [method: string, path: RegExp, handler: Handler];

/** What was sent; each handler knows its form. */
const json = (asked: Asked) => JSON.parse(asked.body || '{}') as never;
const yes = { acknowledged: true };
const n = (names: readonly string[], at: number) => names[at] ?? '';
const OWN_TEMPLATES = { index_templates: [] };

const ROUTES: readonly Route[] = [
  [
    'GET',
    /^\/$/,
    ({ node }) => ({
      cluster_name: 'docker-cluster',
      version: { distribution: 'opensearch', number: node.version },
    }),
  ],
  [
    'GET',
    /^\/_nodes\/settings$/,
    ({ node }) => ({
      nodes: {
        n0:
          node.pathRepo.length > 0
            ? { settings: { path: { repo: node.pathRepo } } }
            : { settings: { path: {} } },
      },
    }),
  ],
  [
    'GET',
    /^\/_cat\/indices$/,
    (engine) =>
      [...engine.indices.values()].map((index) => ({
        index: index.name,
        health: engine.health([index.name]).status,
        status: 'open',
        'docs.count': String(index.found().length),
        'store.size': String(index.bytes),
      })),
  ],
  [
    'GET',
    /^\/_cluster\/health(?:\/(.+))?$/,
    (engine, names, { query }) => {
      const known = names[0]?.split(',') ?? [...engine.indices.keys()];
      if (known.some((name) => !engine.indices.has(name))) return { status: 'red', timed_out: true };
      const health = engine.health(known);
      const order = ['red', 'yellow', 'green'];
      return {
        ...health,
        timed_out: order.indexOf(health.status) < order.indexOf(query.get('wait_for_status') ?? 'red'),
      };
    },
  ],
  [
    'GET',
    /^\/_index_template\/(.+)$/,
    (engine, [name]) => {
      const template = engine.templates.get(name ?? '');
      if (!template)
        throw new Refusal(
          404,
          'resource_not_found_exception',
          `index template matching [${name ?? ''}] not found`,
        );
      return { ...OWN_TEMPLATES, index_templates: [{ name, index_template: template }] };
    },
  ],
  ['GET', /^\/_tasks$/, (engine, _, { query }) => engine.runningTasks(query.get('actions') ?? '')],
  ['GET', /^\/_tasks\/(.+)$/, (engine, [id]) => engine.task(id ?? '')],
  ['POST', /^\/_reindex$/, (engine, _, asked) => engine.reindex(json(asked))],
  [
    'POST',
    /^\/_search\/scroll$/,
    (engine, _, asked) => engine.scroll((json(asked) as { scroll_id: string }).scroll_id),
  ],
  [
    'DELETE',
    /^\/_search\/scroll$/,
    (engine, _, asked) => ({
      succeeded: engine.clearScroll((json(asked) as { scroll_id: string }).scroll_id),
    }),
  ],
  [
    'GET',
    /^\/_snapshot\/([^/]+)$/,
    (engine, [name]) => {
      const repository = engine.repositories.get(name ?? '');
      if (!repository) throw new Refusal(404, 'repository_missing_exception', `[${name ?? ''}] missing`);
      return { [name ?? '']: repository };
    },
  ],
  [
    'PUT',
    /^\/_snapshot\/([^/]+)$/,
    (engine, names, asked) => {
      engine.register(n(names, 0), json(asked));
      return yes;
    },
  ],
  [
    'DELETE',
    /^\/_snapshot\/([^/]+)$/,
    (engine, names) => {
      engine.repository(n(names, 0));
      engine.repositories.delete(n(names, 0));
      return yes;
    },
  ],
  [
    'POST',
    /^\/_snapshot\/([^/]+)\/_verify$/,
    (engine, names) => {
      engine.repository(n(names, 0)).verify();
      return { nodes: { n0: { name: 'pacs01' } } };
    },
  ],
  [
    'GET',
    /^\/_snapshot\/([^/]+)\/([^/]+)\/_status$/,
    (engine, names) => engine.snapshotStatus(n(names, 0), n(names, 1)),
  ],
  [
    'GET',
    /^\/_snapshot\/([^/]+)\/([^/]+)$/,
    (engine, names) => ({ snapshots: engine.snapshots(n(names, 0), n(names, 1)) }),
  ],
  [
    'PUT',
    /^\/_snapshot\/([^/]+)\/([^/]+)$/,
    (engine, names, asked) => engine.snapshot(n(names, 0), n(names, 1), json(asked)),
  ],
  [
    'DELETE',
    /^\/_snapshot\/([^/]+)\/([^/]+)$/,
    (engine, names) => {
      engine.repository(n(names, 0)).remove(n(names, 1));
      return yes;
    },
  ],
  [
    'POST',
    /^\/_snapshot\/([^/]+)\/([^/]+)\/_restore$/,
    (engine, names, asked) => engine.restore(n(names, 0), n(names, 1), json(asked)),
  ],
  ['GET', /^\/([^/_][^/]*)\/_count$/, (engine, names) => engine.count(n(names, 0))],
  [
    'POST',
    /^\/([^/_][^/]*)\/_count$/,
    (engine, names, asked) => engine.count(n(names, 0), (json(asked) as { query?: Query }).query),
  ],
  [
    'GET',
    /^\/([^/_][^/]*)\/_stats(?:\/docs)?$/,
    (engine, names) => ({
      indices: {
        [n(names, 0)]: {
          shards: Object.fromEntries(
            [0, 1, 2, 3].map((shard) => [
              shard,
              [{ seq_no: { max_seq_no: shard === 0 ? engine.index(n(names, 0)).maxSeqNo : -1 } }],
            ]),
          ),
        },
      },
    }),
  ],
  [
    'POST',
    /^\/([^/_][^/]*)\/_search$/,
    (engine, names, asked) => engine.search(n(names, 0), json(asked), asked.query.has('scroll')),
  ],
  [
    'POST',
    /^\/([^/_][^/]*)\/_mget$/,
    (engine, names, asked) =>
      engine.mget(
        n(names, 0),
        (json(asked) as { ids: string[] }).ids,
        asked.query.get('_source') !== 'false',
      ),
  ],
  [
    'POST',
    /^\/([^/_][^/]*)\/_bulk$/,
    (engine, names, asked) => {
      const answer = engine.bulk(n(names, 0), asked.body);
      if (asked.query.get('refresh') === 'true') engine.index(n(names, 0)).refresh();
      return answer;
    },
  ],
  [
    'POST',
    /^\/([^/_][^/]*)\/_refresh$/,
    (engine, names) => {
      engine.index(n(names, 0)).refresh();
      return { _shards: { total: 4, successful: 4, failed: 0 } };
    },
  ],
  [
    'GET',
    /^\/([^/_][^/]*)\/_mapping$/,
    (engine, names) => ({ [n(names, 0)]: { mappings: engine.index(n(names, 0)).mappings } }),
  ],
  [
    'PUT',
    /^\/([^/_][^/]*)\/_mapping$/,
    (engine, names, asked) => {
      const index = engine.index(n(names, 0));
      index.mappings = { ...index.mappings, ...(json(asked) as object) };
      return yes;
    },
  ],
  [
    'GET',
    /^\/([^/_][^/]*)$/,
    (engine, names) => {
      const { mappings, settings, name } = engine.index(n(names, 0));
      return { [name]: { aliases: {}, mappings, settings } };
    },
  ],
  [
    'PUT',
    /^\/([^/_][^/]*)$/,
    (engine, names, asked) => {
      engine.create(n(names, 0), json(asked));
      return yes;
    },
  ],
  [
    'DELETE',
    /^\/([^/_][^/]*)$/,
    (engine, names) => {
      engine.index(n(names, 0));
      engine.indices.delete(n(names, 0));
      return yes;
    },
  ],
];

function answer(engine: Engine, asked: Asked): { status: number; body: object | string } {
  for (const [method, path, handler] of ROUTES) {
    const names = method === asked.method ? path.exec(asked.path) : null;
    if (!names) continue;
    try {
      const body = handler(
        engine,
        names.slice(1).map((name) => decodeURIComponent(name)),
        asked,
      );
      // Health that did not become as wished in time is an answer, and an error at once.
      return { status: (body as { timed_out?: boolean }).timed_out === true ? 408 : 200, body };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const cause = { type: error.type, reason: error.message };
      return {
        status: error.status,
        body: { error: { ...cause, root_cause: [cause] }, status: error.status },
      };
    }
  }
  const reason = `no handler found for uri [${asked.path}] and method [${asked.method}]`;
  return { status: 400, body: { error: reason } };
}

/** Whoever comes with the administrator's certificate may do everything; others are not let in. */
const isAdmin = ({ socket }: IncomingMessage): boolean =>
  'authorized' in socket && socket.authorized === true;

export interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Serves an engine on the loopback interface: plain HTTP, or HTTPS for which one needs the certificate in `certificates`. */
export async function listen(
  engine: Engine,
  options: {
    readonly certificates?: string;
    readonly intercept: (asked: Asked) => Instead | Promise<Instead>;
    readonly other?: (asked: Asked) => { status: number; body: object | string } | undefined;
  },
): Promise<Listening> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const asked: Asked = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    const instead = await options.intercept(asked);
    if (instead === 'hang') return;
    if (instead === 'drop') {
      request.socket.destroy();
      return;
    }
    const refused =
      options.certificates !== undefined && !isAdmin(request)
        ? { status: 401, body: 'Unauthorized' }
        : undefined;
    const { status, body } = instead ?? refused ?? options.other?.(asked) ?? answer(engine, asked);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    });
    response.end(text);
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500);
      response.end(JSON.stringify({ error: String(error) }));
    });
  };
  const { certificates } = options;
  const server: Server =
    certificates === undefined
      ? createPlain(handle)
      : createSecure(
          {
            cert: readFileSync(join(certificates, 'admin.pem')),
            key: readFileSync(join(certificates, 'admin-key.pem')),
            ca: readFileSync(join(certificates, 'admin.pem')),
            requestCert: true,
            rejectUnauthorized: false,
          },
          handle,
        );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
