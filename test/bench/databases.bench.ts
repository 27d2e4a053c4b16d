import { join } from 'node:path';
import {
  growDatabases,
  keepSettings,
  layOfficialScript,
  prepareDatabases,
  rootEnv,
} from '../guides/databases';
import { run } from '../guides/snapshot';
import type { Stage } from '../guides/stage';
import { IMAGES } from '../postgres/docker';
import { ensurePostgres } from '../postgres/prepare.mjs';
import type { Machine } from '../rehearsal/machine';
import { against, contest, median, type Measurement } from './measure';

/** How large the four databases are: rows of their main tables, five to eight times as many in the largest. */
const ROWS = 20_000;
const UPDATE = join(import.meta.dirname, '../postgres/sql/update-5.33.sql');

async function mustRun(at: Stage): Promise<void> {
  const { code, said } = await at.run('run');
  if (code !== 0) throw new Error(said.slice(-600));
}

/** The commands of the official script on the same folders, with or without its sleeping. */
async function runOfficial(at: Stage, wait?: string): Promise<void> {
  await layOfficialScript(at, `file://${UPDATE}`, ...(wait === undefined ? [] : [wait]));
  const script = join(at.machine.home, 'kaapana/migration.sh');
  const values = {
    ...IMAGES,
    TMP_MIGRATION_DIR: join(at.machine.backupDisk, 'work'),
    FAST_DATA_DIR: at.machine.fastDataDir,
  };
  const edits = Object.entries(values).flatMap(([name, value]) => ['-e', `s|^${name}=.*|${name}=${value}|`]);
  await run('sed', ['-i', ...edits, script]);
  await run('bash', [script], { env: rootEnv(at.machine), maxBuffer: 100_000_000 });
}

/**
 * Puts the data and the backup of a grown machine onto another one, as links: neither side writes into an old file, they
 * copy and rename or remove it.
 */
const linkDatabases = (from: Machine, to: Machine) =>
  run('bash', [
    '-c',
    'rm -rf "$2" "$4/km" "$4/work" && mkdir -p "$4" && cp -al "$1" "$2" && cp -al "$3/km" "$4/km" && sync',
    'lay',
    ...[from.fastDataDir, to.fastDataDir, from.backupDisk, to.backupDisk],
  ]);

/** Measures the database step against the commands of the official script, on the same four databases. */
export async function measureDatabases(): Promise<Measurement[]> {
  await ensurePostgres();
  const grown = await growDatabases(ROWS);
  const at = await prepareDatabases(grown);
  const prepare = () => linkDatabases(grown, at.machine);
  try {
    await keepSettings(at.machine);
    const taken = await contest(
      {
        ours: { prepare, work: () => mustRun(at) },
        polling: { prepare, work: () => runOfficial(at) },
      },
      { times: 3, warmUp: 0 },
    );
    // Most of its time it sleeps, however fast the machine is: once tells it.
    const { official } = await contest(
      { official: { prepare, work: () => runOfficial(at, 'sleep 5; : ') } },
      { times: 1, warmUp: 0 },
    );
    const what = `Four databases of ${ROWS} rows and more migrated, compared and tried`;
    return [
      against(what, taken.ours, {
        what: "the official commands, polling for 'sleep 5'",
        taken: taken.polling,
      }),
      against(what, [median(taken.ours)], { what: 'the official commands', taken: official }),
    ];
  } finally {
    await at.machine.remove();
    await grown.remove();
  }
}
