import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineOptions } from '../rehearsal/machine';
import { execute, stage, type Stage } from './stage';

/** A stage on which waiting takes no time, and whose kept facts lie below the machine's folder. */
export async function quickStage(step: string, options: MachineOptions = {}): Promise<Stage> {
  const at = await stage(step, options);
  Object.assign(at.env, {
    KM_POLL: '0.05',
    KM_PATIENCE: '20',
    KM_KEPT: join(at.machine.root, 'run/kept'),
    KM_PROGRESS: join(at.machine.root, 'run/progress'),
  });
  await mkdir(kept(at, ''), { recursive: true });
  return at;
}

export const kept = (at: Stage, name: string) => join(at.env['KM_KEPT']!, name);
export const keep = (at: Stage, name: string, text: string) => writeFile(kept(at, name), text);
export const state = (at: Stage, name: string) => join(at.machine.state, name);
export const fault = (at: Stage, name: string) => writeFile(state(at, `faults/${name}`), '');

/** Has the stand-ins write down how they are called; the answer reads it. */
export async function listen(at: Stage): Promise<() => Promise<string>> {
  await writeFile(state(at, 'calls'), '');
  return () => readFile(state(at, 'calls'), 'utf8');
}

/** What the undeployment asks for besides the record of what is there: settings of the databases, a compared snapshot. */
export async function readyToGoDown(at: Stage): Promise<void> {
  await keep(at, 'database-settings', 'FAST_DATA_DIR=known\n');
  await compared(at, at.machine.snapshots, 'opensearch-snapshots');
}

/** A copy below the backup folder that passes for compared: the list beside it fits, and its hashes are not looked at. */
export async function compared({ machine }: Stage, source: string, name: string): Promise<void> {
  const libraries = join(import.meta.dirname, '../../src/guides');
  const script = `. "$1/lib.sh" && . "$1/lib/copies.sh" && mkdir -p "\${3%/*}" && cp -a "$2" "$3" &&
    km_copy_listing "$3" >"$3.list" && : >"$3.sha256"`;
  const words = [libraries, source, join(machine.backupDisk, 'km', name)];
  const { code, said } = await execute(
    'bash',
    ['-c', script, 'compared', ...words],
    machine.env,
    machine.home,
  );
  if (code !== 0) throw new Error(said);
}

/** A full backup of one folder. */
export async function backedUp(at: Stage): Promise<Stage> {
  await compared(at, join(at.machine.fastDataDir, 'postgres-backend'), 'full-backup/fast/postgres-backend');
  await writeFile(join(at.machine.backupDisk, 'km/full-backup/complete'), 'fast/postgres-backend\n');
  return at;
}

/** Takes the platform off the cluster, as the undeployment does. */
export async function undeployed(at: Stage): Promise<Stage> {
  await keep(at, 'workflow-files', '');
  await rm(state(at, 'helm'), { recursive: true });
  await mkdir(state(at, 'helm'));
  for (const kind of await readdir(state(at, 'k8s')))
    for (const space of await readdir(state(at, `k8s/${kind}`)))
      if (kind === 'pv' || ['admin', 'services'].includes(space))
        await rm(state(at, `k8s/${kind}/${space}`), { recursive: true });
  for (const space of ['admin', 'services', 'jobs', 'extensions'])
    await rm(state(at, `k8s/ns/_/${space}.json`));
  return at;
}

/** A host as the new platform is deployed on it: MicroK8s 1.31, migrated databases, and what was kept of the old one. */
export async function migrated(at: Stage): Promise<Stage> {
  await undeployed(at);
  await writeFile(state(at, 'snap/microk8s'), 'v1.31.3 7394 1.31/stable\n');
  for (const folder of ['postgres-backend', 'keycloak/db-files', 'postgres-airflow', 'postgres-dcm4che'])
    await writeFile(join(at.machine.fastDataDir, folder, 'PG_VERSION'), '17\n');
  await keep(at, 'platform', 'chart=0.3.5\nhostname=pacs01.clinic.example\nhttps_port=443\n');
  await keep(at, 'baseline.json', JSON.stringify(BASELINE));
  return at;
}

/** What was recorded of the rehearsal's platform. */
export const BASELINE = {
  recorded: '2026-03-01 18:00',
  version: '0.3.5',
  numbers: {
    series: 120,
    studies: 41,
    users: 14,
    'members/kaapana_admin': 2,
    'members/kaapana_user': 12,
    'documents/meta-index': 120,
    'documents/our-own-index': 7,
    'objects/thumbnails': 2,
    'objects/staticwebsiteresults': 1,
    'objects/uploads': 1,
    'rows/dcm4che/public.series': 120,
    'rows/dcm4che/public.patient': 30,
    'rows/backend/public.dataset': 6,
    'rows/keycloak/public.event_entity': 70,
  },
  lists: { workflows: ['collect-metadata', 'our-own', 'service-extract-metadata'] },
};
