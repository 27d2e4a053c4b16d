import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../guides/snapshot';
import { prepareStage } from '../guides/stage';
import { against, rounds, type Measurement } from './measure';

const BYTES = 400_000_000;

/** Measures the compared copy of a snapshot against a bare `cp -a` of it. */
export async function measureCopies(): Promise<Measurement[]> {
  const at = await prepareStage('snapshot-backup', { snapshotBytes: BYTES });
  const { snapshots, backupDisk } = at.machine;
  const bare = join(backupDisk, 'bare');
  const clean = () =>
    Promise.all([bare, join(backupDisk, 'km')].map((path) => rm(path, { recursive: true, force: true })));
  try {
    const taken = await rounds(
      {
        clean,
        bare: () => run('cp', ['-a', snapshots, bare]),
        // What a careful person would type.
        careful: () =>
          run('bash', [
            '-c',
            'cp -a "$1" "$2.2" && sync -f "$2.2" && diff -rq "$1" "$2.2" && rm -r "$2.2"',
            'careful',
            snapshots,
            bare,
          ]),
        ours: async () => {
          const { code, said } = await at.run('run');
          if (code !== 0) throw new Error(said);
        },
      },
      { times: 5 },
    );
    const what = `Copy of ${BYTES / 1e6} MB, compared by SHA-256`;
    return [
      against(what, taken.ours, { what: 'cp -a', taken: taken.bare }),
      against(what, taken.ours, { what: 'cp -a, sync, diff -rq', taken: taken.careful }),
    ];
  } finally {
    await at.machine.remove();
  }
}
