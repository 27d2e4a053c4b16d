import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../guides/snapshot';
import { prepareStage } from '../guides/stage';
import { against, contest, type Measurement } from './measure';

const BYTES = 400_000_000;

/** What a careful person would type, and how they would compare. */
const CAREFUL = `cp -a "$1" "$2" && sync -f "$2"`;
const DIFF = 'diff -rq "$1" "$2"';
const HASHES = `list() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
  list "$1" >"$2.was" & list "$2" >"$2.is"; wait $! && cmp "$2.was" "$2.is"`;

/** Measures the compared copy of a snapshot against a bare `cp -a` of it, and against doing the same by hand. */
export async function measureCopies(): Promise<Measurement[]> {
  const at = await prepareStage('snapshot-backup', { snapshotBytes: BYTES });
  const { snapshots, backupDisk } = at.machine;
  const byHand = join(backupDisk, 'by-hand');
  const prepare = async () => {
    for (const path of [byHand, join(backupDisk, 'km')]) await rm(path, { recursive: true, force: true });
    await run('sync', []);
  };
  const type = (script: string) => () => run('bash', ['-c', script, 'by-hand', snapshots, byHand]);
  try {
    const taken = await contest(
      {
        bare: { prepare, work: type('cp -a "$1" "$2"') },
        diff: { prepare, work: type(`${CAREFUL} && ${DIFF}`) },
        hashes: { prepare, work: type(`${CAREFUL} && ${HASHES}`) },
        ours: {
          prepare,
          work: async () => {
            const { code, said } = await at.run('run');
            if (code !== 0) throw new Error(said);
          },
        },
      },
      { times: 6 },
    );
    const what = `Copy of ${BYTES / 1e6} MB, compared by SHA-256, with its list`;
    return [
      against(what, taken.ours, { what: 'cp -a', taken: taken.bare }),
      against(what, taken.ours, { what: 'cp -a, sync, diff -rq', taken: taken.diff }),
      against(what, taken.ours, { what: 'cp -a, sync, sha256sum of both', taken: taken.hashes }),
    ];
  } finally {
    await at.machine.remove();
  }
}
