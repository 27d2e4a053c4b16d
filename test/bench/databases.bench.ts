import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  growDatabases,
  layDatabases,
  layOfficialScript,
  prepareDatabases,
  rootEnv,
} from '../guides/databases';
import { run } from '../guides/snapshot';
import { keepSettings } from '../guides/databases';
import type { Stage } from '../guides/stage';
import { IMAGES } from '../postgres/docker';
import { ensurePostgres } from '../postgres/prepare.mjs';
import { against, rounds, type Measurement } from './measure';

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

/** Measures the database step against the commands of the official script, on the same four databases. */
export async function measureDatabases(): Promise<Measurement[]> {
  await ensurePostgres();
  const grown = await growDatabases(ROWS);
  const at = await prepareDatabases(grown);
  const fresh = () => layDatabases(grown, at.machine);
  try {
    await keepSettings(at.machine);
    const taken = await rounds(
      {
        layOurs: fresh,
        ours: () => mustRun(at),
        layOfficial: fresh,
        official: () => runOfficial(at, 'sleep 5; : '),
        layPolling: fresh,
        polling: () => runOfficial(at),
        clean: () => rm(join(at.machine.backupDisk, 'work'), { recursive: true, force: true }),
      },
      { times: 3, warmUp: 0 },
    );
    return [
      against('Databases migrated, compared and tried', taken.ours, {
        what: "the official script's commands",
        taken: taken.official,
      }),
      against('Databases migrated, compared and tried', taken.ours, {
        what: 'the same without its sleeping',
        taken: taken.polling,
      }),
    ];
  } finally {
    await at.machine.remove();
    await grown.remove();
  }
}
