import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, FOLDERS, Grown, hook, inFast, layOfficialScript } from './databases';
import { portrait } from './snapshot';
import { type Stage } from './stage';

const grown = Grown.forThisFile(20);

const official = (name: string, body: (at: Stage) => Promise<void>) =>
  test(name, { timeout: 400_000 }, async (context) => {
    const at = await grown.stage(context);
    await at.set({ DATABASE_WAY: 'official' });
    await layOfficialScript(at);
    await body(at);
  });

describe('the official script, chosen instead', () => {
  official(
    'runs with its seven variables set, between the same backup and the same comparison',
    async (at) => {
      const { code, said } = await at.run('run');
      expect(said).toMatch(/\| Completed\./);
      expect(said).toMatch(/not carried over by the official script: .*max_connections = '250'/);
      expect(code).toBe(0);
      expect(await at.check()).toMatchObject({
        status: 'done',
        evidence: expect.stringMatching(
          /34 tables with \d+ rows were compared.* Settings of the site that the official script has lost: .*airflow: max_connections = '250'/,
        ) as string,
      });
      expect(existsSync(inFast(at, 'os'))).toBe(false);
      expect(await ask(at, 'dcm4che', 'select count(access_control_id) from series')).toBe('20');
      // What it loses, where our way does not: the site's own settings of the server.
      expect(await ask(at, 'airflow', `select current_setting('max_connections')`)).toBe('100');
      expect(existsSync(`${inFast(at, FOLDERS.airflow)}.pg15`)).toBe(false);
      // The way back is the full backup.
      const { code: undone } = await at.runInTerminal('undo', [['Type "restore"', 'restore']]);
      expect(undone).toBe(0);
      for (const folder of [...Object.values(FOLDERS), 'os'])
        expect(await portrait(inFast(at, folder))).toBe(
          await portrait(join(grown.machine.fastDataDir, folder)),
        );
    },
  );

  official('ends well with rows lost: the comparison finds it, and the undo restores', async (at) => {
    await hook(
      at,
      'psql',
      `[[ $* != *keycloak.dump* ]] || {
        sed 's/^COPY public.user_attribute /COPY public.gone /' /db/dumps/keycloak.dump >/tmp/dump
        set -- "\${@:1:$#-1}" /tmp/dump
      }`,
    );
    const { code, said } = await at.run('run');
    expect(said).toMatch(/\| Completed\./);
    expect(said).toMatch(/old: rows keycloak public\.\w+ \d+ .*keycloak: the new database differs/);
    expect(code).toBe(1);
    expect((await at.check()).status).toBe('unknown');
  });

  official('stores an error page as the update: the archive is found to be at 5.32', async (at) => {
    await layOfficialScript(at, 'file:///nowhere');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/\| Completed\./);
    expect(said).toContain('has not updated the archive to 5.33');
    expect((await at.check()).status).toBe('unknown');
  });

  official('is refused where it cannot go on, where it is missing, and where it was changed', async (at) => {
    await at.set({ SCRIPTS_DIR: join(at.machine.root, 'etc') });
    expect((await at.run('run')).said).toContain('the official script was not found');
    await at.set({ SCRIPTS_DIR: join(at.machine.home, 'kaapana') });
    await layOfficialScript(at);
    const script = join(at.machine.home, 'kaapana/migration.sh');
    await writeFile(script, `${await readFile(script, 'utf8')}\n# changed`);
    expect((await at.run('run')).said).toContain('the official script was not found');
    await at.set({ DATABASE_WAY: 'mine' });
    expect((await at.check()).evidence).toContain('either ours or official');
    await at.set({ DATABASE_WAY: 'official' });
    await layOfficialScript(at);
    await rm(inFast(at, FOLDERS.airflow), { recursive: true });
    expect((await at.run('run')).said).toContain('cannot go on where another try has ended');
    for (const name of ['backend', 'keycloak', 'dcm4che'] as const)
      expect(await readFile(inFast(at, FOLDERS[name], 'PG_VERSION'), 'utf8')).toBe('15\n');
  });
});
