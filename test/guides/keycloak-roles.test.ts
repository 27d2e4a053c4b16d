import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { groupOf } from '../rehearsal/keycloak/realm';
import type { Keycloak, KeycloakOptions } from '../rehearsal/keycloak/server';
import { endMarkedProcesses } from '../rehearsal/processes';
import { keycloakStage, type KeycloakStage } from './keycloak';
import { expectNoSecret, watchTools } from './secrets';
import { keptOf, until } from './stage';

const NEW: KeycloakOptions = { version: '0.4.1' };
const said = (pattern: RegExp) => expect.stringMatching(pattern) as string;

/** Makes the first request that begins so hang, and tells when it came. */
function hangAt(keycloak: Keycloak, beginning: string) {
  let reached = false;
  keycloak.fault = (request) => {
    if (!request.startsWith(beginning)) return undefined;
    reached = true;
    return 'hang';
  };
  return () => reached;
}

async function keepPolicy({ machine }: KeycloakStage, policy: string): Promise<void> {
  await mkdir(keptOf(machine), { recursive: true });
  await writeFile(keptOf(machine, 'keycloak-password-policy'), `${policy}\n`);
}

describe('the role project-manager', () => {
  const STEP = 'keycloak-role';

  test('is created once, read back, and deleted by undo', async () => {
    const at = await keycloakStage(STEP, { ...NEW, password: 'SECRET-changed' });
    expect((await at.check()).status).toBe('pending');
    await watchTools(at, ['curl', 'jq', 'base64', 'microk8s.kubectl']);
    const first = await at.run('run');
    expect(first.errors).toBe('');
    expect(at.keycloak.realm.roles.has('project-manager')).toBe(true);
    expect((await at.check()).status).toBe('done');
    expect((await at.run('run')).said).toContain('already. Nothing was changed');
    expect((await at.run('undo')).code).toBe(0);
    expect((await at.check()).status).toBe('pending');
    await expectNoSecret(at, [at.keycloak.password, ...at.keycloak.tokens], first.output);
  });

  test('comes with a word on the password policy, where the deployment has replaced it', async () => {
    const at = await keycloakStage(STEP, NEW);
    await keepPolicy(at, 'length(14) and digits(2)');
    expect((await at.run('run')).said).toMatch(
      /replaced the password policy .* Before: length\(14\) and digits\(2\)\. Now: length\(8\) and digits\(1\)\./,
    );
    await keepPolicy(at, at.keycloak.realm.passwordPolicy);
    expect((await at.run('run')).said).not.toContain('policy');
  });

  test('that somebody else creates at the same moment is as good as ours, and not ours to delete', async () => {
    const at = await keycloakStage(STEP, NEW);
    at.keycloak.fault = (line) => {
      if (line === 'POST roles') at.keycloak.realm.roles.set('project-manager', 'another');
      return undefined;
    };
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('belongs to the new platform: on 0.3.5 and without a platform the step refuses', async () => {
    const at = await keycloakStage(STEP);
    expect(await at.check()).toMatchObject({ status: 'blocked', evidence: said(/runs is 0\.3\.5/) });
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toContain('Deploy the new platform first');
    expect(at.keycloak.requests).toEqual([]);
    const none = await keycloakStage(STEP, NEW, { platform: false });
    expect((await none.check()).status).toBe('unknown');
    expect((await none.run('run')).code).toBe(1);
  });

  test('is looked up over the API where the database cannot be asked', async () => {
    const at = await keycloakStage(STEP, NEW);
    await rm(join(at.machine.state, 'exec/admin/postgres-keycloak'));
    expect((await at.check()).status).toBe('pending');
    await at.run('run');
    expect((await at.check()).status).toBe('done');
    at.keycloak.fault = () => ({ code: 500, body: '{"error":"unknown_error"}' });
    expect(await at.check()).toMatchObject({ status: 'unknown', evidence: said(/500: unknown_error/) });
  });

  test('survives a kill at any point', async () => {
    const at = await keycloakStage(STEP, NEW);
    for (const beginning of ['GET roles', 'POST roles']) {
      const reached = hangAt(at.keycloak, beginning);
      const ended = at.run('run');
      await until(reached);
      await endMarkedProcesses(at.machine.root);
      await ended;
    }
    at.keycloak.fault = undefined;
    expect((await at.check()).status).toBe('pending');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});

describe('the role of the groups', () => {
  const STEP = 'keycloak-role-mapping';
  const withRole = async () => {
    const at = await keycloakStage(STEP, NEW);
    at.keycloak.realm.roles.set('project-manager', 'the-role');
    return at;
  };

  test('goes to both groups, also to the one that the guide forgets, and undo takes it back', async () => {
    const at = await withRole();
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: 'The role project-manager is missing in: kaapana_project_manager and kaapana_admin.',
    });
    const { code, said: words } = await at.run('run');
    expect(code).toBe(0);
    expect(words).toContain('log out and in again');
    for (const name of ['kaapana_project_manager', 'kaapana_admin'])
      expect([...groupOf(at.keycloak.realm, name).roles]).toContain('project-manager');
    expect([
      ...at.keycloak.realm.groups.find(({ path }) => path === '/archive/kaapana_admin')!.roles,
    ]).toEqual([]);
    expect((await at.check()).status).toBe('done');
    expect((await at.run('undo')).code).toBe(0);
    expect((await at.check()).status).toBe('pending');
    expect([...groupOf(at.keycloak.realm, 'kaapana_admin').roles]).toEqual(['admin']);
  });

  test('that the guide was followed for is completed; only what this step gave is taken back', async () => {
    const at = await withRole();
    groupOf(at.keycloak.realm, 'kaapana_project_manager').roles.add('project-manager');
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: said(/missing in: kaapana_admin\.$/),
    });
    await at.run('run');
    expect(at.keycloak.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
    expect((await at.check()).status).toBe('done');
    await at.run('undo');
    expect([...groupOf(at.keycloak.realm, 'kaapana_project_manager').roles]).toEqual(['project-manager']);
  });

  test('needs the role and both groups', async () => {
    const at = await keycloakStage(STEP, NEW);
    expect((await at.run('run')).said).toContain('Run the step "Role project-manager" first');
    const { realm } = at.keycloak;
    realm.roles.set('project-manager', 'the-role');
    realm.groups.splice(realm.groups.indexOf(groupOf(realm, 'kaapana_project_manager')), 1);
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: said(/no group kaapana_project_manager/),
    });
    expect((await at.run('run')).said).toContain('no group kaapana_project_manager');
  });

  test('is looked up over the API where the database cannot be asked', async () => {
    const at = await withRole();
    await rm(join(at.machine.state, 'exec/admin/postgres-keycloak'));
    expect((await at.check()).status).toBe('pending');
    await at.run('run');
    expect((await at.check()).status).toBe('done');
  });

  test('given to one group when the run is killed, goes to the other one in the next run', async () => {
    const at = await withRole();
    const second = `POST groups/${groupOf(at.keycloak.realm, 'kaapana_admin').id}`;
    const reached = hangAt(at.keycloak, second);
    const ended = at.run('run');
    await until(reached);
    await endMarkedProcesses(at.machine.root);
    await ended;
    expect((await at.check()).evidence).toMatch(/missing in: kaapana_admin\.$/);
    at.keycloak.fault = (line) => (line.startsWith('POST') ? { code: 403, body: '' } : undefined);
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toMatch(/could not be given the role.*\(403\).*not certain/);
    at.keycloak.fault = undefined;
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});
