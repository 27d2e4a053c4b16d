import { execFileSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolders, oldStage } from '../guides/old-stage';
import { against, contest, type Measurement } from './measure';

const FILES = 20_000;

/** Measures the resumable, compared copy of an archive of many small files against a plain rsync of the same folders. */
export async function measureTreeCopies(): Promise<Measurement[]> {
  const at = await oldStage();
  try {
    await freshFolders(at);
    const source = `${at.fast}_0.1.3`;
    const many = 'mkdir -p many/{1..200} && for i in {1..FILES}; do echo $i >many/$((i % 200 + 1))/$i; done';
    execFileSync('bash', ['-c', many.replace('FILES', String(FILES))], {
      cwd: join(source, 'dcm4che/dicom_data/fs1'),
    });
    const bare = join(at.machine.backupDisk, 'bare');
    const rsync = (name: string, ...options: string[]) =>
      execFileSync('rsync', [
        ...['-aHAX', '--numeric-ids', '--delete', '--mkpath', ...options],
        ...[`${source}/${name}/`, `${bare}/${name}/`],
      ]);
    const copied = ['dcm4che/dicom_data', 'postgres-dcm4che', 'minio'];
    const prepare = async () => {
      await rm(bare, { recursive: true, force: true });
      const { code, said } = await at.run('copy-data', 'undo');
      if (code !== 0) throw new Error(said);
      for (const name of copied) await rm(join(at.fast, `${name}.copied`), { recursive: true, force: true });
      if ((await readdir(at.fast)).some((name) => name.endsWith('.copied')))
        throw new Error('A copy stayed.');
      // What was removed is off the disk, and the source in memory: neither falls on whoever comes next.
      execFileSync('sync');
      execFileSync('bash', ['-c', 'find "$1" -type f -print0 | xargs -0 cat >/dev/null', 'warm', source]);
    };
    const taken = await contest(
      {
        bare: { prepare, work: () => copied.forEach((name) => rsync(name)) },
        // What a careful person would type.
        careful: {
          prepare,
          work: () => {
            copied.forEach((name) => rsync(name));
            copied.forEach((name) => rsync(name, '-nc'));
            execFileSync('sync', ['-f', bare]);
          },
        },
        ours: {
          prepare,
          work: async () => {
            const { code, said } = await at.run('copy-data');
            if (code !== 0) throw new Error(said);
          },
        },
      },
      { times: 4 },
    );
    const what = `Copy of ${FILES} files, compared by content and switched`;
    return [
      against(what, taken.ours, { what: 'rsync', taken: taken.bare }),
      against(what, taken.ours, { what: 'rsync, rsync -nc, sync', taken: taken.careful }),
    ];
  } finally {
    await at.machine.remove();
  }
}
