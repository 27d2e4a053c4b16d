import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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

const volumes = ({ fastDataDir, slowDataDir }: Host): readonly (readonly [name: string, path: string])[] => [
  ['os-data-pv-volume', `${fastDataDir}/os/data`],
  ['os-logs-pv-volume', `${fastDataDir}/os/logs`],
  ['keycloak-pv-volume', `${fastDataDir}/keycloak`],
  ['af-postgres-pv-volume', `${fastDataDir}/postgres-airflow`],
  ['backend-pv-volume', `${fastDataDir}/postgres-backend`],
  ['dcm4chee-postgres-pv-volume', `${fastDataDir}/postgres-dcm4che`],
  ['dcm4chee-dicom-pv-volume', `${slowDataDir}/dcm4che/dicom_data`],
  ['minio-pv-volume', `${slowDataDir}/minio`],
];

/** Puts a platform into the state that the stand-ins of helm and kubectl show. */
export async function deployPlatform(host: Host, wanted: Partial<Platform>): Promise<void> {
  const platform = { ...STOCK, ...wanted };
  const prefix = platform.instanceUid === '' ? '' : `${platform.instanceUid}-`;
  const storage = prefix === '' ? 'default' : `${prefix}default`;
  const values = {
    global: {
      fast_data_dir: platform.fastDataDirInHelm ?? host.fastDataDir,
      slow_data_dir: host.slowDataDir,
      dev_mode: String(platform.devMode),
      instance_uid: platform.instanceUid,
      enable_nfs: platform.enableNfs,
      hostname: platform.hostname,
      http_port: 80,
      https_port: 443,
      dicom_port: 11112,
      registry_url: 'registry.clinic.example/kaapana',
      kaapana_build_version: platform.version,
      services_namespace: `${prefix}services`,
      admin_namespace: 'admin',
      jobs_namespace: `${prefix}jobs`,
      extensions_namespace: `${prefix}extensions`,
      credentials_registry_password: 'SECRET-registry',
      credentials_keycloak_admin_password: 'SECRET-keycloak',
    },
  };
  await putRelease(host, storage, 'kaapana-admin-chart', `kaapana-admin-chart-${platform.version}`, values);
  await putRelease(
    host,
    storage,
    'kaapana-platform-chart',
    `kaapana-platform-chart-${platform.version}`,
    values,
  );
  await putRelease(host, 'admin', 'code-server-chart', 'code-server-chart-4.2.0');
  for (const name of [
    'kube-system',
    'kube-public',
    'kube-node-lease',
    'default',
    'admin',
    'services',
    'jobs',
    'extensions',
  ])
    await putObject(host, 'ns', '_', name);
  for (const [name, path] of volumes(host))
    await putObject(host, 'pv', '_', name, {
      spec: {
        ...(platform.enableNfs ? { nfs: { server: '10.152.183.15', path } } : { hostPath: { path } }),
        claimRef: { namespace: 'services' },
      },
    });
  await putObject(host, 'node', '_', 'pacs01', { status: { nodeInfo: { kubeletVersion: 'v1.28.15' } } });
  await put(
    join(host.state, 'exec', `${prefix}services`, 'postgres-airflow'),
    `echo ${platform.runningDags}\n`,
  );
}
