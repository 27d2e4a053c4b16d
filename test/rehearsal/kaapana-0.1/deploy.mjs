import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { platform } from '../lib/cluster.mjs';

/**
 * What `helm install` of 0.2.2 does: `node deploy.mjs FAST SLOW DOMAIN`. Everything is ready at once, but for the Job
 * dicom-init, which fails when the archive cannot write. Like the images, the archive gives its folders to itself only
 * where the mark chown.done is missing, and every deployment stores one series of its own.
 */
const [fast, slow, hostname] = process.argv.slice(2);
const STATE = process.env.KAAPANA_REHEARSAL_STATE;
const ARCHIVE = 1023;
const isRoot = process.getuid() === 0;

const put = (path, text) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
const putNew = (path, text) => existsSync(path) || put(path, text);

for (const folder of ['os/data', 'keycloak', 'postgres-backend', 'workflows/dags', 'tls'])
  mkdirSync(join(fast, folder), { recursive: true });
putNew(join(fast, 'postgres-dcm4che/PG_VERSION'), '9.6\n');
putNew(join(fast, 'postgres-dcm4che/series'), '1.3.12.2.1107.9\n');
putNew(join(slow, 'minio/.minio.sys/format.json'), '{"format":"fs"}');
for (const bucket of ['uploads', 'staticwebsiteresults'])
  mkdirSync(join(slow, 'minio', bucket), { recursive: true });

let writable = true;
for (const name of ['server_data', 'dicom_data']) {
  const folder = join(slow, 'dcm4che', name);
  mkdirSync(folder, { recursive: true });
  const mark = join(folder, 'chown.done');
  if (!existsSync(mark)) {
    writeFileSync(mark, '');
    if (isRoot) for (const path of [folder, mark]) chownSync(path, ARCHIVE, ARCHIVE);
  }
  if (isRoot && statSync(folder).uid !== ARCHIVE) writable = false;
}

const global = {
  fast_data_dir: fast,
  slow_data_dir: slow,
  hostname,
  kaapana_build_version: '0.2.2',
  registry_url: 'registry.clinic.example/kaapana',
  services_namespace: 'services',
  admin_namespace: 'admin',
  jobs_namespace: 'jobs',
  extensions_namespace: 'extensions',
};
const { releases, objects } = platform({ version: '0.2.2', fast, slow, global, ready: true });
for (const { kind, namespace, object } of objects) {
  if (kind === 'job' && object.metadata.name === 'dicom-init' && !writable)
    object.status = { failed: 3, conditions: [{ type: 'Failed', status: 'True' }] };
  put(join(STATE, 'k8s', kind, namespace, `${object.metadata.name}.json`), JSON.stringify(object));
}
// A certificate in the folder tls is taken from there.
const tls = (name) =>
  existsSync(join(fast, 'tls', name)) ? { [name]: readFileSync(join(fast, 'tls', name), 'base64') } : {};
put(
  join(STATE, 'k8s/secret/admin/certificate.json'),
  JSON.stringify({ metadata: { name: 'certificate' }, data: { ...tls('tls.crt'), ...tls('tls.key') } }),
);
for (const { namespace, name, chart, values } of releases) {
  const folder = join(STATE, 'helm', namespace, name);
  put(join(folder, 'chart'), chart);
  put(join(folder, 'status'), 'deployed');
  put(join(folder, 'values.json'), JSON.stringify(values));
}
