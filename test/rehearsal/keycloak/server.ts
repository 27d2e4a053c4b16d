import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Machine } from '../machine';
import { putObject } from '../platform';
import { query, stockRealm, upgraded, type Group, type Realm, type User } from './realm';

export interface KeycloakOptions {
  readonly version?: '0.3.5' | '0.4.1';
  /** The realm of an earlier installation; the old one is upgraded. */
  readonly realm?: Realm;
  /** The password of the user `admin` of the realm `master`. */
  readonly password?: string;
  /** The password in the Deployment, where it is not the same any more. */
  readonly passwordInDeployment?: string;
  /** How many requests a token is good for; a real one is good for a minute. */
  readonly tokenRequests?: number;
}

/** A running stand-in of Keycloak: the admin REST API of 23 and 26 as far as steps use it, and its database. */
export interface Keycloak {
  readonly realm: Realm;
  readonly password: string;
  /** Every token that was given out: a secret. */
  readonly tokens: string[];
  /** `METHOD path` of every request below the realm. */
  readonly requests: string[];
  /** Answers instead of the realm, while it is set. */
  fault: ((request: string) => { code: number; body: string } | 'hang' | undefined) | undefined;
  readonly stop: () => Promise<void>;
}

/** Where a stand-in announces itself. */
export type Place = Pick<Machine, 'state' | 'fastDataDir' | 'slowDataDir'>;

type Answer = readonly [code: number, body?: unknown];

const PAGE = 100;
/** What answers statements that are none of the realm's. */
const PSQL = join(import.meta.dirname, '../lib/psql.sh');

export const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};

/** Serves one port of the loopback interface and puts it behind a service of the cluster. */
export async function serve(
  host: Place,
  service: `${string}/${string}`,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await put(join(host.state, 'services', service), `127.0.0.1:${port}`);
  return {
    port,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}

const brief = ({ id, username, enabled }: User) => ({ id, username, enabled, emailVerified: false });

/** A search shows the groups at the top, with what was found below them. */
function searchGroups(groups: readonly Group[], search: string, exact: boolean): unknown[] {
  const found = groups.filter(({ name }) => (exact ? name === search : name.includes(search)));
  const shown = (group: Group, below: readonly Group[]) => ({
    id: group.id,
    name: group.name,
    path: group.path,
    subGroups: below.map(({ id, name, path }) => ({ id, name, path, subGroups: [] })),
  });
  return groups
    .filter(({ path }) => path.lastIndexOf('/') === 0)
    .map((top) => ({ top, below: found.filter(({ path }) => path.startsWith(`${top.path}/`)) }))
    .filter(({ top, below }) => below.length > 0 || found.includes(top))
    .map(({ top, below }) => shown(top, below));
}

function page<Item>(items: readonly Item[], parameters: URLSearchParams): Item[] {
  const first = Number(parameters.get('first') ?? 0);
  return items.slice(first, first + Number(parameters.get('max') ?? PAGE));
}

const notFound = (what: string): Answer => [404, { error: `Could not find ${what}` }];

/** The admin API below /auth/admin/realms/kaapana. */
function answer(realm: Realm, method: string, url: URL, body: string): Answer {
  const parameters = url.searchParams;
  const parts = url.pathname.split('/').slice(5).map(decodeURIComponent);
  const [collection, id, relation, detail] = parts;
  const shape = `${method} ${parts.map((part, index) => (index % 2 === 1 ? '*' : part)).join('/')}`;
  const user = collection === 'users' ? realm.users.find((each) => each.id === id) : undefined;
  const group = collection === 'groups' ? realm.groups.find((each) => each.id === id) : undefined;
  const role = (name: string) => ({ id: realm.roles.get(name), name, composite: false, clientRole: false });
  switch (shape) {
    case 'GET ':
      return [200, { realm: 'kaapana', passwordPolicy: realm.passwordPolicy }];
    case 'GET users': {
      const name = parameters.get('username') ?? parameters.get('search') ?? '';
      const exact = parameters.get('exact') === 'true';
      const found = realm.users.filter(({ username }) =>
        exact ? username === name : username.includes(name),
      );
      return [200, page(found, parameters).map(brief)];
    }
    case 'GET groups':
      return [
        200,
        page(
          searchGroups(realm.groups, parameters.get('search') ?? '', parameters.get('exact') === 'true'),
          parameters,
        ),
      ];
    case 'GET users/*/groups':
      return user ? [200, realm.groups.filter((each) => user.groups.has(each.id))] : notFound('User');
    case 'PUT users/*/groups/*':
      if (!user) return notFound('User');
      if (!realm.groups.some((each) => each.id === detail)) return notFound('Group');
      user.groups.add(detail ?? '');
      return [204];
    case 'DELETE users/*/groups/*':
      user?.groups.delete(detail ?? '');
      return [204];
    case 'GET roles/*':
      return realm.roles.has(id ?? '') ? [200, role(id ?? '')] : notFound('role');
    case 'POST roles': {
      const { name } = JSON.parse(body) as { name: string };
      if (realm.roles.has(name)) return [409, { errorMessage: `Role with name ${name} already exists` }];
      realm.roles.set(name, `role-${name}`);
      return [201];
    }
    case 'DELETE roles/*':
      if (!realm.roles.delete(id ?? '')) return notFound('role');
      for (const each of realm.groups) each.roles.delete(id ?? '');
      return [204];
    case 'GET groups/*/role-mappings/*':
      return group && detail === 'realm' ? [200, [...group.roles].map(role)] : notFound('Group');
    case 'POST groups/*/role-mappings/*':
    case 'DELETE groups/*/role-mappings/*': {
      if (!group) return notFound('Group');
      for (const { id: roleId, name } of JSON.parse(body) as { id: string; name: string }[]) {
        if (realm.roles.get(name) !== roleId) return notFound('role');
        if (method === 'POST') group.roles.add(name);
        else group.roles.delete(name);
      }
      return [204];
    }
    case 'GET groups/*/members':
      return group
        ? [200, page(realm.users.filter(({ groups }) => groups.has(group.id)).map(brief), parameters)]
        : notFound('Group');
    default:
      return [404, { error: `HTTP 404 Not Found: ${relation ?? collection ?? ''}` }];
  }
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: [{ readonly name: string; env?: object[] }] };
    };
  };
}

const ENVIRONMENT = {
  '0.3.5': ['KEYCLOAK_ADMIN', 'KEYCLOAK_ADMIN_PASSWORD'],
  '0.4.1': ['KC_BOOTSTRAP_ADMIN_USERNAME', 'KC_BOOTSTRAP_ADMIN_PASSWORD'],
} as const;

/** Starts Keycloak on a rehearsal machine: its Deployment, its service, and its database behind `kubectl exec`. */
export async function startKeycloak(host: Place, options: KeycloakOptions = {}): Promise<Keycloak> {
  const { version = '0.3.5', password = 'SECRET-keycloak', tokenRequests = Infinity } = options;
  const left = new Map<string, number>();
  const keycloak: Omit<Keycloak, 'stop'> = {
    realm: options.realm
      ? version === '0.4.1'
        ? upgraded(options.realm)
        : options.realm
      : stockRealm(version),
    password,
    tokens: [],
    requests: [],
    fault: undefined,
  };

  const token = (form: URLSearchParams): Answer => {
    const right =
      form.get('grant_type') === 'password' &&
      form.get('client_id') === 'admin-cli' &&
      form.get('username') === 'admin' &&
      form.get('password') === password;
    if (!right) return [401, { error: 'invalid_grant', error_description: 'Invalid user credentials' }];
    const given = `SECRET-token.${keycloak.tokens.length}.${Math.random().toString(36).slice(2)}`;
    keycloak.tokens.push(given);
    left.set(given, tokenRequests);
    return [200, { access_token: given, expires_in: 60, token_type: 'Bearer' }];
  };

  const authorised = (request: IncomingMessage): boolean => {
    const given = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const remaining = left.get(given) ?? 0;
    left.set(given, remaining - 1);
    return remaining > 0;
  };

  const respond = async (request: IncomingMessage): Promise<Answer | 'hang'> => {
    const url = new URL(request.url ?? '/', 'http://keycloak');
    const method = request.method ?? 'GET';
    const body = await bodyOf(request);
    if (url.pathname === '/database') return [200, query(keycloak.realm, body)];
    if (url.pathname === '/auth/realms/master/protocol/openid-connect/token')
      return token(new URLSearchParams(body));
    if (!/^\/auth\/admin\/realms\/kaapana(\/|$)/.test(url.pathname))
      return [404, { error: 'HTTP 404 Not Found' }];
    const line = `${method} ${url.pathname.slice('/auth/admin/realms/kaapana/'.length)}`;
    keycloak.requests.push(line);
    const fault = keycloak.fault?.(line);
    if (fault === 'hang') return fault;
    if (fault) return [fault.code, fault.body];
    if (!authorised(request)) return [401, { error: 'HTTP 401 Unauthorized' }];
    if (body !== '' && request.headers['content-type'] !== 'application/json')
      return [415, { error: 'HTTP 415 Unsupported Media Type' }];
    return answer(keycloak.realm, method, url, body);
  };

  const { port, stop } = await serve(host, 'admin/keycloak-external-service', (request, response) => {
    respond(request)
      .catch((error: unknown): Answer => [500, String(error)])
      .then((answered) => {
        if (answered === 'hang') return;
        const [code, body] = answered;
        response.writeHead(code);
        response.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
      }, console.error);
  });
  const [user, secret] = ENVIRONMENT[version];
  const deployment = await readFile(join(host.state, 'k8s/deploy/admin/keycloak.json'), 'utf8').then(
    (text) => JSON.parse(text) as Deployment,
    (): Deployment => ({ spec: { template: { spec: { containers: [{ name: 'keycloak-container' }] } } } }),
  );
  const [container] = deployment.spec.template.spec.containers;
  container.env = [
    { name: user, value: 'admin' },
    { name: secret, value: options.passwordInDeployment ?? password },
    { name: 'KC_DB_PASSWORD', value: 'keycloak' },
  ];
  await putObject(host, 'deploy', 'admin', 'keycloak', deployment);
  await put(
    join(host.state, 'exec/admin/postgres-keycloak'),
    `curl -sSf --data-binary @- http://127.0.0.1:${port}/database <<<"\${@: -1}" 2>/dev/null || exec bash '${PSQL}' postgres-keycloak "$@"\n`,
  );
  return Object.assign(keycloak, { stop });
}
