/** A user of the realm `kaapana`. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly enabled: boolean;
  readonly groups: Set<string>;
}

/** A group, with the names of its realm roles. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly roles: Set<string>;
}

/** The realm `kaapana` as an installation leaves it behind. */
export interface Realm {
  readonly users: User[];
  readonly groups: Group[];
  /** Realm roles by name, with their ids. */
  readonly roles: Map<string, string>;
  passwordPolicy: string;
}

let count = 0;
const nextId = () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`;

export function addUser(realm: Realm, username: string, groups: string[] = [], enabled = true): User {
  const ids = groups.map((name) => groupOf(realm, name).id);
  const user = { id: nextId(), username, enabled, groups: new Set(ids) };
  realm.users.push(user);
  return user;
}

/** A group at the top, or below another one when its path says so. */
export function addGroup(realm: Realm, name: string, path = `/${name}`): Group {
  const group = { id: nextId(), name, path, roles: new Set<string>() };
  realm.groups.push(group);
  return group;
}

export const groupOf = (realm: Realm, name: string): Group =>
  realm.groups.find((group) => group.path === `/${name}`)!;
export const userOf = (realm: Realm, name: string): User =>
  realm.users.find(({ username }) => username === name)!;

/** Whether a user is in a group at the top. */
export const isMember = (realm: Realm, user: string, group: string): boolean =>
  userOf(realm, user).groups.has(groupOf(realm, group).id);

/** As 0.3.5 leaves it: `system` is in no group. As 0.4.1 does, when somebody had put it there before. */
export function stockRealm(version: '0.3.5' | '0.4.1'): Realm {
  const realm: Realm = {
    users: [],
    groups: [],
    roles: new Map(),
    passwordPolicy: 'length(8) and digits(1)',
  };
  for (const role of ['admin', 'user', 'dcm4chee-admin']) realm.roles.set(role, nextId());
  for (const name of ['kaapana_admin', 'kaapana_user']) addGroup(realm, name).roles.add(name.slice(8));
  addGroup(realm, 'archive');
  addGroup(realm, 'kaapana_admin', '/archive/kaapana_admin');
  addGroup(realm, 'former_kaapana_admin');
  addUser(realm, 'kaapana', ['kaapana_admin']);
  addUser(realm, 'system', version === '0.3.5' ? [] : ['kaapana_admin']);
  return version === '0.3.5' ? realm : upgraded(realm);
}

/**
 * What the deployment of 0.4 makes of a realm: one more group and a system user for the project, but neither the role
 * project-manager nor its mappings.
 */
export function upgraded(realm: Realm): Realm {
  if (realm.groups.some(({ name }) => name === 'kaapana_project_manager')) return realm;
  addGroup(realm, 'kaapana_project_manager');
  addUser(realm, 'project-admin-system-user');
  return realm;
}

/**
 * Answers the queries that steps send to Keycloak's database. It reads what a query asks for, not how: an SQL that asks
 * for something else is an error, as a table of another name would be.
 */
export function query(realm: Realm, sql: string): string {
  const name = (pattern: RegExp) => pattern.exec(sql)?.[1] ?? '';
  const has = (...words: string[]) => words.every((word) => sql.includes(word));
  if (has('user_entity', 'service_account_client_link', 'string_agg')) {
    const groups = (user: User) =>
      realm.groups.filter((group) => user.groups.has(group.id)).map((group) => group.name);
    return realm.users
      .toSorted((a, b) => (a.username < b.username ? -1 : 1))
      .map((user) => `${user.id}|${user.enabled ? 't' : 'f'}|${groups(user).join(', ')}|${user.username}\n`)
      .join('');
  }
  if (has('select username from user_entity', "<> 'system'"))
    return realm.users
      .filter(({ username }) => username.includes('system') && username !== 'system')
      .map(({ username }) => `${username}\n`)
      .join('');
  if (has('select count(*) from user_entity')) return `${realm.users.length}\n`;
  if (has('select g.name, count(m.user_id)'))
    return [...new Set(realm.groups.map(({ name: group }) => group))]
      .map((group) => {
        const same = realm.groups.filter((each) => each.name === group);
        const members = same.flatMap(({ id }) => realm.users.filter(({ groups }) => groups.has(id)));
        return `${group}|${members.length}\n`;
      })
      .join('');
  if (has('user_entity', 'user_group_membership', 'keycloak_group')) {
    const part = name(/like '%(\w+)%'/);
    const group = groupOf(realm, name(/g\.name = '(\w+)'/));
    return realm.users
      .filter(({ username }) => username.includes(part))
      .map(({ username, groups }) => `${username}|${groups.has(group.id) ? 1 : 0}\n`)
      .join('');
  }
  if (has('select g.name from group_role_mapping'))
    return realm.groups
      .filter(({ roles }) => roles.has('project-manager'))
      .map((group) => `${group.name}\n`)
      .join('');
  if (has('keycloak_group', 'left join group_role_mapping', 'keycloak_role')) {
    const role = name(/r\.name = '([\w-]+)'/);
    return [...sql.matchAll(/'(kaapana_\w+)'/g)]
      .flatMap(([, group]) => realm.groups.filter(({ path }) => path === `/${group ?? ''}`))
      .map(({ name: group, roles }) => `${group}|${roles.has(role) ? 1 : 0}\n`)
      .join('');
  }
  if (has('count(*)', 'keycloak_role')) return realm.roles.has(name(/and name = '([\w-]+)'/)) ? '1\n' : '0\n';
  throw new Error(`ERROR:  the rehearsal's database does not know: ${sql}`);
}
