import { join } from 'node:path';
import { put, serve, type Place } from './server';

/** A running stand-in of the service that keeps the projects of 0.4, and of its database. */
export interface Projects {
  /** Users of the project admin, with their roles. */
  readonly members: Map<string, string>;
  readonly requests: string[];
  /** Answers instead of the service, while it is set. */
  fault: ((request: string) => { code: number; body: string } | 'hang' | undefined) | undefined;
  readonly stop: () => Promise<void>;
}

const ROLES = ['admin'];

/** Starts it on a rehearsal machine; one user belongs to the project admin already. */
export async function startProjects(host: Place, firstMember: string): Promise<Projects> {
  const projects: Omit<Projects, 'stop'> = {
    members: new Map([[firstMember, 'admin']]),
    requests: [],
    fault: undefined,
  };
  const { members } = projects;

  const answer = (line: string): readonly [code: number, body: unknown] => {
    const [, role, user = ''] = /^POST \/projects\/admin\/role\/([^/]+)\/user\/([^/]+)$/.exec(line) ?? [];
    if (role) {
      if (!ROLES.includes(role)) return [404, { detail: 'Project or User Role not found' }];
      if (members.has(user)) return [409, { detail: 'Mapping already exists.' }];
      members.set(user, role);
      return [200, true];
    }
    const [, leaving] = /^DELETE \/projects\/admin\/user\/([^/]+)\/rolemapping$/.exec(line) ?? [];
    if (leaving) return members.delete(leaving) ? [200, true] : [404, { detail: 'Mapping not found' }];
    if (line === 'GET /projects/admin')
      return [200, { id: 1, name: 'admin', s3_bucket: 'project-admin', opensearch_index: 'project_admin' }];
    if (line === 'GET /database') return [200, [...members].map(([id, name]) => `${id}|${name}\n`).join('')];
    return [404, { detail: 'Not Found' }];
  };

  const { port, stop } = await serve(host, 'services/aii-service', (request, response) => {
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    if (line !== 'GET /database') projects.requests.push(line);
    const fault = projects.fault?.(line);
    if (fault === 'hang') return;
    const [code, body] = fault ? [fault.code, fault.body] : answer(line);
    response.writeHead(code);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await put(
    join(host.state, 'exec/services/access-information-point'),
    `[[ \${@: -1} == *users_projects_roles*projects*roles* ]] || exit 1\nexec curl -sSf http://127.0.0.1:${port}/database\n`,
  );
  return Object.assign(projects, { stop });
}
