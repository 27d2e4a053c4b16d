import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished, type TestContext } from 'vitest';
import { IMAGES, layDocker } from '../postgres/docker';
import { ensurePostgres } from '../postgres/prepare.mjs';
import type { Machine } from '../rehearsal/machine';
import { cannotRun } from '../tools/cannotRun';
import { run } from './snapshot';
import { isRoot, keptOf, prepareStage, type Stage } from './stage';

export const STEP = 'migrate-databases';
const SQL = join(import.meta.dirname, '../postgres/sql');

/** The four database folders, below the fast data folder. */
export const FOLDERS = {
  backend: 'postgres-backend',
  keycloak: 'keycloak/db-files',
  airflow: 'postgres-airflow',
  dcm4che: 'postgres-dcm4che',
} as const;

const SERVERS = {
  backend: { user: 'kaapanauser', database: 'kaapanauser' },
  keycloak: { user: 'keycloak', database: 'keycloak' },
  airflow: { user: 'root', database: 'airflow' },
  dcm4che: { user: 'pacs', database: 'pacsdb' },
} as const;

/** What the stand-in of docker needs where nobody is root. */
const SPACES = ['--user', '--map-user=70', '--map-group=70', '--keep-caps', '--mount', '--net', 'true'];

/** Why there is no PostgreSQL to test with; undefined where there is. */
export async function postgresMissing(): Promise<string | undefined> {
  try {
    await ensurePostgres();
    if (!isRoot) await run('unshare', SPACES);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The environment in which a rehearsal machine's own root works. */
export const rootEnv = (machine: Machine): Record<string, string> => ({
  ...machine.env,
  HOME: join(machine.root, 'root'),
  KAAPANA_REHEARSAL_AS_ROOT: '1',
});

/**
 * A machine whose platform is down, with a full backup. With a number of rows its four databases are real PostgreSQL 15,
 * without they only look so from outside.
 */
export async function growDatabases(rows?: number): Promise<Machine> {
  const { machine, run: runStep } = await prepareStage('full-backup', {
    platform: false,
    snapshotBytes: 60_000,
  });
  try {
    await layDocker(machine);
    const words = [
      machine.fastDataDir,
      String(rows),
      IMAGES.IMAGE_POSTGRES_OLD,
      IMAGES.IMAGE_POSTGRES_DCM4CHE_OLD,
    ];
    if (rows !== undefined) await run('bash', [join(SQL, '../grow.sh'), ...words], { env: rootEnv(machine) });
    const { code, said } = await runStep('run');
    if (code !== 0) throw new Error(said);
    return machine;
  } catch (error) {
    await machine.remove();
    throw error;
  }
}

/** What the step "Database settings" has recorded. */
export async function keepSettings(machine: Machine): Promise<void> {
  const lines = Object.entries({
    CONTAINER_REGISTRY_URL: 'registry.clinic.example/kaapana',
    ...IMAGES,
    TMP_MIGRATION_DIR: join(machine.backupDisk, 'work'),
    FAST_DATA_DIR: machine.fastDataDir,
  }).map(([name, value]) => `${name}=${value}\n`);
  await mkdir(keptOf(machine), { recursive: true });
  await writeFile(keptOf(machine, 'database-settings'), lines.join(''));
}

/** Puts the data and the backup of a grown machine onto another one. */
export async function layDatabases(from: Machine, to: Machine): Promise<void> {
  await run('bash', [
    '-c',
    'rm -rf "$2" "$4/km" "$4/work" && mkdir -p "$4" && cp -a "$1" "$2" && cp -a "$3/km" "$4/km"',
    'lay',
    from.fastDataDir,
    to.fastDataDir,
    from.backupDisk,
    to.backupDisk,
  ]);
}

/** Replaces words of the step's text: what is pinned by its hash upstream cannot lie in this repository. */
export async function reword(at: Stage, words: readonly (readonly [string, string])[]): Promise<void> {
  let text = await readFile(at.file, 'utf8');
  for (const [from, to] of words) {
    if (!text.includes(from)) throw new Error(`The step does not say ${from}.`);
    text = text.replaceAll(from, to);
  }
  await writeFile(at.file, text);
}

const sha256Of = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
const UPDATE = join(SQL, 'update-5.33.sql');
const PINNED_UPDATE = 'c05657a0a28c73afbe2f3a0c964c802f024325048a55ca6b0133e284e3469c0b';

/** Puts an update of the archive's database into its new image. */
export const layUpdate = ({ state }: Machine): Promise<void> =>
  cp(UPDATE, join(state, 'docker/files/dcm4che-17/sql/update-5.33-psql.sql'));

/** A step's text that takes that update for the published one. */
export const withOwnUpdate = async (text: string): Promise<string> =>
  text.replaceAll(PINNED_UPDATE, await sha256Of(UPDATE));

/** A stage of the migration step on a copy of a grown machine's data; everything is removed when the test ends. */
export async function stageDatabases(grown: Machine): Promise<Stage> {
  const at = await prepareDatabases(grown);
  onTestFinished(at.machine.remove);
  return at;
}

/** A machine with real databases, grown once for all tests of a file. */
export class Grown {
  machine!: Machine;
  private missing: string | undefined;

  static forThisFile(rows: number): Grown {
    const grown = new Grown();
    beforeAll(async () => {
      grown.missing = await postgresMissing();
      if (grown.missing === undefined) grown.machine = await growDatabases(rows);
    }, 300_000);
    afterAll(async () => {
      if (grown.missing === undefined) await grown.machine.remove();
    });
    return grown;
  }

  /** A stage on a copy of it; where there is no PostgreSQL the test ends. */
  stage(context: TestContext): Promise<Stage> {
    if (this.missing !== undefined) cannotRun(context, this.missing);
    return stageDatabases(this.machine);
  }
}

/** A stage as `stageDatabases` makes it, for several tests; whoever calls it removes the machine. */
export async function prepareDatabases(grown: Machine): Promise<Stage> {
  const at = await prepareStage(STEP, { platform: false, snapshotBytes: 60_000 });
  await layDatabases(grown, at.machine);
  await layDocker(at.machine);
  await keepSettings(at.machine);
  await layUpdate(at.machine);
  const set: Stage['set'] = async (values) => {
    await at.set(values);
    await writeFile(at.file, await withOwnUpdate(await readFile(at.file, 'utf8')));
  };
  await set({});
  return { ...at, set };
}

/** Bash that is read before (or, with `.after`, after) a program runs in any container. */
export const hook = (at: Stage, program: string, text: string): Promise<void> =>
  writeFile(join(at.machine.state, 'docker/hooks', program), text);

export const inFast = (at: Stage, ...path: string[]) => join(at.machine.fastDataDir, ...path);

/** Makes databases look as if an earlier run had migrated them. */
export async function pretendMigrated(at: Stage, ...names: (keyof typeof FOLDERS)[]): Promise<void> {
  const records = join(at.machine.backupDisk, 'km/databases');
  await mkdir(records, { recursive: true });
  for (const name of names) {
    const folder = inFast(at, FOLDERS[name]);
    await rename(folder, `${folder}.pg15`);
    await mkdir(folder, { mode: 0o700 });
    await writeFile(join(folder, 'PG_VERSION'), '17\n');
    await writeFile(join(folder, 'postmaster.opts'), 'postgres\n');
    await writeFile(join(records, `${name}.compared`), 'rows\tpublic.t\t1\n');
  }
}

const PINNED_SCRIPT = '534b5a70f70c0dc08e8b344d9f48f7539ca708d9474e710611045327e546c476';
/** Waits as long as it takes, where the official script sleeps five seconds. */
const WAIT = `wait_for() { until docker exec "$1" pg_isready -q -h 127.0.0.1 -U "$2" -d "$3"; do sleep 0.2; done; }; wait_for`;

/** Puts a script that does what the official one does into the scripts folder, and lets the step take it for that one. */
export async function layOfficialScript(at: Stage, update = `file://${UPDATE}`, wait = WAIT): Promise<void> {
  const file = join(at.machine.home, 'kaapana/migration.sh');
  const text = (await readFile(join(SQL, '../official.sh'), 'utf8'))
    .replace(/^UPDATE_URL=.*/m, `UPDATE_URL=${update}`)
    .replace(/^WAIT=.*/m, () => `WAIT='${wait}'`);
  await writeFile(file, text);
  await at.set({});
  await reword(at, [[PINNED_SCRIPT, await sha256Of(file)]]);
}

/** What an SQL query says when the new server is started on a database's folder, as the platform will. */
export async function ask(at: Stage, name: keyof typeof FOLDERS, query: string): Promise<string> {
  const { user, database } = SERVERS[name];
  const script = `set -e
    docker run -d --name "ask-$4" -v "$1:/var/lib/postgresql/data" "$2" >/dev/null
    trap 'docker rm -f "ask-$4" >/dev/null' EXIT
    until docker exec "ask-$4" pg_isready -q -h 127.0.0.1 -U "$3" -d "$4"; do sleep 0.1; done
    docker exec "ask-$4" psql -XAt -U "$3" -d "$4" -c "$5"
    docker stop -t 60 "ask-$4" >/dev/null`;
  const words = [inFast(at, FOLDERS[name]), IMAGES.IMAGE_POSTGRES_NEW, user, database, query];
  const { stdout } = await run('bash', ['-c', script, 'ask', ...words], { env: rootEnv(at.machine) });
  return stdout.trim();
}
