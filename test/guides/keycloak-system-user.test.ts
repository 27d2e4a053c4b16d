import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { putRelease } from '../rehearsal/platform';
import { addUser, groupOf, isMember, userOf } from '../rehearsal/keycloak/realm';
import { endMarkedProcesses } from '../rehearsal/processes';
import { keycloakStage } from './keycloak';
import { expectNoSecret, watchTools } from './secrets';
import { GUIDE, keptOf, stage, until } from './stage';

const STEP = 'keycloak-system-user';
const said = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('the system user', () => {
  test('becomes a member of kaapana_admin; the check sees it before and after, and names what it saw', async () => {
    const at = await keycloakStage(STEP);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: 'User "system" is not in the group kaapana_admin.',
    });
    const { code, output, errors } = await at.run('run');
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output).toContain('now in the group kaapana_admin; read back');
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(true);
    expect(await readFile(keptOf(at.machine, 'keycloak-password-policy'), 'utf8')).toBe(
      'length(8) and digits(1)\n',
    );
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: 'User "system" is in the group kaapana_admin.',
    });
  });

  test('is left alone by a second run, and on a platform where it is a member already', async () => {
    const at = await keycloakStage(STEP);
    await at.run('run');
    const again = await at.run('run');
    expect(again.code).toBe(0);
    expect(again.said).toContain('already. Nothing was changed');
    expect(at.keycloak.requests.filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  });

  test('is not mistaken for users with "system" in their name, who are told', async () => {
    const at = await keycloakStage(STEP);
    const realm = at.keycloak.realm;
    realm.users.unshift(
      addUser(realm, 'ecosystem', ['kaapana_admin']),
      addUser(realm, 'dr.system.mueller', ['kaapana_admin']),
    );
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: said(/part of the name of "ecosystem", "dr\.system\.mueller"/),
    });
    expect((await at.run('run')).code).toBe(0);
    expect(isMember(realm, 'system', 'kaapana_admin')).toBe(true);
    expect((await at.check()).status).toBe('done');
  });

  test('is not done by a group of the same name below another one', async () => {
    const at = await keycloakStage(STEP);
    const { realm } = at.keycloak;
    userOf(realm, 'system').groups.add(
      realm.groups.find(({ path }) => path === '/archive/kaapana_admin')!.id,
    );
    await at.run('run');
    expect(userOf(realm, 'system').groups.has(groupOf(realm, 'kaapana_admin').id)).toBe(true);
  });

  test('is found in a realm of thousands of users', async () => {
    const at = await keycloakStage(STEP);
    for (let count = 0; count < 300; count++)
      at.keycloak.realm.users.unshift(addUser(at.keycloak.realm, `reader${count}`));
    expect((await at.run('run')).code).toBe(0);
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(true);
  });

  test('that does not exist is a reason to stop', async () => {
    const at = await keycloakStage(STEP);
    at.keycloak.realm.users.splice(0, Infinity, addUser(at.keycloak.realm, 'subsystem'));
    expect(await at.check()).toMatchObject({ status: 'blocked', evidence: said(/no user "system"/) });
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toContain('no user "system"');
    expect(words).toContain('keycloak-init');
  });
});

describe('the way into Keycloak', () => {
  test('the check needs no password; where the database cannot be asked it takes the API', async () => {
    const at = await keycloakStage(STEP, { passwordInDeployment: 'old' });
    expect((await at.check()).status).toBe('pending');
    const other = await keycloakStage(STEP);
    await rm(join(other.machine.state, 'exec/admin/postgres-keycloak'));
    expect((await other.check()).status).toBe('pending');
    await other.run('run');
    expect((await other.check()).status).toBe('done');
  });

  test('a password that was changed is asked for in the terminal, three times at most, and shown nowhere', async () => {
    const at = await keycloakStage(STEP, {
      password: 'SECRET "n\\w" &=%20+ü',
      passwordInDeployment: 'SECRET-old',
    });
    await watchTools(at, ['curl', 'jq', 'base64', 'microk8s.kubectl', 'timeout', 'sleep']);
    const { code, output } = await at.runInTerminal('run', [
      ['Admin of the realm master [admin]', ''],
      ['Password:', 'SECRET-guess'],
      ['Admin of the realm master [admin]', ''],
      ['Password:', at.keycloak.password],
    ]);
    expect(output).toContain('Not accepted. Try again.');
    expect(code).toBe(0);
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(true);
    await expectNoSecret(
      at,
      [at.keycloak.password, 'SECRET-guess', 'SECRET-old', ...at.keycloak.tokens],
      output,
    );
  });

  test('three wrong passwords end the run, with nothing changed', async () => {
    const at = await keycloakStage(STEP, { passwordInDeployment: 'old' });
    const wrong = [
      ['Admin of the realm', ''],
      ['Password:', 'wrong'],
    ] as const;
    const { code, said: words } = await at.runInTerminal('run', [...wrong, ...wrong, ...wrong]);
    expect(code).toBe(1);
    expect(words).toContain('Nobody could sign in');
    expect(words).toContain('Nothing was changed');
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(false);
  });

  test('without a terminal it says that it wants one', async () => {
    const at = await keycloakStage(STEP, { passwordInDeployment: 'old' });
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toContain('Run the step in a terminal');
  });

  test('a token that expires in the middle is renewed', async () => {
    const at = await keycloakStage(STEP, { tokenRequests: 1 });
    expect((await at.run('run')).code).toBe(0);
    expect(at.keycloak.tokens.length).toBeGreaterThan(3);
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(true);
  });

  test('neither password nor token stands in arguments, environments, output or files', async () => {
    const at = await keycloakStage(STEP, { password: `SECRET'"\\$(id) %&=+ü` });
    await watchTools(at, ['curl', 'jq', 'base64', 'microk8s.kubectl', 'timeout', 'sleep', 'date']);
    const { code, output, errors } = await at.run('run');
    expect(code).toBe(0);
    const check = await at.run('check');
    await expectNoSecret(
      at,
      [at.keycloak.password, ...at.keycloak.tokens],
      output,
      errors,
      check.output,
      check.errors,
    );
  });
});

describe('what goes wrong', () => {
  test.each([
    ['curl', /curl was not found/],
    ['jq', /jq is missing/],
  ])('%s is missing: the check does without it, the run says so', async (tool, words) => {
    const at = await keycloakStage(STEP, {}, { absent: [tool] });
    await writeFile(join(at.machine.state, 'exec/admin/postgres-keycloak'), 'echo "system|0"\n');
    expect((await at.check()).status).toBe('pending');
    const { code, said: told } = await at.run('run');
    expect(code).toBe(1);
    expect(told).toMatch(words);
  });

  test('a kubectl that hangs, a cluster that is down, a Keycloak that is not there: unknown, never done', async () => {
    const hung = await stage(STEP, { hanging: ['microk8s.kubectl'] });
    hung.env['KM_TIMEOUT'] = '1';
    expect(await hung.check()).toMatchObject({
      status: 'unknown',
      evidence: said(/gave no answer within 1 seconds/),
    });
    const gone = await stage(STEP);
    gone.env['KM_TIMEOUT'] = '2';
    expect((await gone.check()).status).toBe('unknown');
    expect((await gone.run('run')).said).toMatch(/keycloak-external-service.* not found/);
    await writeFile(join(gone.machine.state, 'cluster-down'), '');
    expect(await gone.check()).toMatchObject({ status: 'unknown', evidence: said(/was refused/) });
  });

  test('a Keycloak that answers errors or with a page of HTML: the run fails and changes nothing', async () => {
    const at = await keycloakStage(STEP);
    at.keycloak.fault = () => ({ code: 503, body: '<html>Service Unavailable</html>' });
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toMatch(/Keycloak answers 503.*Nothing was changed/);
    at.keycloak.fault = () => ({ code: 200, body: '<html>Welcome</html>' });
    expect((await at.run('run')).said).toContain('an answer that cannot be read. State: Nothing was changed');
    expect((await at.check()).status).toBe('pending');
  });

  test('a database that answers something else is not believed: the API is asked', async () => {
    const at = await keycloakStage(STEP);
    await writeFile(join(at.machine.state, 'exec/admin/postgres-keycloak'), 'echo 14\n');
    expect((await at.check()).status).toBe('pending');
    await at.keycloak.stop();
    expect((await at.check()).status).toBe('unknown');
  });

  test('an answer of success without the change is noticed', async () => {
    const at = await keycloakStage(STEP);
    at.keycloak.fault = (line) => (line.startsWith('PUT') ? { code: 204, body: '' } : undefined);
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toContain('still not in the group');
    expect((await at.check()).status).toBe('pending');
  });

  test('killed at any point, the next run completes it and nothing is left running', async () => {
    const at = await keycloakStage(STEP);
    for (const line of ['GET users', 'GET groups', 'PUT', 'GET users/']) {
      let reached = false;
      at.keycloak.fault = (request) => {
        if (!request.startsWith(line)) return undefined;
        reached = true;
        return 'hang';
      };
      const ended = at.run('run');
      await until(() => reached);
      await endMarkedProcesses(at.machine.root);
      await ended;
      expect((await at.check()).status).toBe('pending');
    }
    at.keycloak.fault = undefined;
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});

describe('the way back', () => {
  test('takes the user out again, once, and only where this step had put it in', async () => {
    const at = await keycloakStage(STEP);
    expect((await at.run('undo')).said).toContain('nothing to take back');
    await at.run('run');
    expect((await at.run('undo')).code).toBe(0);
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(false);
    expect((await at.check()).status).toBe('pending');
    expect((await at.run('undo')).code).toBe(1);
  });

  test('is refused on the new platform, which needs the membership', async () => {
    const at = await keycloakStage(STEP, {}, {});
    await at.run('run');
    await putRelease(at.machine, 'default', 'kaapana-admin-chart', 'kaapana-admin-chart-0.4.1');
    expect((await at.run('undo')).said).toContain('does not work without this membership');
    expect(isMember(at.keycloak.realm, 'system', 'kaapana_admin')).toBe(true);
  });

  test('and the run work by hand, with the step file as it lies in the guide', async () => {
    const at = await keycloakStage(STEP);
    const file = join(import.meta.dirname, '../../src/guides', GUIDE, 'steps', `${STEP}.sh`);
    const byHand = async (mode: string) =>
      (await promisify(execFile)('bash', [file, mode], { env: at.env })).stdout;
    expect(await byHand('check')).toContain('"pending"');
    await byHand('run');
    expect(await byHand('check')).toContain('"done"');
    await byHand('undo');
    expect(await byHand('check')).toContain('"pending"');
  });
});
