import { existsSync } from 'node:fs';
import { onTestFinished, describe, expect, test } from 'vitest';
import { addUser, userOf } from '../rehearsal/keycloak/realm';
import { startProjects, type Projects } from '../rehearsal/keycloak/projects';
import { endMarkedProcesses } from '../rehearsal/processes';
import { keycloakStage, type KeycloakStage } from './keycloak';
import { keptOf, until } from './stage';

const STEP = 'assign-users';
const WHO = 'Who gets access?';
const said = (pattern: RegExp) => expect.stringMatching(pattern) as string;

/** Users of a small site: kaapana has access, the others have none, carl is disabled. */
async function site(): Promise<KeycloakStage & { projects: Projects }> {
  const at = await keycloakStage(STEP, { version: '0.4.1' });
  const { realm } = at.keycloak;
  addUser(realm, 'anna', ['kaapana_user']);
  addUser(realm, 'bert', ['kaapana_admin', 'kaapana_user']);
  addUser(realm, 'carl', ['kaapana_user'], false);
  addUser(realm, 'dora');
  const projects = await startProjects(at.machine, userOf(realm, 'kaapana').id);
  onTestFinished(projects.stop);
  return { ...at, projects };
}

const members = ({ keycloak, projects }: KeycloakStage & { projects: Projects }) =>
  keycloak.realm.users.filter(({ id }) => projects.members.has(id)).map(({ username }) => username);

describe('users', () => {
  test('are shown with their groups, chosen by number, assigned and read back; service accounts are left alone', async () => {
    const at = await site();
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: '1 of 5 users belong to the project admin. These see no data: anna, bert, dora.',
    });
    const { code, output } = await at.runInTerminal('run', [
      [WHO, '2, 5-5'],
      ['Assign to the project admin: bert. Type yes', 'no'],
      [WHO, '2-4'],
      ['Assign to the project admin: bert, carl, dora. Type yes', 'yes'],
    ]);
    expect(output).toMatch(/1 {2}no access {3}anna +groups: kaapana_user/);
    expect(output).toMatch(/3 {2}disabled {4}carl/);
    expect(output).not.toContain('system');
    expect(code).toBe(0);
    expect(members(at)).toEqual(['kaapana', 'bert', 'carl', 'dora']);
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: '4 of 5 users belong to the project admin. Left out on purpose: anna.',
    });
  });

  test('that are left out on purpose can be assigned later; all means all that are not disabled', async () => {
    const at = await site();
    const none = await at.runInTerminal('run', [
      [WHO, 'none'],
      ['Nobody else gets access. Type yes', 'yes'],
    ]);
    expect(none.code).toBe(0);
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: said(/on purpose: anna, bert, dora\.$/),
    });
    addUser(at.keycloak.realm, 'emil');
    expect(await at.check()).toMatchObject({ status: 'pending', evidence: said(/no data: emil\.$/) });
    const all = await at.runInTerminal('run', [
      [WHO, 'all'],
      ['anna, bert, dora, emil. Type yes', 'yes'],
    ]);
    expect(all.code).toBe(0);
    expect(members(at)).toEqual(['kaapana', 'anna', 'bert', 'dora', 'emil']);
    expect(await at.check()).toMatchObject({ status: 'done', evidence: said(/the others are disabled/) });
  });

  test('are never assigned by a typing mistake', async () => {
    const at = await site();
    const { code, output } = await at.runInTerminal('run', [
      [WHO, 'alll'],
      ['Not understood', '7'],
      ['no user of the number 7', '3-1'],
      ['no user of the number 3-1', '0'],
      ['no user of the number 0', '1-'],
      ['Not understood: 1-', '; rm -rf /'],
      ['Not understood', '\u0004'],
    ]);
    expect(output).toContain('Nobody was chosen');
    expect(code).toBe(1);
    expect(members(at)).toEqual(['kaapana']);
    expect(at.projects.requests).toEqual([]);
  });

  test('cannot be chosen without a terminal', async () => {
    const at = await site();
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toContain('Run the step in a terminal');
  });

  test('assigned when the run is killed stay; the next run goes on with the rest', async () => {
    const at = await site();
    let reached = false;
    const dora = userOf(at.keycloak.realm, 'dora').id;
    at.projects.fault = (line) => {
      if (!line.includes(dora)) return undefined;
      reached = true;
      return 'hang';
    };
    const all = [
      [WHO, 'all'],
      ['Type yes', 'yes'],
    ] as const;
    const ended = at.runInTerminal('run', all);
    await until(() => reached);
    await endMarkedProcesses(at.machine.root);
    await ended;
    expect(await at.check()).toMatchObject({ status: 'pending', evidence: said(/no data: dora\.$/) });
    at.projects.fault = undefined;
    expect((await at.runInTerminal('run', all)).code).toBe(0);
    expect(at.projects.requests.filter((line) => line.startsWith('POST'))).toHaveLength(4);
    expect((await at.check()).status).toBe('done');
  });

  test('that the service refuses or forgets end the run, and it says how far it came', async () => {
    const at = await site();
    const anna = userOf(at.keycloak.realm, 'anna').id;
    at.projects.fault = (line) =>
      line.includes(anna) ? { code: 500, body: 'Internal Server Error' } : undefined;
    const choice = [
      [WHO, 'all'],
      ['Type yes', 'yes'],
    ] as const;
    const refused = await at.runInTerminal('run', choice);
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(/anna could not be assigned: .*500.*0 of 3 users were assigned/);
    at.projects.fault = () => ({ code: 200, body: 'true' });
    expect((await at.runInTerminal('run', choice)).said).toContain('does not show this user');
    expect((await at.check()).status).toBe('pending');
  });

  test('that somebody assigned meanwhile are no error', async () => {
    const at = await site();
    const dora = userOf(at.keycloak.realm, 'dora').id;
    at.projects.fault = (line) => {
      if (line.includes(dora)) at.projects.members.set(dora, 'admin');
      return undefined;
    };
    const { code } = await at.runInTerminal('run', [
      [WHO, 'all'],
      ['Type yes', 'yes'],
    ]);
    expect(code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('are taken out again by undo, those that this step assigned', async () => {
    const at = await site();
    expect((await at.run('undo')).said).toContain('assigned nobody');
    await at.runInTerminal('run', [
      [WHO, '1 2'],
      ['Type yes', 'yes'],
    ]);
    expect((await at.run('undo')).code).toBe(0);
    expect(members(at)).toEqual(['kaapana']);
    expect((await at.check()).status).toBe('pending');
    expect(existsSync(keptOf(at.machine, 'assign-users.assigned'))).toBe(false);
  });
});

test('belongs to the new platform, and says what it cannot see', async () => {
  const old = await keycloakStage(STEP);
  expect((await old.check()).status).toBe('blocked');
  const at = await keycloakStage(STEP, { version: '0.4.1' });
  expect(await at.check()).toMatchObject({
    status: 'unknown',
    evidence: said(/access-information-point not found/),
  });
  expect((await at.run('run')).code).toBe(1);
});
