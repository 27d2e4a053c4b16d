import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { emptyCluster, platform } from './lib/cluster.mjs';

/** What is deployed on a pretended host. */
export interface Platform {
  readonly version: string;
  readonly devMode: boolean;
  readonly instanceUid: string;
  readonly enableNfs: boolean;
  readonly hostname: string;
  /** Number of workflows that run or wait. */
  readonly runningDags: number;
  /** Folders that helm was told, where they are not the ones that the volumes show. */
  readonly fastDataDirInHelm?: string;
}

const STOCK: Platform = {
  version: '0.3.5',
  devMode: false,
  instanceUid: '',
  enableNfs: false,
  hostname: 'pacs01.clinic.example',
  runningDags: 0,
};

interface Host {
  readonly state: string;
  readonly fastDataDir: string;
  readonly slowDataDir: string;
}

const put = async (path: string, content: unknown): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
};

const metadataOf = (object: object) => (object as { metadata: { name: string } }).metadata;

/** Records a helm release. */
export async function putRelease(
  host: Host,
  namespace: string,
  name: string,
  chart: string,
  values: object = {},
): Promise<void> {
  const folder = join(host.state, 'helm', namespace, name);
  await put(join(folder, 'chart'), chart);
  await put(join(folder, 'status'), 'deployed');
  await put(join(folder, 'values.json'), values);
}

/** Records a Kubernetes object; a namespace of `_` is for objects without one. */
export async function putObject(
  host: Host,
  kind: string,
  namespace: string,
  name: string,
  body: object = {},
): Promise<void> {
  await put(join(host.state, 'k8s', kind, namespace, `${name}.json`), { metadata: { name }, ...body });
}

const psql = `exec bash ${join(import.meta.dirname, 'lib/psql.sh')} "$@"\n`;

/** Lets a database pod answer: psql looks for the words of a statement in state/sql/<name>. */
export async function putAnswers(
  host: Host,
  namespace: string,
  name: string,
  answers: Readonly<Record<string, string>>,
): Promise<void> {
  await put(join(host.state, 'exec', namespace, name), psql.replace('"$@"', `${name} "$@"`));
  for (const [word, text] of Object.entries(answers)) await put(join(host.state, 'sql', name, word), text);
}

/** Puts a platform into the state that the stand-ins of helm and kubectl show. */
export async function deployPlatform(host: Host, wanted: Partial<Platform>): Promise<void> {
  const stock = { ...STOCK, ...wanted };
  const prefix = stock.instanceUid === '' ? '' : `${stock.instanceUid}-`;
  const global = {
    fast_data_dir: stock.fastDataDirInHelm ?? host.fastDataDir,
    slow_data_dir: host.slowDataDir,
    dev_mode: String(stock.devMode),
    instance_uid: stock.instanceUid,
    enable_nfs: stock.enableNfs,
    hostname: stock.hostname,
    http_port: 80,
    https_port: 443,
    dicom_port: 11112,
    registry_url: 'registry.clinic.example/kaapana',
    kaapana_build_version: stock.version,
    services_namespace: `${prefix}services`,
    admin_namespace: 'admin',
    jobs_namespace: `${prefix}jobs`,
    extensions_namespace: `${prefix}extensions`,
    helm_storage: prefix === '' ? 'default' : `${prefix}default`,
    credentials_registry_username: 'robot',
    credentials_registry_password: 'SECRET-registry',
    credentials_keycloak_admin_password: 'SECRET-keycloak',
    credentials_minio_username: 'kaapanaminio',
    credentials_minio_password: 'SECRET-minio',
  };
  const { objects, releases } = platform({
    version: stock.version,
    fast: host.fastDataDir,
    slow: host.slowDataDir,
    nfs: stock.enableNfs,
    global,
  });
  for (const { kind, namespace, object } of [...emptyCluster('v1.28.15'), ...objects])
    await putObject(host, kind, namespace, metadataOf(object).name, object);
  for (const { namespace, name, chart, values } of releases)
    await putRelease(host, namespace, name, chart, values);
  await putRelease(host, 'admin', 'code-server-chart', 'code-server-chart-4.2.0');
  await putDatabases(host, global.services_namespace, stock.runningDags);
  await put(join(host.state, 'exec', global.services_namespace, 'opensearch-de'), OPENSEARCH);
  await put(
    join(host.state, 'indices'),
    JSON.stringify([
      { index: '.kibana_1', 'docs.count': '9' },
      { index: 'meta-index', 'docs.count': '120' },
    ]),
  );
}

/** OpenSearch for those who only ask for its indices: state/indices. */
const OPENSEARCH = `case $* in
  *_cat/indices*) cat "$KAAPANA_REHEARSAL_STATE/indices" ;;
  *) printf '{"version": {"number": "2.12.0"}}' ;;
esac
printf '\\n200'
`;

/** What the four databases answer to those who count. */
async function putDatabases(host: Host, services: string, runningDags: number): Promise<void> {
  await putAnswers(host, services, 'postgres-airflow', {
    gexec: 'public.dag 4\npublic.dag_run 310\npublic.task_instance 2200\n',
    dag_run: 'nnunet-training (running)\n'.repeat(runningDags),
    is_active: 'collect-metadata\nnnunet-training\nour-own\nservice-extract-metadata\n',
  });
  await putAnswers(host, services, 'postgres-dcm4che', {
    gexec: 'public.patient 30\npublic.study 41\npublic.series 120\npublic.instance 9000\n',
    'distinct series_iuid': '120|41\n',
  });
  await putAnswers(host, services, 'kaapana-backend-postgres-deployment', {
    gexec: 'public.dataset 6\npublic.identifiers 120\npublic.workflow 12\npublic.job 80\n',
  });
  await putAnswers(host, 'admin', 'postgres-keycloak', {
    gexec: 'public.user_entity 15\npublic.keycloak_group 2\npublic.credential 14\npublic.event_entity 70\n',
    'from user_entity': '14\n',
    'from keycloak_group': 'kaapana_admin|2\nkaapana_user|12\n',
  });
}
