import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from './cluster.mjs';

/**
 * What `helm install` of the platform chart does to the pretended cluster. `node deploy.mjs VALUES`, with helm's values in
 * a JSON file, makes releases and objects, nothing of it ready. After state/deploy-seconds, and when there is no file
 * state/deploy-hold, kubectl finds all of it ready, but for what state/faults says: job-NAME never succeeds, crash-NAME and pull-NAME keep a Deployment down.
 */
const STATE = process.env.KAAPANA_REHEARSAL_STATE;
const DEPLOYING = join(STATE, 'deploying.json');
const fault = (name) => existsSync(join(STATE, 'faults', name));

const DATABASES = {
  'kaapana-backend-postgres-deployment': 'postgres-backend',
  'postgres-keycloak': 'keycloak/db-files',
  'postgres-airflow': 'postgres-airflow',
  'postgres-dcm4che': 'postgres-dcm4che',
};

const put = (path, text) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
};
const putObject = ({ kind, namespace, object }) =>
  put(join(STATE, 'k8s', kind, namespace, `${object.metadata.name}.json`), JSON.stringify(object));

const majorOf = (global) => (global.kaapana_build_version.startsWith('0.4.') ? '17' : '15');
const modelOf = (global, ready) => ({
  version: global.kaapana_build_version,
  fast: global.fast_data_dir,
  slow: global.slow_data_dir,
  global,
  ready,
});

function install(global) {
  const { releases, objects } = platform(modelOf(global, false));
  const seconds = existsSync(join(STATE, 'deploy-seconds'))
    ? Number(readFileSync(join(STATE, 'deploy-seconds'), 'utf8'))
    : 0;
  put(DEPLOYING, JSON.stringify({ global, until: Date.now() + seconds * 1000 }));
  objects.forEach(putObject);
  for (const { namespace, name, chart, values } of releases) {
    const folder = join(STATE, 'helm', namespace, name);
    put(join(folder, 'status'), 'deployed');
    put(join(folder, 'values.json'), JSON.stringify(values));
    put(join(folder, 'chart'), chart);
  }
  put(
    join(global.fast_data_dir, 'workflows/dags/dag_collect_metadata.py'),
    `# a workflow of the platform ${global.kaapana_build_version}\n`,
  );
  if (majorOf(global) === '17') {
    for (const folder of ['snapshots', 'certs', 'security-backup'])
      mkdirSync(join(global.fast_data_dir, 'os', folder), { recursive: true });
    put(join(global.fast_data_dir, `extensions/minio-sync-chart-${global.kaapana_build_version}.tgz`), '');
  }
}

/** A database folder of another major version keeps its server down; a missing one becomes an empty one, silently. */
function startsUp(name, global) {
  const folder = DATABASES[name];
  if (!folder) return !fault(`crash-${name}`) && !fault(`pull-${name}`);
  const mark = join(global.fast_data_dir, folder, 'PG_VERSION');
  if (!existsSync(mark)) put(mark, `${majorOf(global)}\n`);
  return readFileSync(mark, 'utf8').trim() === majorOf(global) && !fault(`crash-${name}`);
}

function keepDown({ kind, object }, global) {
  const name = object.metadata.name.replace(/-7d9c5b-x2x4z$/, '');
  if (kind === 'job' && fault(`job-${name}`))
    object.status = {
      failed: 3,
      conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }],
    };
  if ((kind !== 'deploy' && kind !== 'pod') || startsUp(name, global)) return;
  const reason = fault(`pull-${name}`) ? 'ImagePullBackOff' : 'CrashLoopBackOff';
  if (kind === 'deploy') object.status = { ...object.status, readyReplicas: 0, availableReplicas: 0 };
  else
    object.status.containerStatuses[0] = {
      ...object.status.containerStatuses[0],
      ready: false,
      state: { waiting: { reason } },
    };
}

/** The platform that is being deployed becomes ready, once its time has come. */
export function becomeReady() {
  if (!existsSync(DEPLOYING) || existsSync(join(STATE, 'deploy-hold'))) return;
  const { global, until } = JSON.parse(readFileSync(DEPLOYING, 'utf8'));
  if (Date.now() < until) return;
  for (const each of platform(modelOf(global, true)).objects)
    if (['deploy', 'pod', 'job'].includes(each.kind)) {
      keepDown(each, global);
      putObject(each);
    }
  rmSync(DEPLOYING, { force: true });
}

if (process.argv[1]?.endsWith('/deploy.mjs'))
  install(JSON.parse(readFileSync(process.argv[2], 'utf8')).global);
