import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../src/migration/check';
import { IMAGES, layDocker, putImage } from '../postgres/docker';
import { deployPlatform } from '../rehearsal/platform';
import type { KeycloakOptions } from '../rehearsal/keycloak/server';
import { keycloakStage } from './keycloak';
import { item, keptOf, prepareStage, stage } from './stage';
import { HOSTS, script, TRAPS } from './traps';

const run = promisify(execFile);
const STEP = 'requirements';
const like = (text: string) => expect.stringContaining(text) as string;

test('a host in order is a go, with what was found', async () => {
  const at = await stage(STEP);
  const result = await at.check();
  expect(result.items.filter(({ verdict }) => verdict === 'no-go' || verdict === 'unknown')).toEqual([]);
  expect(result).toMatchObject({ status: 'done', evidence: 'Go: 26 items in order, 4 notes.' });
  expect(item(result, 'tools').found).toMatch(/bash 5.*coreutils \d.*util-linux \d.*jq 1.*curl \d/);
  expect(item(result, 'data-dirs').found).toBe(
    `fast: ${at.machine.fastDataDir}, slow: ${at.machine.slowDataDir}`,
  );
  expect(item(result, 'version').found).toBe('0.3.5');
});

describe.each(Object.keys(HOSTS) as (keyof typeof HOSTS)[])(
  'what stands in the way is told with its remedy (%s)',
  (host) => {
    const traps = TRAPS.filter((trap) => trap.host === host);
    let result: CheckResult;
    beforeAll(async () => {
      const at = await prepareStage(STEP, HOSTS[host]);
      try {
        // Long enough for a busy machine, as what hangs is waited for.
        at.env['KM_TIMEOUT'] = '4';
        for (const { change } of traps) await change?.(at);
        result = await at.check();
      } finally {
        await at.machine.remove();
      }
    });

    test.each(traps)('$name', ({ id, verdict, found, remedy }) => {
      expect(item(result, id)).toMatchObject({
        verdict,
        found: expect.stringMatching(found) as string,
        remedy: expect.stringMatching(remedy) as string,
      });
    });

    test('the answer follows from the list, and every line that is not a go has a remedy', () => {
      const verdicts = new Set(result.items.map(({ verdict }) => verdict));
      expect(result.status).toBe(
        verdicts.has('no-go') ? 'blocked' : verdicts.has('unknown') ? 'unknown' : 'done',
      );
      for (const { verdict, remedy } of result.items) expect(remedy === '').toBe(verdict === 'go');
    });
  },
);

test('without jq, what helm answers is unknown, and the volumes still say where the data is', async () => {
  const at = await stage(STEP, { absent: ['jq'] });
  const result = await at.check();
  expect(result.status).toBe('blocked');
  expect(item(result, 'tools').remedy).toMatch(/install jq/);
  expect(item(result, 'version')).toMatchObject({
    verdict: 'unknown',
    found: expect.stringContaining('jq is missing') as string,
  });
  expect(item(result, 'data-dirs')).toMatchObject({
    verdict: 'go',
    found: expect.stringContaining(at.machine.fastDataDir) as string,
  });
});

test('when everything hangs, the check still ends with an answer for each item', async () => {
  const at = await stage(STEP, { hanging: ['snap', 'helm', 'microk8s.kubectl', 'docker', 'nslookup', 'jq'] });
  at.env['KM_TIMEOUT'] = '1';
  const result = await at.check();
  expect(result.status).toBe('blocked');
  expect(result.items.length).toBeGreaterThan(15);
});

test("whether root's docker may fetch from the registry is asked, and is no no-go yet", async () => {
  const at = await stage(STEP);
  const registry = async () => {
    const { verdict, found } = item(await at.check(), 'registry');
    return `${verdict}: ${found}`;
  };
  expect(await registry()).toMatch(
    /^note: registry\.clinic\.example has no image kaapana\/postgres-17\.2-alpine:0\.4\.1/,
  );
  await layDocker(at.machine, { pulled: false });
  expect(await registry()).toMatch(/^go: root may fetch .*:0\.4\.1$/);
  await writeFile(join(at.machine.state, 'docker/registry-login'), 'robot:SECRET');
  expect(await registry()).toMatch(/^note: registry\.clinic\.example wants a login/);
  await putImage(at.machine, 'images', IMAGES.IMAGE_POSTGRES_NEW);
  expect(await registry()).toMatch(/^go: .* is on this host already$/);
  const file = script(at, 'deploy_0.4.1.sh');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('OFFLINE_MODE="false"', 'OFFLINE_MODE="true"'),
  );
  expect(await registry()).toBe('note: the new deploy script is set to OFFLINE_MODE');
});

describe('the admin password of the new script', () => {
  const passwordItem = async (inScript: string, keycloak: KeycloakOptions = {}) => {
    const at = await keycloakStage(STEP, keycloak, {});
    const file = script(at, 'deploy_0.4.1.sh');
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(
        /^KEYCLOAK_ADMIN_PASSWORD=.*/m,
        () => `KEYCLOAK_ADMIN_PASSWORD=${inScript} # as the policy wants`,
      ),
    );
    const { output, errors } = await at.run('run');
    expect(output + errors).not.toContain('SECRET');
    return item(await at.check(), 'admin-password');
  };

  test('is tried on the running Keycloak', async () => {
    expect(await passwordItem('"SECRET#right"', { password: 'SECRET#right' })).toMatchObject({
      verdict: 'go',
    });
    expect(await passwordItem('"SECRET-wrong"', { password: 'SECRET#right' })).toMatchObject({
      verdict: 'no-go',
      remedy: expect.stringContaining('nobody can log in') as string,
    });
    expect(await passwordItem('"$(SECRET)"')).toMatchObject({
      verdict: 'note',
      found: expect.stringContaining('cannot be read') as string,
    });
  });

  test('is compared with that of the deployment where Keycloak cannot be asked', async () => {
    const at = await stage(STEP);
    expect(item(await at.check(), 'admin-password').verdict).toBe('note');
    const file = script(at, 'deploy_0.4.1.sh');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"SECRET-keycloak"', '"SECRET-other"'));
    expect(item(await at.check(), 'admin-password').verdict).toBe('no-go');
  });
});

test('once 0.3.5 was undeployed by this guide, the list has had its time; taken back, it counts again', async () => {
  const at = await stage(STEP, { platform: false });
  expect((await at.check()).status).toBe('blocked');
  await mkdir(keptOf(at.machine), { recursive: true });
  await writeFile(keptOf(at.machine, 'workflow-files'), '');
  expect(await at.check()).toMatchObject({
    status: 'not-needed',
    evidence: like('0.3.5 was undeployed already'),
  });
  await rename(join(at.machine.state, 'snap/microk8s'), join(at.machine.state, 'microk8s'));
  await writeFile(join(at.machine.state, 'cluster-down'), '');
  expect((await at.check()).status).toBe('not-needed');
  await rename(join(at.machine.state, 'microk8s'), join(at.machine.state, 'snap/microk8s'));
  expect((await at.check()).status).not.toBe('not-needed');
  await rm(join(at.machine.state, 'cluster-down'));
  await deployPlatform(at.machine, {});
  expect((await at.check()).status).toBe('done');
  await deployPlatform(at.machine, { version: '0.4.1' });
  expect(await at.check()).toMatchObject({ status: 'not-needed', evidence: like('0.4.1 already') });
});

describe('the terminal', () => {
  test('shows the same list, aligned, and ends with what must be solved first', async () => {
    const at = await stage(STEP, {
      absent: ['docker'],
      scripts: ['0.3.5', '0.4.0'],
      platform: { devMode: true },
    });
    const { code, output } = await at.run('run');
    expect(code).toBe(1);
    expect(output).toMatch(/^ {2}no-go {4}Docker {20}docker is not installed/m);
    expect(output).toMatch(/^ {2}go {7}Kaapana version {11}0\.3\.5$/m);
    const [, summary = ''] = output.split(/NO-GO: 2 items of \d+ must be solved first\./);
    const order = [...summary.matchAll(/^ {2}(no-go|unknown|note) /gm)].map(([, verdict]) => verdict);
    expect(order.slice(0, 2)).toEqual(['no-go', 'no-go']);
    expect(order).toEqual([...order].sort((a = '', b = '') => Number(a === 'note') - Number(b === 'note')));
    expect(summary).toMatch(/no-go {4}Docker: .*\n {11}The database migration needs it/);
    expect(output).not.toContain('\u001b');
  });

  test('asks for the password once and then leaves nothing unknown', async () => {
    const at = await stage(STEP, { sudo: 'password' });
    const { code, output } = await at.runInTerminal('run', [['[sudo] password', 'rehearsal']]);
    expect(output.match(/\[sudo\] password/g)).toHaveLength(1);
    expect(output).not.toMatch(/^ {2}unknown/m);
    expect(code).toBe(0);
  });
});

test('nothing is changed on the host', async () => {
  const at = await stage(STEP);
  const portrait = async () =>
    (await run('find', [at.machine.root, '-printf', '%p %y %m %U %s %T@ %l\\n'], { maxBuffer: 1e8 })).stdout;
  const before = await portrait();
  await at.run('run');
  await at.check();
  expect(await portrait()).toBe(before);
});

test("none of the platform's passwords is shown", async () => {
  const at = await stage(STEP);
  await appendFile(
    join(at.machine.home, 'kaapana/deploy_0.4.1.sh'),
    '\nKEYCLOAK_ADMIN_PASSWORD="SECRET-script"\n',
  );
  const said = [await at.run('run'), await at.run('check')]
    .map(({ output, errors }) => output + errors)
    .join('');
  expect(said).not.toContain('SECRET');
});

test('the answer stays one valid line, whatever the names on the host are', async () => {
  const at = await stage(STEP);
  const odd = join(at.machine.home, 'kaapana', 'it\'s "new" \\ $(id) ü\ttab');
  await mkdir(odd);
  await rename(script(at, 'deploy_0.4.1.sh'), join(odd, 'deploy.sh'));
  await chmod(odd, 0o755);
  const { output } = await at.run('check');
  expect(output.trimEnd().split('\n')).toHaveLength(1);
  const result = await at.check();
  expect(result.status).toBe('done');
  expect(item(result, 'deploy-new').found).toContain('it\'s "new" \\ $(id) ü');
});
