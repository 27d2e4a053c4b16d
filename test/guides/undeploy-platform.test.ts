import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MachineOptions } from '../rehearsal/machine';
import { putObject, putRelease } from '../rehearsal/platform';
import { endMarkedProcesses } from '../rehearsal/processes';
import { fault, keep, kept, listen, quickStage, readyToGoDown, state } from './lifecycle';
import { pause, type Stage } from './stage';

const STEP = 'undeploy-platform';
const script = (at: Stage) => join(at.machine.home, 'kaapana/deploy_0.3.5.sh');
const releases = (at: Stage) => readdir(state(at, 'helm/default'));

async function prepared(options: MachineOptions = {}): Promise<Stage> {
  const at = await quickStage(STEP, options);
  await keep(at, 'baseline.json', '{}');
  await readyToGoDown(at);
  return at;
}

test('undeploys, asks the cluster, keeps what later steps need, and leaves the data alone', async () => {
  const at = await prepared();
  const own = join(at.machine.fastDataDir, 'workflows/dags/dag_our_own.py');
  await writeFile(own, 'from airflow import DAG\n');
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringMatching(
      /^Version 0\.3\.5 is deployed: helm releases kaapana-admin-chart, kaapana-platform-chart; namespaces admin extensions jobs services; \d+ pods; 8 volumes\.$/,
    ) as string,
  });
  const calls = await listen(at);
  const { code, said } = await at.run('run');
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Done: no release') as string,
  });
  expect(await at.check()).toMatchObject({
    status: 'done',
    evidence: expect.stringContaining('Nothing uses the databases') as string,
  });
  expect(await calls()).toMatch(/helm 'uninstall'|'uninstall' '--wait'/);
  expect(await readFile(kept(at, 'platform'), 'utf8')).toMatch(/^hostname=pacs01\.clinic\.example$/m);
  expect(await readFile(kept(at, 'platform'), 'utf8')).not.toContain('SECRET');
  expect(await readFile(kept(at, 'workflow-files'), 'utf8')).toMatch(
    /^[0-9a-f]{64} {2}\.\/dag_our_own\.py\n$/,
  );
  expect(await readFile(kept(at, 'plugin-files'), 'utf8')).toBe('');
  expect(existsSync(join(at.machine.fastDataDir, 'postgres-backend/PG_VERSION'))).toBe(true);
  const plugin = join(at.machine.fastDataDir, 'workflows/plugins/kaapana/left.py');
  await mkdir(dirname(plugin), { recursive: true });
  await writeFile(plugin, '');
  expect((await at.run('run')).code).toBe(0);
  expect(await readFile(kept(at, 'plugin-files'), 'utf8')).toMatch(
    /^[0-9a-f]{64} {2}\.\/kaapana\/left\.py\n$/,
  );
});

describe('refuses, and changes nothing', () => {
  test.each<[string, MachineOptions, RegExp]>([
    ['as root', { asRoot: true }, /must not be run as root/],
    ['without sudo', { sudo: 'refused' }, /not in the sudoers file/],
    ['another version', { platform: { version: '0.4.1' } }, /is 0\.4\.1, not 0\.3\.5/],
    ['without its script', { scripts: ['0.4.1'] }, /no deploy script of 0\.3\.5/],
  ])('%s', async (_, options, reason) => {
    const at = await prepared(options);
    const before = await releases(at);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(reason);
    expect(await releases(at)).toEqual(before);
  });

  test('what does not hold, one thing after the other on the same host', async () => {
    const at = await prepared({ platform: { runningDags: 2 } });
    const before = await releases(at);
    const refusal = async (reason: RegExp) => {
      const { code, said } = await at.run('run');
      expect(code).toBe(1);
      expect(said).toMatch(reason);
      expect(await releases(at)).toEqual(before);
    };
    await refusal(/still run or wait: nnunet-training/);
    await writeFile(state(at, 'sql/postgres-airflow/dag_run'), '');
    const image = join(at.machine.fastDataDir, 'ctp/incoming/1.dcm');
    await writeFile(image, '');
    await refusal(/1 files still wait in the DICOM receiver/);
    const snapshot = join(at.machine.backupDisk, 'km/opensearch-snapshots');
    await writeFile(join(at.machine.snapshots, 'index-1'), 'taken since');
    await refusal(/snapshot has changed since it was copied: .*index-1/);
    await writeFile(join(snapshot, 'index-1'), 'by somebody');
    await refusal(/no longer as it was when it was compared: .*index-1/);
    await rm(`${snapshot}.sha256`);
    await refusal(/no compared copy of the metadata snapshot/);
    await rm(kept(at, 'database-settings'));
    await refusal(/settings of the database migration were not recorded/);
    await rm(kept(at, 'baseline.json'));
    await refusal(/was not recorded/);
    await putRelease(at.machine, 'lab', 'openmrs', 'openmrs-1.0.0');
    await putObject(at.machine, 'pv', '_', 'pvc-7', { spec: { hostPath: { path: '/srv/lab' } } });
    await refusal(/helm release openmrs in lab, volume pvc-7/);
    await writeFile(state(at, 'cluster-down'), '');
    await refusal(/could not be found out/);
    at.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
    await refusal(/inside a pod of the platform/);
  });
});

describe('does not take the word of the script', () => {
  test('when helm fails, or hides a release that it is removing, or namespaces stay', async () => {
    const at = await prepared();
    const fails = async (name: string, reason: RegExp) => {
      await fault(at, name);
      const { code, said } = await at.run('run');
      expect(code).toBe(1);
      expect(said).toContain('UNDEPLOYMENT DONE');
      expect(said).toMatch(reason);
      expect(said).toMatch(/--no-hooks/);
      expect((await at.check()).status).toBe('pending');
      await rm(state(at, `faults/${name}`));
    };
    await fails('helm-uninstall', /still: helm releases kaapana-admin-chart/);
    await fails('helm-hangs-uninstalling', /still: helm releases kaapana-admin-chart/);
    await fails('namespaces-stay', /still: namespaces admin extensions jobs services; \d+ pods/);
    await clear(at);
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('when a process still works in a database folder', async () => {
    const at = await prepared();
    const server = spawn('sleep', ['300'], {
      cwd: join(at.machine.fastDataDir, 'postgres-airflow'),
      stdio: 'ignore',
    });
    onTestFinished(() => void server.kill());
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain(`processes that use the databases: sleep (${server.pid ?? 0})`);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('But processes still use the databases') as string,
    });
  });
});

/** Kubernetes removes at last what it had kept. */
async function clear(at: Stage): Promise<void> {
  const spaces = ['admin', 'services', 'jobs', 'extensions'];
  for (const kind of await readdir(state(at, 'k8s')))
    for (const space of spaces)
      await rm(state(at, `k8s/${kind}/${kind === 'ns' ? `_/${space}.json` : space}`), {
        recursive: true,
        force: true,
      });
}

test('killed at any point, a second run completes it', async () => {
  const at = await prepared();
  for (const milliseconds of [400, 1500]) {
    const ended = at.run('run');
    await pause(milliseconds);
    await endMarkedProcesses(at.machine.root);
    await ended;
    expect(['pending', 'done']).toContain((await at.check()).status);
  }
  expect((await at.run('run')).code).toBe(0);
  expect((await at.check()).status).toBe('done');
});

describe('the check', () => {
  test('is done once MicroK8s itself is gone, and when the new platform runs', async () => {
    const at = await prepared({ platform: { version: '0.4.1' } });
    expect((await at.check()).evidence).toBe('The platform that runs is 0.4.1; the old one is gone.');
    await rm(state(at, 'snap/microk8s'));
    await writeFile(state(at, 'cluster-down'), '');
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('MicroK8s is not installed any more') as string,
    });
  });

  test('cannot tell while the cluster or snap is silent, or without root', async () => {
    const at = await prepared();
    await writeFile(state(at, 'cluster-down'), '');
    expect((await at.check()).status).toBe('unknown');
    const silent = await prepared({ hanging: ['snap'] });
    silent.env['KM_TIMEOUT'] = '1';
    expect((await silent.check()).status).toBe('unknown');
    const locked = await prepared({ sudo: 'password', platform: false });
    await rm(state(locked, 'snap/microk8s'));
    expect(await locked.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining("needs sudo's password") as string,
    });
  });
});

describe('undo', () => {
  test('deploys the old platform again and waits until it is ready', async () => {
    const at = await prepared();
    await at.run('run');
    await writeFile(state(at, 'deploy-seconds'), '1');
    const calls = await listen(at);
    const { code, said } = await at.runInTerminal('undo', [
      ['User of the registry', 'robot'],
      ['Password:', 'SECRET-typed'],
    ]);
    expect({ code, said }).toMatchObject({
      code: 0,
      said: expect.stringContaining('0.3.5 runs again') as string,
    });
    expect(said).not.toContain('SECRET');
    expect(await calls()).toContain("'registry' 'login' '-u' 'robot' '-p' 'SECRET-typed'");
    expect((await at.check()).status).toBe('pending');
  });

  test('refuses once a database was migrated', async () => {
    const at = await prepared();
    await at.run('run');
    await writeFile(join(at.machine.fastDataDir, 'postgres-airflow/PG_VERSION'), '17\n');
    const { code, said } = await at.run('undo');
    expect(code).toBe(1);
    expect(said).toContain('is not PostgreSQL 15 any more');
    expect(existsSync(state(at, 'helm/default/kaapana-admin-chart'))).toBe(false);
  });
});

test('the script is run away from the terminal, without a variable that it refuses', async () => {
  const at = await prepared();
  const text = await readFile(script(at), 'utf8');
  await writeFile(
    script(at),
    text.replace(
      'main "$@"',
      'if [[ -t 1 ]]; then echo TERMINAL; fi; echo "args $* ${KUBECONFIG-unset}"\nmain "$@"',
    ),
  );
  at.env['KUBECONFIG'] = '/tmp/other';
  const { said } = await at.runInTerminal('run', [['never shown', '']]);
  expect(said).toContain('args --quiet --undeploy unset');
  expect(said).not.toContain('TERMINAL');
  await rename(script(at), `${script(at)}.away`);
  expect((await at.check()).status).toBe('done');
});
