/** What a cluster holds: empty, and with a Kaapana of each version. Data only; who calls it stores the objects. */

/** Deployments: namespace, name, label, container, image, and how the data on disk is called where it has any. */
const COMMON = [
  ['admin', 'keycloak', 'keycloak', 'keycloak-container', 'keycloak'],
  ['admin', 'postgres-keycloak', 'postgres-keycloak', 'postgres-keycloak-container', 'POSTGRES'],
  ['admin', 'kube-helm-deployment', 'kube-helm', 'kube-helm', 'kube-helm'],
  ['admin', 'oauth2-proxy', 'oauth2-proxy', 'oauth2-proxy', 'oauth2-proxy'],
  ['services', 'os-dashboards-de', 'os-dashboards', 'os-dashboards-container', 'opensearch-dashboards'],
  ['services', 'airflow-scheduler', 'airflow-scheduler', 'scheduler', 'airflow'],
  ['services', 'airflow-webserver', 'airflow-webserver', 'webserver', 'airflow'],
  ['services', 'postgres-airflow', 'postgres-airflow', 'postgres', 'POSTGRES'],
  ['services', 'kaapana-backend', 'kaapana-backend', 'kaapana-backend', 'kaapana-backend'],
  [
    'services',
    'kaapana-backend-postgres-deployment',
    'kaapana-backend-postgres',
    'kaapana-backend-postgres',
    'POSTGRES',
  ],
  ['services', 'minio-deployment', 'minio', 'minio', 'minio'],
  ['services', 'dcm4chee', 'dcm4chee', 'dcm4chee', 'dcm4chee-arc-psql'],
  ['services', 'postgres-dcm4che', 'postgres-dcm4che', 'dcm4che-db', 'dcm4che-postgres'],
  ['services', 'ctp', 'ctp', 'ctp', 'ctp'],
];

const VERSIONS = {
  '0.3.5': {
    postgres: 'postgres-15.6-alpine',
    namespaces: ['admin', 'services', 'jobs', 'extensions'],
    admin: ['KEYCLOAK_ADMIN', 'KEYCLOAK_ADMIN_PASSWORD'],
    deployments: COMMON,
    jobs: {
      admin: ['keycloak-init', 'init-collections', 'init-extensions'],
      services: ['minio-init', 'dicom-init', 'init-meta', 'kaapana-plugin'],
    },
    volumes: [],
  },
  '0.4.1': {
    postgres: 'postgres-17.2-alpine',
    namespaces: ['admin', 'services', 'extensions', 'project-admin'],
    admin: ['KC_BOOTSTRAP_ADMIN_USERNAME', 'KC_BOOTSTRAP_ADMIN_PASSWORD'],
    deployments: [
      ...COMMON,
      ['services', 'access-information-interface', 'aii', 'aii', 'access-information-interface'],
      ['services', 'access-information-point', 'access-information-point', 'postgres', 'POSTGRES'],
      ['services', 'dicom-web-filter', 'dicom-web-filter', 'dicom-web-filter', 'dicom-web-filter'],
      [
        'services',
        'dicom-project-mapping-postgres',
        'dicom-project-mapping-postgres',
        'postgres',
        'POSTGRES',
      ],
    ],
    jobs: {
      admin: ['keycloak-init', 'init-collections', 'init-extensions'],
      services: ['minio-init', 'dicom-init', 'init-meta', 'kaapana-plugin', 'init-projects'],
      'project-admin': ['create-project-user'],
    },
    volumes: [['os-snapshots-pv-volume', 'os/snapshots']],
  },
};

const VOLUMES = [
  ['os-data-pv-volume', 'os/data'],
  ['os-logs-pv-volume', 'os/logs'],
  ['keycloak-pv-volume', 'keycloak'],
  ['af-postgres-pv-volume', 'postgres-airflow'],
  ['backend-pv-volume', 'postgres-backend'],
  ['dcm4chee-postgres-pv-volume', 'postgres-dcm4che'],
];
const SLOW_VOLUMES = [
  ['dcm4chee-dicom-pv-volume', 'dcm4che/dicom_data'],
  ['minio-pv-volume', 'minio'],
];

const object = (kind, namespace, name, body = {}) => ({
  kind,
  namespace,
  object: { metadata: { name, ...(namespace === '_' ? {} : { namespace }) }, ...body },
});

/** The model of a version, also for builds on top of it and for its later patches. */
export const modelOf = (version) => (version.startsWith('0.4.') ? VERSIONS['0.4.1'] : VERSIONS['0.3.5']);

/** An installed MicroK8s without anything on it. */
export function emptyCluster(kubelet) {
  return [
    ...['kube-system', 'kube-public', 'kube-node-lease', 'default'].map((name) => object('ns', '_', name)),
    object('node', '_', 'pacs01', {
      status: {
        nodeInfo: { kubeletVersion: kubelet },
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    }),
    ...deployment(['kube-system', 'coredns', 'kube-dns', 'coredns', 'coredns'], 'docker.io', '1.10.1', true),
    object('cm', 'kube-system', 'coredns', {
      data: { Corefile: '.:53 {\n    errors\n    kubernetes cluster.local\n    forward . 192.0.2.53\n}\n' },
    }),
  ];
}

const OPENSEARCH_HOME = '/usr/share/opensearch';

/** The entry opensearch.yml: unused at 0.3.5 unless it was set up for snapshots; 0.4.0 names no folder for them. */
function opensearchSettings(version, allowed) {
  if (modelOf(version) === VERSIONS['0.3.5'])
    return allowed
      ? `cluster.name: docker-cluster\npath.repo: ["${OPENSEARCH_HOME}/logs"]\nnetwork.host: 0.0.0.0\n`
      : `############## OpenSearch Security configuration ###############
plugins.security.advanced_modules_enabled: false
plugins.security.authcz.admin_dn:
  - "CN=kirk,OU=client,O=client,l=tEst, C=De"
`;
  return `plugins.security.disabled: "false"
plugins.security.ssl.http.enabled : "true"
plugins.security.restapi.admin.enabled: true
${version === '0.4.0' ? '' : `path.repo: ["${OPENSEARCH_HOME}/snapshots"]\n`}`;
}

/** What the pod of OpenSearch mounts. */
function opensearchPod(version, allowed) {
  const old = modelOf(version) === VERSIONS['0.3.5'];
  const mount = (name, mountPath, subPath) => ({ name, mountPath, ...(subPath ? { subPath } : {}) });
  const mounted = !old || allowed;
  const entry = (key) => ({ key, path: key });
  return {
    mounts: [
      mount('osdata', `${OPENSEARCH_HOME}/data`),
      mount('oslogs', `${OPENSEARCH_HOME}/logs`),
      ...(old
        ? [mount('sec-config', 'plugins/opensearch-security/securityconfig/config.yml', 'config.yml')]
        : []),
      ...(mounted ? [mount('sec-config', `${OPENSEARCH_HOME}/config/opensearch.yml`, 'opensearch.yml')] : []),
      ...(old || version === '0.4.0' ? [] : [mount('ossnapshots', `${OPENSEARCH_HOME}/snapshots`)]),
    ],
    volumes: [
      { name: 'osdata', persistentVolumeClaim: { claimName: 'os-data-pv-claim' } },
      { name: 'oslogs', persistentVolumeClaim: { claimName: 'os-logs-pv-claim' } },
      {
        name: 'sec-config',
        configMap: {
          name: 'os-config',
          items: [entry('config.yml'), ...(mounted ? [entry('opensearch.yml')] : [])],
        },
      },
    ],
  };
}

/** OpenSearch of a version: its settings, its Deployment and its pod. `allowed`: 0.3.5 was set up for snapshots. */
export function opensearch({ version, namespace, registry, ready = true, allowed = false }) {
  const config = object('cm', namespace, 'os-config', {
    data: {
      'config.yml': '_meta:\n  type: "config"\n',
      'opensearch.yml': opensearchSettings(version, allowed),
    },
  });
  const row = [namespace, 'opensearch-de', 'opensearch', 'opensearch-container', 'opensearch'];
  return [config, ...deployment(row, registry, version, ready, [], opensearchPod(version, allowed))];
}

function deployment(
  [namespace, name, label, container, image],
  registry,
  version,
  ready,
  env = [],
  { mounts, volumes } = {},
) {
  const labels = { 'app-name': label };
  const template = {
    metadata: { labels },
    spec: {
      containers: [{ name: container, image: `${registry}/${image}:${version}`, env, volumeMounts: mounts }],
      volumes,
      imagePullSecrets: [{ name: 'registry-secret' }],
    },
  };
  const available = ready ? 1 : 0;
  return [
    object('deploy', namespace, name, {
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
      status: { replicas: 1, updatedReplicas: 1, readyReplicas: available, availableReplicas: available },
    }),
    object('pod', namespace, `${name}-7d9c5b-x2x4z`, {
      metadata: { name: `${name}-7d9c5b-x2x4z`, namespace, labels },
      spec: template.spec,
      status: {
        phase: ready ? 'Running' : 'Pending',
        containerStatuses: [
          {
            name: container,
            ready,
            state: ready ? { running: {} } : { waiting: { reason: 'ContainerCreating' } },
          },
        ],
      },
    }),
  ];
}

const job = (namespace, name, ready) =>
  object('job', namespace, name, {
    spec: { completions: 1 },
    status: ready ? { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } : { active: 1 },
  });

const variables = (values) => Object.entries(values).map(([name, value]) => ({ name, value }));

/** A deployed Kaapana: its objects and helm releases. Not `ready`: as it is just after the script has ended. */
export function platform({ version, fast, slow, global, nfs = false, ready = true }) {
  const model = modelOf(version);
  const space = (name) => global[`${name}_namespace`] ?? name;
  const registry = global.registry_url;
  const env = (name) => {
    if (name === 'keycloak')
      return variables({
        [model.admin[0]]: 'admin',
        [model.admin[1]]: global.credentials_keycloak_admin_password,
      });
    if (name === 'minio-deployment')
      return variables({
        MINIO_ROOT_USER: global.credentials_minio_username,
        MINIO_ROOT_PASSWORD: global.credentials_minio_password,
      });
    return [];
  };
  const volume = ([name, path], folder) =>
    object('pv', '_', name, {
      spec: {
        ...(nfs
          ? { nfs: { server: '10.152.183.15', path: `${folder}/${path}` } }
          : { hostPath: { path: `${folder}/${path}` } }),
        claimRef: { namespace: space('services') },
        persistentVolumeReclaimPolicy: 'Retain',
      },
    });
  const dashboard =
    global.dev_mode === 'true' || global.dev_mode === true
      ? 'cluster-admin'
      : 'kaapana-kube-dashboard-production';
  const values = { global };
  return {
    releases: [
      {
        namespace: global.helm_storage ?? 'default',
        name: 'kaapana-admin-chart',
        chart: `kaapana-admin-chart-${version}`,
        values,
      },
      {
        namespace: global.helm_storage ?? 'default',
        name: 'kaapana-platform-chart',
        chart: `kaapana-platform-chart-${version}`,
        values,
      },
      ...(model === VERSIONS['0.4.1']
        ? [{ namespace: 'admin', name: 'project-admin', chart: `project-namespace-${version}`, values: {} }]
        : []),
    ],
    objects: [
      ...model.namespaces.map((name) => object('ns', '_', space(name))),
      ...VOLUMES.map((each) => volume(each, fast)),
      ...model.volumes.map((each) => volume(each, fast)),
      ...SLOW_VOLUMES.map((each) => volume(each, slow)),
      ...model.deployments.flatMap(([namespace, name, label, container, image]) =>
        deployment(
          [space(namespace), name, label, container, image === 'POSTGRES' ? model.postgres : image],
          registry,
          version,
          ready,
          env(name),
        ),
      ),
      ...Object.entries(model.jobs).flatMap(([namespace, names]) =>
        names.map((name) => job(space(namespace), name, ready)),
      ),
      ...opensearch({ version, namespace: space('services'), registry, ready }),
      object('crb', '_', 'kaapana-kube-dashboard', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: dashboard },
      }),
      ...['admin', 'services'].map((name) =>
        object('secret', space(name), 'system-user-password', {
          data: { 'system-user-password': 'U0VDUkVULXN5c3RlbQ==' },
        }),
      ),
    ],
  };
}
