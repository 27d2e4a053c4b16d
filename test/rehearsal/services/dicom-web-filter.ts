import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine';
import { putAnswers } from '../platform';

const PACKAGES = import.meta.dirname;

/** The dicom-web-filter of 0.4.1 with the service of projects beside it, the archive's database and the scheduler's pod. */
export interface DicomWebFilter {
  /** Series of the archive: number of the series, number of its study. */
  readonly archive: Map<string, string>;
  /** Series of the project admin. */
  readonly assigned: Set<string>;
  /** Every request: method and path. */
  readonly requests: string[];
  /** How many requests a login holds for. */
  loginHolds: number;
  /** What is answered instead, by method and path. */
  intercept: (method: string, path: string) => number | 'hang' | undefined;
  /** Writes what the two databases say. Called after each change that the service makes, and by tests after theirs. */
  readonly publish: () => void;
  readonly close: () => Promise<void>;
}

const podScript = (body: string): string => `#!/bin/bash\n# A pod of the rehearsal.\n${body}\n`;

/** Starts the services and puts their pods onto a machine. */
export async function startDicomWebFilter(machine: Machine): Promise<DicomWebFilter> {
  const exec = join(machine.state, 'exec/services');
  await mkdir(exec, { recursive: true });
  const archive = new Map<string, string>();
  const assigned = new Set<string>();
  const known = new Set<string>();
  let login = 0;
  let used = 0;
  const filter: DicomWebFilter = {
    archive,
    assigned,
    requests: [],
    loginHolds: Infinity,
    intercept: () => undefined,
    publish: () => {
      const say = (pod: string, words: string, text: string) =>
        writeFileSync(join(machine.state, 'sql', pod, words), text);
      const counts = `${archive.size}|${new Set(archive.values()).size}\n`;
      say('postgres-dcm4che', 'distinct series_iuid', counts);
      say('postgres-dcm4che', 'series_iuid) from series', `${archive.size}\n`);
      say(
        'postgres-dcm4che',
        'distinct study_iuid, series_iuid',
        [...archive].map(([series, study]) => `${study} ${series}\n`).join(''),
      );
      const mapping = 'dicom-project-mapping-postgres';
      say(mapping, 'count(*) from data_projects', `${assigned.size}\n`);
      say(
        mapping,
        'series_instance_uid from data_projects',
        [...assigned].map((series) => `${series}\n`).join(''),
      );
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const answer = (
    method: string,
    path: string,
    query: URLSearchParams,
  ): readonly [status: number, body: string] => {
    if (path === '/aii-service/projects/admin') return [200, '{"id": 1, "name": "admin"}'];
    const series = path.split('/').at(-1) ?? '';
    if (/^\/dicom-web-filter-service\/data\/[^/]+$/.test(path) && method === 'PUT') {
      if (!query.get('study_uid')) return [422, '{"detail": []}'];
      known.add(series);
      return [200, '{}'];
    }
    if (path === '/dicom-web-filter-service/projects/1/data' && method === 'GET')
      return [200, JSON.stringify([...assigned].map((each) => ({ series_instance_uid: each })))];
    if (/^\/dicom-web-filter-service\/projects\/1\/data\/[^/]+$/.test(path)) {
      if (method === 'DELETE')
        return assigned.delete(series) ? [200, 'null'] : [500, 'Internal Server Error'];
      // The foreign key of the table.
      if (!known.has(series)) return [200, 'Project mapping already exists!'];
      assigned.add(series);
      return [200, '{}'];
    }
    return [404, '{"detail": "Not Found"}'];
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const end = (status: number, body: string) => {
      response.writeHead(status);
      response.end(body);
    };
    if (url.pathname === '/login') {
      used = 0;
      end(200, `SECRET-token-${++login}`);
      return;
    }
    filter.requests.push(`${method} ${url.pathname}`);
    const instead = filter.intercept(method, url.pathname);
    if (instead === 'hang') return;
    // Whoever comes with an old login gets an internal error: the check of tokens does not catch its own refusal.
    const current = String(request.headers['x-forwarded-access-token']).startsWith('SECRET-token-');
    const [status, body] =
      instead !== undefined
        ? [instead, 'instead']
        : !current || ++used > filter.loginHolds
          ? [500, 'Internal Server Error']
          : answer(method, url.pathname, url.searchParams);
    filter.publish();
    end(status, body);
  };
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  await writeFile(
    join(exec, 'airflow-scheduler'),
    podScript(`PYTHONPATH=${PACKAGES} PYTHONDONTWRITEBYTECODE=1 REHEARSAL_PORT=${port} exec "$@"`),
  );
  for (const pod of ['postgres-dcm4che', 'dicom-project-mapping-postgres']) {
    await mkdir(join(machine.state, 'sql', pod), { recursive: true });
    await putAnswers(machine, 'services', pod, {});
  }
  filter.publish();
  return filter;
}
