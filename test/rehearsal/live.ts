import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { putImage } from '../postgres/docker';
import { startProjects, type Projects } from './keycloak/projects';
import { stockRealm, type Realm } from './keycloak/realm';
import { startKeycloak } from './keycloak/server';
import type { Machine } from './machine';
import { startKubeHelm } from './minio/kube-helm';
import { startStore, type Store } from './minio/store';
import { putAnswers } from './platform';
import { startDicomWebFilter, type DicomWebFilter } from './services/dicom-web-filter';
import { startOpenSearch, type OpenSearch } from './services/opensearch/pod';

const call = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const OPENSEARCH = 1000;

/** The four databases: pod, folder, user, name, image. */
const DATABASES = [
  [
    'services',
    'kaapana-backend-postgres-deployment',
    'postgres-backend',
    'kaapanauser',
    'kaapanauser',
    'postgres',
  ],
  ['admin', 'postgres-keycloak', 'keycloak/db-files', 'keycloak', 'keycloak', 'postgres'],
  ['services', 'postgres-airflow', 'postgres-airflow', 'root', 'airflow', 'postgres'],
  ['services', 'postgres-dcm4che', 'postgres-dcm4che', 'pacs', 'pacsdb', 'dcm4che'],
] as const;

const ROWS = `select format('select %L, count(*) from %I.%I', schemaname || '.' || tablename, schemaname, tablename)
  from pg_tables where schemaname not in ('pg_catalog', 'information_schema') \\gexec`;
const SERIES = 'select series_iuid, study_iuid from series join study on study.pk = study_fk';

/** The test image that every deployment sends. */
export const PHANTOM = { series: '2.25.1', study: '2.25.2' } as const;

/** Marks what the platform itself runs on the machine, for those who kill a step. */
export const LIVE = 'KAAPANA_REHEARSAL_LIVE=1';

/**
 * A platform that follows what is deployed on a machine: with the release its services come, on the data that lies in the
 * data folders, and with it they go. Databases are really started on their folders, once, by the version's own server;
 * their pods then say what was found. What people and the cluster would keep is kept here.
 */
export interface LivePlatform {
  readonly realm: Realm;
  readonly store: Store;
  /** The services of the platform that is deployed. */
  readonly opensearch: () => OpenSearch;
  readonly filter: () => DicomWebFilter;
  readonly projects: () => Projects;
  /** Waits until the services belong to what is deployed. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Services {
  readonly version: string;
  readonly opensearch: OpenSearch;
  readonly filter?: DicomWebFilter;
  readonly projects?: Projects;
  readonly stop: () => Promise<void>;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Lets the platform of a machine live. Its first one is deployed already. */
export async function live(machine: Machine): Promise<LivePlatform> {
  const { state } = machine;
  const realm = stockRealm('0.3.5');
  const store = await startStore(machine);
  let services: Services | undefined;
  let before: Services | undefined;
  let identity = '';
  const loop: { ended: boolean; failure?: Error } = { ended: false };
  for (const [image, kind] of [
    ['postgres-15.6-alpine:0.3.5', 'postgres'],
    ['dcm4che-postgres:0.3.5', 'dcm4che'],
    ['postgres-17.2-alpine:0.4.1', 'postgres'],
    ['dcm4che-postgres:0.4.1', 'dcm4che'],
  ] as const)
    await putImage(machine, 'images', imageOf(kind, image));

  const comeUp = async (version: string): Promise<Services> => {
    const series = await startDatabases(machine, version);
    const keycloak = await startKeycloak(machine, {
      version: version === '0.3.5' ? '0.3.5' : '0.4.1',
      realm,
    });
    await startStore(machine, { keep: true });
    const opensearch = await startOpenSearch(machine, version as '0.3.5' | '0.4.1');
    if (isRoot) await chown(join(machine.fastDataDir, 'os/data'), OPENSEARCH, OPENSEARCH);
    const stops = [keycloak.stop, opensearch.close];
    if (version === '0.3.5') return { version, opensearch, stop: () => all(stops) };
    const user = realm.users.find(({ username }) => username === 'kaapana');
    const projects = await startProjects(machine, user?.id ?? '');
    const filter = await startDicomWebFilter(machine);
    for (const [uid, study] of [...series, [PHANTOM.series, PHANTOM.study] as const])
      filter.archive.set(uid, study);
    filter.assigned.add(PHANTOM.series);
    filter.publish();
    const kubeHelm = await startKubeHelm(machine);
    opensearch.engine.templates.set('project_', { index_patterns: ['project_*'] });
    const project = opensearch.engine.writable('project_admin');
    project.write('phantom', { '0020000E SeriesInstanceUID_keyword': PHANTOM.series });
    project.refresh();
    return {
      version,
      opensearch,
      projects,
      filter,
      stop: () => all([...stops, projects.stop, filter.close, kubeHelm.stop]),
    };
  };

  const follow = async (): Promise<void> => {
    const chart = join(state, 'helm/default/kaapana-platform-chart/chart');
    const text = await readFile(chart, 'utf8').catch(() => undefined);
    if (text === '') return; // it is just being written
    const found = text === undefined ? undefined : await stat(chart).catch(() => undefined);
    const now = found ? `${found.ino} ${found.mtimeMs}` : '';
    if (now !== identity) {
      if (services) {
        before = services;
        services = undefined;
        await before.stop();
      }
      await rm(join(state, 'exec'), { recursive: true, force: true });
      await rm(join(state, 'services'), { recursive: true, force: true });
      if (now !== '') {
        const version = (text ?? '').trim().replace('kaapana-platform-chart-', '');
        services = await comeUp(version);
        // The same OpenSearch on the same folder has what it had.
        if (before?.version === version) carryOver(before.opensearch, services.opensearch);
      }
      identity = now;
    }
    // Nothing becomes ready before its services are there.
    const hold = join(state, 'deploy-hold');
    if (services && existsSync(join(state, 'deploying.json'))) await rm(hold, { force: true });
    else if (!existsSync(hold)) await writeFile(hold, '');
  };
  const following = (async () => {
    while (!loop.ended) {
      await follow();
      await pause(30);
    }
  })().catch((error: unknown) => {
    loop.failure = error instanceof Error ? error : new Error(String(error));
  });

  const there = <Service>(service: Service | undefined): Service => {
    if (service === undefined) throw new Error('The platform that has it is not deployed.');
    return service;
  };
  return {
    realm,
    store,
    opensearch: () => there(services?.opensearch),
    filter: () => there(services?.filter),
    projects: () => there(services?.projects),
    settled: async () => {
      for (let tries = 0; tries < 2000; tries++) {
        if (loop.failure) throw loop.failure;
        if (services) return;
        await pause(30);
      }
      throw new Error('The platform did not come up.');
    },
    stop: async () => {
      loop.ended = true;
      await following;
      await services?.stop();
      if (loop.failure) throw loop.failure;
    },
  };
}

const all = async (stops: readonly (() => Promise<void>)[]): Promise<void> => {
  for (const stop of stops) await stop();
};

const imageOf = (kind: string, name: string) => `cluster.invalid/${kind}/${name}`;

function carryOver(from: OpenSearch, to: OpenSearch): void {
  for (const [name, index] of from.engine.indices) to.engine.indices.set(name, index);
  for (const [name, repository] of from.engine.repositories) to.engine.repositories.set(name, repository);
}

/** Starts each server on its folder, writes down what it says, and stops it. Gives back the archive's series. */
async function startDatabases(machine: Machine, version: string): Promise<Map<string, string>> {
  const old = version === '0.3.5';
  const env = {
    ...machine.env,
    HOME: join(machine.root, 'root'),
    KAAPANA_REHEARSAL_AS_ROOT: '1',
    KAAPANA_REHEARSAL_LIVE: '1',
  };
  const script = `set -e
    docker run -d --pull never --name "live-$4" -v "$1:/var/lib/postgresql/data" "$2" >/dev/null
    trap 'docker rm -f "live-$4" >/dev/null' EXIT
    until docker exec "live-$4" pg_isready -q -h 127.0.0.1 -U "$3" -d "$4"; do sleep 0.1; done
    docker exec -i "live-$4" psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -U "$3" -d "$4" -f - <<<"$5"
    docker stop -t 60 "live-$4" >/dev/null`;
  const asked = DATABASES.map(async ([namespace, pod, folder, user, name, kind]) => {
    const image =
      kind === 'dcm4che' ? 'dcm4che-postgres' : old ? 'postgres-15.6-alpine' : 'postgres-17.2-alpine';
    const statements = kind === 'dcm4che' ? `${ROWS}\n${SERIES};` : ROWS;
    const words = [
      join(machine.fastDataDir, folder),
      imageOf(kind, `${image}:${old ? '0.3.5' : '0.4.1'}`),
      user,
      name,
    ];
    const { stdout } = await call('bash', ['-c', script, 'live', ...words, statements], { env });
    const lines = stdout.trim().split('\n');
    const rows = lines.filter((line) => /^\S+\.\S+ \d+$/.test(line) && !/^[\d.]+ [\d.]+$/.test(line));
    await putAnswers(machine, namespace, pod, { gexec: `${rows.join('\n')}\n` });
    return lines
      .filter((line) => /^[\d.]+ [\d.]+$/.test(line))
      .map((line) => line.split(' ') as [string, string]);
  });
  const series = new Map((await Promise.all(asked)).flat());
  await putAnswers(machine, 'services', 'postgres-dcm4che', {
    'distinct series_iuid': `${series.size}|${new Set(series.values()).size}\n`,
  });
  await putAnswers(machine, 'services', 'postgres-airflow', {
    dag_run: '',
    is_active: 'collect-metadata\nour-own\n',
    last_parsed_time: '2\n',
    import_error: '',
  });
  await mkdir(join(machine.state, 'exec/services'), { recursive: true });
  return series;
}
