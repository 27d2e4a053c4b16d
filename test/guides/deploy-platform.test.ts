import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MachineOptions } from '../rehearsal/machine';
import { endMarkedProcesses } from '../rehearsal/processes';
import { BASELINE, fault, keep, kept, listen, migrated, quickStage, state } from './lifecycle';
import { until, type Stage } from './stage';

const STEP = 'deploy-platform';
const script = (at: Stage) => join(at.machine.home, 'kaapana/deploy_0.4.1.sh');
const answers = (at: Stage, name: string, text: string) => writeFile(state(at, `sql/${name}`), text);

/** A host on which the deployment can begin; root's docker knows the registry's password. */
async function prepared(options: MachineOptions = {}): Promise<Stage> {
  const at = await migrated(await quickStage(STEP, options));
  const auth = Buffer.from('robot:SECRET-of:docker').toString('base64');
  await writeFile(
    join(at.machine.root, 'root/.docker/config.json'),
    JSON.stringify({ auths: { 'registry.clinic.example': { auth } } }),
  );
  return at;
}

const edit = async (at: Stage, from: string | RegExp, to: string) =>
  writeFile(script(at), (await readFile(script(at), 'utf8')).replace(from, to));

test('deploys, waits until all of it works, and compares; its password is no argument of the script', async () => {
  const at = await prepared();
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringMatching(
      /^Nothing is deployed yet\. .*deploy_0\.4\.1\.sh \(0\.4\.1\) is ready/,
    ) as string,
  });
  await writeFile(state(at, 'deploy-hold'), '');
  at.env['KM_PATIENCE'] = '1000';
  await edit(at, '\nmain "$@"', '\necho "arguments: $*"\nmain "$@"');
  const calls = await listen(at);
  const ended = at.run('run');
  await until(() => existsSync(join(at.machine.root, 'run/progress')));
  await rm(state(at, 'deploy-hold'));
  const { code, said } = await ended;
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Done: version 0.4.1 runs') as string,
  });
  expect(said).toContain('arguments: --quiet --domain pacs01.clinic.example |');
  expect(said).toContain('waiting for Job');
  expect(said).not.toContain('SECRET');
  expect(await calls()).toContain("'-u' 'robot' '-p' 'SECRET-of:docker'");
  expect(await at.check()).toMatchObject({
    status: 'done',
    evidence: expect.stringContaining('Series and users are as recorded') as string,
  });
  const corefile = await readFile(state(at, 'k8s/cm/kube-system/coredns.json'), 'utf8');
  expect(corefile.match(/rewrite name exact pacs01/g)).toHaveLength(1);
  // Run again, it only looks.
  expect((await at.run('run')).said).not.toContain('arguments:');
});

test('asks in the terminal where nobody knows the password, and does not show it', async () => {
  const at = await prepared();
  await rm(join(at.machine.root, 'root/.docker/config.json'));
  expect((await at.run('run')).said).toContain('there is no terminal to ask in');
  const calls = await listen(at);
  const { code, said } = await at.runInTerminal('run', [
    ['User of the registry registry.clinic.example', 'robot'],
    ['Password:', 'SECRET-typed'],
  ]);
  expect(code).toBe(0);
  expect(said).not.toContain('SECRET');
  expect(await calls()).toContain('SECRET-typed');
});

test('without a registry, the chart beside the script is deployed, and no password is asked for', async () => {
  const at = await prepared();
  await edit(at, 'OFFLINE_MODE="false"', 'OFFLINE_MODE="true"');
  const chart = join(at.machine.home, 'kaapana/kaapana-admin-chart-0.4.1.tgz');
  expect((await at.run('run')).said).toContain(`OFFLINE_MODE, and ${chart} is not there`);
  await writeFile(chart, '');
  const calls = await listen(at);
  const { code, said } = await at.run('run');
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(await calls()).not.toMatch(/helm 'registry'|helm 'pull'/);
  expect((await at.check()).status).toBe('done');
});

describe('refuses, and deploys nothing', () => {
  test('what does not hold, one thing after the other on the same host', async () => {
    const at = await prepared();
    const refusal = async (reason: RegExp) => {
      const { code, said } = await at.run('run');
      expect(code).toBe(1);
      expect(said).toMatch(reason);
      expect(existsSync(state(at, 'helm/default/kaapana-admin-chart'))).toBe(false);
      const { status, evidence } = await at.check();
      expect(status).toBe('blocked');
      return evidence;
    };
    const database = join(at.machine.fastDataDir, 'postgres-airflow');
    await writeFile(join(database, 'PG_VERSION'), '15\n');
    expect(await refusal(/postgres-airflow is still PostgreSQL 15/)).toContain('would not work');
    await rm(database, { recursive: true });
    await refusal(/postgres-airflow is missing, and an empty one would be made without a word/);
    await mkdir(`${database}.pg15`);
    await writeFile(join(`${database}.pg15`, 'PG_VERSION'), '15\n');
    await refusal(/postgres-airflow is half migrated/);
    await mkdir(database);
    await writeFile(join(database, 'PG_VERSION'), '17\n');

    const original = await readFile(script(at), 'utf8');
    await edit(at, /^FAST_DATA_DIR=.*/m, 'FAST_DATA_DIR="/home/kaapana"');
    await refusal(/FAST_DATA_DIR is \/home\/kaapana there/);
    await writeFile(script(at), original);
    await edit(at, 'INSTANCE_UID=""', 'INSTANCE_UID="ward7"');
    await refusal(/INSTANCE_UID is set/);
    await writeFile(script(at), original.replace('"0.4.1"', '"0.4.0"'));
    await refusal(/is version 0\.4\.0, which cannot take the metadata back/);
    await writeFile(script(at), original);
    await rm(kept(at, 'platform'));
    await refusal(/host name of the old platform was not kept/);
    await keep(at, 'platform', 'hostname=pacs01.clinic.example\n');
    await writeFile(state(at, 'groups-known'), 'kaapana sudo');
    await refusal(/not in the group microk8s/);
    await rm(state(at, 'groups-known'));
    await writeFile(state(at, 'disks'), `${at.machine.root}\t4000000\t2000000\n`);
    await refusal(/disk of \/var\/snap is smaller/);
  });

  test('on the old MicroK8s, or with the old platform or 0.4.0 on it', async () => {
    const old = await quickStage(STEP);
    expect((await old.run('run')).said).toContain('and 0.4.1 needs 1.31');
    expect((await old.check()).evidence).toContain('deployed is 0.3.5');
    const wrong = await quickStage(STEP, { platform: { version: '0.4.0' } });
    expect(await wrong.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('cannot take the metadata back') as string,
    });
  });
});

describe('does not take the word of the script, nor of pods', () => {
  test.each<[string, string, RegExp]>([
    [
      'a Job fails',
      'job-keycloak-init',
      /Job admin\/keycloak-init failed.*admin password in the new deploy script/,
    ],
    ['a Job of the metadata fails', 'job-init-projects', /Job services\/init-projects failed.*kaapana_admin/],
    ['a pod crashes', 'crash-dcm4chee', /services\/dcm4chee-\S+: CrashLoopBackOff/],
    ['an image is refused', 'pull-minio-deployment', /ImagePullBackOff.*registry/],
  ])('when %s', async (_, name, reason) => {
    const at = await prepared();
    await fault(at, name);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('DEPLOYMENT DONE');
    expect(said).toMatch(reason);
    expect(['pending', 'blocked']).toContain((await at.check()).status);
  });

  test('when helm fails, or the registry refuses', async () => {
    const at = await prepared();
    await fault(at, 'registry-login');
    expect((await at.run('run')).said).toMatch(/401 Unauthorized.*helm knows no release of the platform/);
    await rm(state(at, 'faults/registry-login'));
    await fault(at, 'helm-install');
    expect((await at.run('run')).said).toMatch(/cannot re-use a name.*helm knows no release/);
    await rm(state(at, 'faults/helm-install'));
    // An error after a good installation is none.
    await fault(at, 'coredns');
    const { code, said } = await at.run('run');
    expect(said).toMatch(/ended with code 1.*has 0 rules for pacs01\.clinic\.example; it gets exactly one/);
    expect(code).toBe(0);
    expect((await at.check()).status).toBe('done');
    // What somebody has taken out again is not passed over.
    const rules = state(at, 'k8s/cm/kube-system/coredns.json');
    await writeFile(rules, (await readFile(rules, 'utf8')).replaceAll('rewrite name exact', '# rewrite'));
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('has 0 rules for the platform') as string,
    });
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});

describe('compares', () => {
  test('series and users; one series more is the test image of every deployment', async () => {
    const at = await prepared();
    await answers(at, 'postgres-dcm4che/distinct series_iuid', '121|42\n');
    const { code, said } = await at.run('run');
    expect(code).toBe(0);
    expect(said).toContain('121 in the archive, 120 recorded before; one is the test image');
    await answers(at, 'postgres-dcm4che/distinct series_iuid', '3|1\n');
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('117 are missing') as string,
    });
    expect((await at.run('run')).said).toMatch(/117 are missing.*Do not let users in/);
    await answers(at, 'postgres-dcm4che/distinct series_iuid', '130|42\n');
    await answers(at, 'postgres-keycloak/from keycloak_group', 'kaapana_admin|1\nkaapana_user|12\n');
    const result = await at.check();
    expect(result.evidence).toContain('kaapana_admin 1 instead of 2');
    expect(result.items.find(({ id }) => id === 'series')).toMatchObject({ verdict: 'note' });
    expect(BASELINE.numbers.series).toBe(120);
  });

  test('what cannot be counted is unknown', async () => {
    const at = await prepared();
    await at.run('run');
    await rm(state(at, 'sql/postgres-keycloak'), { recursive: true });
    expect((await at.check()).status).toBe('unknown');
  });
});

test('killed on its way, it goes on at the next run', async () => {
  const at = await prepared();
  const ended = at.run('run');
  await until(() => existsSync(state(at, 'helm/default/kaapana-admin-chart/chart')));
  await endMarkedProcesses(at.machine.root);
  await ended;
  const { code, said } = await at.run('run');
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Done: version 0.4.1') as string,
  });
  expect((await at.check()).status).toBe('done');
});
