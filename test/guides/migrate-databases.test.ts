import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { IMAGES } from '../postgres/docker';
import type { Machine } from '../rehearsal/machine';
import { putRelease } from '../rehearsal/platform';
import {
  ask,
  FOLDERS,
  Grown,
  growDatabases,
  hook,
  inFast,
  pretendMigrated,
  reword,
  stageDatabases,
} from './databases';
import { heldRun, portrait } from './snapshot';
import { isRoot, keptOf, pause, until, type Stage } from './stage';

const grown = Grown.forThisFile(60);
let hollow: Machine;

beforeAll(async () => {
  hollow = await growDatabases();
}, 300_000);
afterAll(() => hollow.remove());

const NAMES = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[];
const REAL = { timeout: 300_000 };

/** A test with real servers. */
const real = (name: string, body: (at: Stage) => Promise<void>) =>
  test(name, REAL, async (context) => body(await grown.stage(context)));

/** A test that needs no server. */
const fast = (name: string, body: (at: Stage) => Promise<void>) =>
  test(name, async () => body(await stageDatabases(hollow)));

const callsOf = (at: Stage) => readFile(join(at.machine.state, 'calls'), 'utf8').catch(() => '');
const containersOf = (at: Stage) => readdir(join(at.machine.state, 'docker/containers')).catch(() => []);

/** That no database is anything but old and whole. */
async function expectUntouched(at: Stage, from = grown.machine): Promise<void> {
  for (const name of NAMES)
    expect(await portrait(inFast(at, FOLDERS[name]))).toBe(
      await portrait(join(from.fastDataDir, FOLDERS[name])),
    );
  expect((await containersOf(at)).filter((name) => name.startsWith('km-'))).toEqual([]);
  expect((await at.check()).status).toBe('pending');
}

describe('the whole way', () => {
  real(
    'four real databases arrive with everything in them, can be run again, and can be taken back',
    async (at) => {
      await at.set({ WORK_DIR: join(at.machine.backupDisk, 'work of "mine"') });
      await writeFile(join(at.machine.state, 'docker/initdb-seconds'), '1'); // the server that is stopped again
      await writeFile(join(at.machine.state, 'calls'), '');
      expect(await at.check()).toMatchObject({
        status: 'pending',
        evidence: expect.stringContaining('0 of 4 databases are PostgreSQL 17') as string,
      });
      const { code, said, errors } = await at.run('run');
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(said).toMatch(/backend: loading: \d+ of 21/);
      expect(said).toContain('dcm4che: comparing');
      expect(await at.check()).toMatchObject({
        status: 'done',
        evidence: expect.stringMatching(/34 tables with 2267 rows were compared/) as string,
      });

      for (const name of NAMES) {
        const folder = inFast(at, FOLDERS[name]);
        expect(await portrait(`${folder}.pg15`)).toBe(
          await portrait(join(grown.machine.fastDataDir, FOLDERS[name])),
        );
        const { mode, uid } = await lstat(folder);
        expect(mode & 0o777).toBe(0o700);
        if (isRoot) expect(uid).toBe(70);
        expect(existsSync(`${folder}.pg17`)).toBe(false);
        expect(existsSync(join(folder, 'postmaster.pid'))).toBe(false);
        expect(await readFile(join(folder, 'pg_hba.conf'), 'utf8')).toBe(
          await readFile(join(`${folder}.pg15`, 'pg_hba.conf'), 'utf8'),
        );
      }
      expect(existsSync(inFast(at, 'os'))).toBe(false);
      expect(existsSync(inFast(at, 'os.0.3.5/logs/snapshots/index-0'))).toBe(true);
      expect(await containersOf(at)).toEqual([]);
      expect(await readdir(join(at.machine.backupDisk, 'work of "mine"'))).toEqual([]);
      expect(await callsOf(at)).not.toMatch(/PASSWORD|SCRAM/);
      const records = join(at.machine.backupDisk, 'km/databases');
      for (const file of await readdir(records))
        expect(await readFile(join(records, file), 'utf8')).not.toContain('SCRAM');

      const facts = [
        await ask(
          at,
          'backend',
          `select count(*), sum(length(content)) from workflow, (select lo_get(content) content from attachment) a`,
        ),
        await ask(
          at,
          'backend',
          `select nextval('ticket'), current_setting('work_mem'), (select rolpassword ~ '^SCRAM' from pg_authid where rolname = 'reader')`,
        ),
        await ask(at, 'airflow', `select count(*), current_setting('max_connections') from log`),
        await ask(
          at,
          'dcm4che',
          `select count(*), min(access_control_id), current_setting('join_collapse_limit') from series`,
        ),
      ];
      expect(facts).toEqual(['60|6000000', '1014|9MB|t', '300|250', '60|*|16']);

      // Nothing is done twice: what the platform has written since stays.
      const before = await portrait(inFast(at, FOLDERS.airflow));
      expect((await at.run('run')).said).toContain('Nothing was changed');
      expect(await portrait(inFast(at, FOLDERS.airflow))).toBe(before);
    },
  );

  real('until 0.4 has started, the undo renames everything back', async (at) => {
    await pretendMigrated(at, 'backend', 'airflow', 'dcm4che');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
    const { code, said } = await at.run('undo');
    expect(code).toBe(0);
    expect(said).toContain('in their places again');
    expect(existsSync(inFast(at, 'os/logs/snapshots/index-0'))).toBe(true);
    expect((await readdir(at.machine.fastDataDir)).filter((name) => /pg1|0\.3/.test(name))).toEqual([]);
    await expectUntouched(at);
  });
});

describe('the way back after 0.4 was started', () => {
  fast('restores the full backup, compared, and deletes nothing', async (at) => {
    await pretendMigrated(at, ...NAMES);
    await rename(inFast(at, 'os'), inFast(at, 'os.0.3.5'));
    await mkdir(inFast(at, 'os/certs'), { recursive: true });
    await writeFile(inFast(at, 'workflows/dags/new.py'), '# made on 0.4');
    expect((await at.run('undo')).said).toContain('no terminal to ask in');
    const refused = await at.runInTerminal('undo', [['Type "restore"', 'yes']]);
    expect(refused.said).toContain('Not confirmed');
    const { code, said } = await at.runInTerminal('undo', [['Type "restore"', 'restore']]);
    expect(code).toBe(0);
    expect(said).toContain('Restored and compared by SHA-256');
    await expectUntouched(at, hollow);
    expect(existsSync(inFast(at, 'workflows/dags/new.py'))).toBe(false);
    const aside = (await readdir(inFast(at, 'workflows'))).find((name) => name.startsWith('dags.replaced-'));
    expect(existsSync(inFast(at, 'workflows', aside ?? '', 'new.py'))).toBe(true);
    expect(existsSync(inFast(at, 'os/logs/snapshots/index-0'))).toBe(true);
  });

  fast('is recognised by a server that has run since, and refused without a whole backup', async (at) => {
    await pretendMigrated(at, ...NAMES);
    await pause(1100); // the times of files are compared in seconds
    await writeFile(inFast(at, FOLDERS.backend, 'postmaster.opts'), 'started by 0.4\n');
    await appendFile(join(at.machine.backupDisk, 'km/full-backup/fast/postgres-airflow/PG_VERSION'), '\n');
    const { code, said } = await at.runInTerminal('undo', [['Type "restore"', 'restore']]);
    expect(code).toBe(1);
    expect(said).toContain('is no longer as it was when it was compared: PG_VERSION');
    expect(existsSync(inFast(at, `${FOLDERS.backend}.pg15`))).toBe(true);
  });
});

describe('what was cut off', () => {
  fast('between the two renames: the check says so, the run finishes it', async (at) => {
    await pretendMigrated(at, ...NAMES);
    const folder = inFast(at, FOLDERS.keycloak);
    await rename(folder, `${folder}.pg17`);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringMatching(/Switching keycloak was cut off .* Do not deploy 0\.4/) as string,
    });
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
    expect(await readFile(join(folder, 'PG_VERSION'), 'utf8')).toBe('17\n');
  });

  real('by the official script, which deletes first: the folder comes back from the backup', async (at) => {
    await pretendMigrated(at, 'backend', 'keycloak', 'dcm4che');
    await rm(inFast(at, FOLDERS.airflow), { recursive: true });
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringMatching(/folder of airflow is missing.*would start with an empty/) as string,
    });
    const { code, said } = await at.run('run');
    expect(code).toBe(0);
    expect(said).toContain('brought back from the full backup');
    expect((await at.check()).status).toBe('done');
    expect(await ask(at, 'airflow', 'select count(*) from dag_run')).toBe('60');
  });

  real('with a successor of another backup: it is made anew', async (at) => {
    await pretendMigrated(at, 'backend', 'keycloak', 'airflow');
    const stale = `${inFast(at, FOLDERS.dcm4che)}.pg17`;
    await mkdir(stale);
    await writeFile(join(stale, 'PG_VERSION'), '17\n');
    expect((await at.run('run')).code).toBe(0);
    expect(await ask(at, 'dcm4che', 'select count(*) from series')).toBe('60');
  });
});

describe('what goes wrong on the way leaves the old databases in their places', () => {
  real(
    'an error while loading, a row less, another value: it stops before anything is switched',
    async (at) => {
      const rehook = async (name: string, text: string) => {
        await rm(join(at.machine.state, 'docker/hooks'), { recursive: true });
        await mkdir(join(at.machine.state, 'docker/hooks'));
        await hook(at, name, `[[ $* == *-l* ]] || ${text}`);
        const { code, said } = await at.run('run');
        expect(code).toBe(1);
        return said;
      };
      const change = (sql: string) => `psql -q -U "$POSTGRES_USER" -d kaapanauser -c "${sql}" 2>/dev/null`;
      expect(await rehook('pg_restore', '{ echo "pg_restore: error: out of memory" >&2; exit 1; }')).toMatch(
        /out of memory.*could not be loaded.*nothing was switched/,
      );
      // From here on every tool ends well; the hook is read once for each of two databases.
      const lost = change('delete from without_key where ctid = (select min(ctid) from without_key)');
      expect(await rehook('pg_restore.after', lost)).toMatch(
        /old: rows kaapanauser public.without_key 10 .*new: rows kaapanauser public.without_key 8.*Nothing was switched/,
      );
      const changed = change("update dataset set settings = '{}' where name = 'set 7'");
      expect(await rehook('pg_restore.after', changed)).toMatch(/old: rows kaapanauser public.dataset 20/);
      await expectUntouched(at);
    },
  );

  real('a disk that is full while dumping; the next run goes on', async (at) => {
    await hook(
      at,
      'pg_dump',
      `[[ $* != *keycloak* ]] || { echo 'pg_dump: error: could not write to file: No space left on device' >&2; exit 1; }`,
    );
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/No space left on device .*keycloak: the database keycloak could not be dumped/);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining(
        '1 of 4 databases are PostgreSQL 17. Still PostgreSQL 15: keycloak',
      ) as string,
    });
    await rm(join(at.machine.state, 'docker/hooks/pg_dump'));
    await pretendMigrated(at, 'airflow', 'dcm4che');
    const again = await at.run('run');
    expect(again.code).toBe(0);
    expect(again.output).not.toContain('keycloak: copying'); // the compared copy of before is used
    expect((await at.check()).status).toBe('done');
  });

  real('a server that never answers, and one of another version', async (at) => {
    await reword(at, [['PG_READY_SECONDS=900', 'PG_READY_SECONDS=2']]);
    await hook(at, 'pg_isready', 'exit 2');
    expect((await at.run('run')).said).toMatch(/did not answer within 2 seconds/);
    await rm(join(at.machine.state, 'docker/hooks/pg_isready'));
    await writeFile(
      join(at.machine.state, 'docker/images', IMAGES.IMAGE_POSTGRES_OLD.replaceAll('/', '%')),
      '17 postgres',
    );
    expect((await at.run('run')).said).toMatch(
      /PostgreSQL 15 does not start on the copy: the server ended: .*(incompatible|version 15)/,
    );
    await expectUntouched(at);
  });

  real('an archive image with another update, or none', async (at) => {
    await pretendMigrated(at, 'backend', 'keycloak', 'airflow');
    const update = join(at.machine.state, 'docker/files/dcm4che-17/sql/update-5.33-psql.sql');
    const text = await readFile(update, 'utf8');
    await writeFile(update, '<html>404</html>');
    expect((await at.run('run')).said).toMatch(/is not the one that is known \(SHA-256\)/);
    await rm(update);
    expect((await at.run('run')).said).toContain('does not hold /sql/update-5.33-psql.sql');
    expect(await readFile(inFast(at, FOLDERS.dcm4che, 'PG_VERSION'), 'utf8')).toBe('15\n');
    await writeFile(update, text);
    expect((await at.run('run')).code).toBe(0);
  });
});

describe('refused before anything is touched', () => {
  const refusals: readonly (readonly [name: string, change: (at: Stage) => unknown, reason: RegExp])[] = [
    [
      'while the platform is deployed',
      ({ machine }) => putRelease(machine, 'default', 'kaapana-admin-chart', 'kaapana-admin-chart-0.3.5'),
      /platform is not down: helm still lists kaapana-admin-chart.*Undeploy/,
    ],
    [
      'after 0.4 has gone live with part of the databases',
      async (at) => {
        await pretendMigrated(at, 'backend');
        await putRelease(at.machine, 'default', 'kaapana-admin-chart', 'kaapana-admin-chart-0.4.1');
      },
      /in place already for backend.*do not migrate again/,
    ],
    [
      'after 0.4 has been started, also when it is down again',
      (at) => mkdir(inFast(at, 'os/security-backup')),
      /0\.4 has been started on these folders/,
    ],
    [
      'without a complete backup',
      ({ machine }) => rm(join(machine.backupDisk, 'km/full-backup/complete')),
      /no complete backup/,
    ],
    [
      'when the backup was touched',
      ({ machine }) =>
        appendFile(join(machine.backupDisk, 'km/full-backup/fast/keycloak/db-files/PG_VERSION'), '\n'),
      /backup of keycloak is no longer as it was.*db-files\/PG_VERSION/,
    ],
    [
      'when a database has changed since',
      (at) => appendFile(inFast(at, FOLDERS.airflow, 'postgresql.conf'), '#\n'),
      /postgres-airflow has changed since it was backed up: .*postgresql.conf/,
    ],
    [
      'when an image is not on the host',
      ({ machine }) =>
        rm(join(machine.state, 'docker/images', IMAGES.IMAGE_POSTGRES_NEW.replaceAll('/', '%'))),
      /postgres-17\.2-alpine:0\.4\.1 is not on this host.*Fetch the images/,
    ],
    [
      'when docker is down',
      ({ machine }) => writeFile(join(machine.state, 'docker-down'), ''),
      /Cannot connect to the Docker daemon/,
    ],
    [
      'when the settings are not recorded',
      ({ machine }) => rm(keptOf(machine), { recursive: true }),
      /was recorded from the running platform/,
    ],
    [
      'where there is too little room to work',
      ({ machine }) => writeFile(join(machine.state, 'disks'), `${machine.backupDisk}\t40000\t100\n`),
      /too little room in .*work/,
    ],
    [
      'where there is too little room for the new databases',
      ({ machine }) => writeFile(join(machine.state, 'disks'), `${join(machine.root, 'data')}\t40000\t100\n`),
      /too little room in .*fast for the new databases beside the old ones/,
    ],
    [
      'where the work folder lies in the data',
      (at) => at.set({ WORK_DIR: inFast(at, 'work') }),
      /inside the data folder/,
    ],
    [
      'where docker would split a name',
      (at) => at.set({ WORK_DIR: join(at.machine.backupDisk, 'a:b') }),
      /without colon/,
    ],
    [
      'without root',
      ({ machine }) => writeFile(join(machine.state, 'sudo'), 'refused'),
      /not in the sudoers file/,
    ],
  ];
  test.each(refusals)('%s', async (_, change, reason) => {
    const at = await stageDatabases(hollow);
    await change(at);
    const before = await portrait(at.machine.fastDataDir);
    const { code, said } = await at.run('run');
    expect(said).toMatch(reason);
    expect(code).toBe(1);
    expect(await portrait(at.machine.fastDataDir)).toBe(before);
    expect((await at.check()).status).not.toBe('done');
  });

  fast('while a server works in a folder, and while another run is at work', async (at) => {
    const server = spawn('sleep', ['60'], { cwd: inFast(at, FOLDERS.dcm4che) });
    onTestFinished(() => void server.kill());
    expect((await at.run('run')).said).toMatch(/in use by sleep/);
    server.kill();
    await until(() => server.exitCode !== null || server.signalCode !== null);
    const { ended, release } = await heldRun(at);
    expect((await at.run('run')).said).toContain('Another run of this step is still at work');
    await release();
    expect((await ended).said).toContain('PostgreSQL 15 does not start on the copy'); // which is none
  });

  fast('to call something done that nobody has compared', async (at) => {
    await pretendMigrated(at, ...NAMES);
    await rm(join(at.machine.backupDisk, 'km/databases/airflow.compared'));
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining('nothing says that the contents of airflow were compared') as string,
    });
    expect((await at.run('run')).said).toContain('was not migrated by this step');
  });
});
