import { randomBytes } from 'node:crypto';
import { chown, link, lutimes, mkdir, open, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The folders in which a pretended platform keeps its data. */
export interface DataFolders {
  readonly fastDataDir: string;
  readonly slowDataDir: string;
  readonly snapshots: string;
}

const isRoot = process.getuid?.() === 0;
const OPENSEARCH = 1000;
const POSTGRES = 70;
const CHUNK = 1024 * 1024;

async function writeFileAt(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function writeRandom(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    for (let left = bytes; left > 0; left -= CHUNK) await file.write(randomBytes(Math.min(left, CHUNK)));
  } finally {
    await file.close();
  }
}

/** Gives a tree to its service's user, where this process may, and the age that a real one has. */
async function settle(path: string, owner: number, time: Date): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await settle(child, owner, time);
    else {
      if (isRoot && !entry.isSymbolicLink()) await chown(child, owner, owner);
      await lutimes(child, time, time);
    }
  }
  if (isRoot) await chown(path, owner, owner);
  await lutimes(path, time, time);
}

/** An OpenSearch snapshot as it lies on disk, with a few names that a careless script stumbles over. */
async function growSnapshot(folder: string, bytes: number): Promise<void> {
  const index = join(folder, 'indices/kT2bQzX4R_-s9dV0lQm1Yg');
  await writeFileAt(join(folder, 'index-0'), '{"snapshots":[{"name":"pre_040","state":1}]}');
  await writeFileAt(join(folder, 'index.latest'), Buffer.alloc(8));
  await writeFileAt(join(folder, 'meta-3Zq8.dat'), randomBytes(700));
  await writeFileAt(join(folder, 'snap-3Zq8.dat'), randomBytes(300));
  await writeFileAt(join(index, 'meta-pQ1x.dat'), randomBytes(900));
  const parts = 24;
  for (let part = 0; part < parts; part++)
    await writeRandom(join(index, String(part % 4), `__${part.toString(36)}`), Math.floor(bytes / parts));
  await writeFileAt(join(folder, 'note by Dr. Jäger (2026).txt'), 'kept with care\n');
  await writeFileAt(join(folder, 'indices/-rf *\n"quoted"\\'), 'an odd name\n');
  await mkdir(join(folder, 'indices/empty'), { recursive: true });
  await link(join(folder, 'index-0'), join(folder, 'indices/hard link'));
  await symlink('../index.latest', join(folder, 'indices/latest'));
}

/** Fills the data folders of a 0.3.5 platform: databases, metadata, a snapshot, the receiver, workflows and archive. */
export async function growDataFolders(folders: DataFolders, snapshotBytes: number): Promise<void> {
  const { fastDataDir: fast, slowDataDir: slow, snapshots } = folders;
  const time = new Date('2024-03-05T06:07:08.900Z');
  for (const database of ['postgres-backend', 'keycloak/db-files', 'postgres-airflow', 'postgres-dcm4che']) {
    await writeFileAt(join(fast, database, 'PG_VERSION'), '15\n');
    await writeRandom(join(fast, database, 'base/16384/2619'), 65_536);
    await settle(join(fast, database), POSTGRES, time);
  }
  await writeRandom(join(fast, 'os/data/nodes/0/_state/segments_1'), 40_000);
  await growSnapshot(snapshots, snapshotBytes);
  await settle(join(fast, 'os'), OPENSEARCH, time);
  for (const folder of ['ctp/incoming', 'workflows/dags', 'alembic', 'ldap', 'slapd.d', 'extensions', 'tls'])
    await mkdir(join(fast, folder), { recursive: true });
  await writeFileAt(join(fast, 'workflows/dags/dag_collect_metadata.py'), '# a workflow of the platform\n');
  await writeFileAt(join(slow, 'minio/.minio.sys/format.json'), '{}');
  await writeRandom(join(slow, 'dcm4che/dicom_data/2024/03/05/1.dcm'), 10_000);
}
