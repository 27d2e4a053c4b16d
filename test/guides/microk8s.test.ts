import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOWNLOADS, type MachineOptions } from '../rehearsal/machine';
import { putObject, putRelease } from '../rehearsal/platform';
import { endMarkedProcesses } from '../rehearsal/processes';
import { backedUp, fault, quickStage, state, undeployed } from './lifecycle';
import { pause, type Stage } from './stage';

const model = (file: string) => readFile(join(import.meta.dirname, '../rehearsal/kaapana', file));

/** A host with the server scripts on it. */
async function prepared(step: string, options: MachineOptions = {}): Promise<Stage> {
  const at = await quickStage(step, options);
  for (const { file } of DOWNLOADS)
    await writeFile(join(at.machine.home, 'kaapana', file), await model(file));
  return at;
}

/** A host without MicroK8s. */
async function bare(at: Stage): Promise<Stage> {
  await rm(state(at, 'snap/microk8s'));
  await rm(state(at, 'snap/helm'));
  await rm(join(at.machine.root, 'var/snap/microk8s'), { recursive: true });
  await writeFile(state(at, 'cluster-down'), '');
  return at;
}

describe('uninstall-microk8s', () => {
  const STEP = 'uninstall-microk8s';

  test('removes it and asks snap and the host; a second run has nothing to do; undo installs it again', async () => {
    const at = await backedUp(await undeployed(await prepared(STEP)));
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: 'MicroK8s v1.28.15 1.28/stable is installed.',
    });
    const { code, said } = await at.run('run');
    expect({ code, said }).toMatchObject({
      code: 0,
      said: expect.stringContaining('UNINSTALLATION DONE') as string,
    });
    expect((await at.check()).status).toBe('done');
    expect(existsSync(join(at.machine.fastDataDir, 'postgres-backend/PG_VERSION'))).toBe(true);
    expect((await at.run('run')).said).not.toContain('UNINSTALLATION');
    const undone = await at.run('undo');
    expect(undone).toMatchObject({ code: 0 });
    expect(undone.said).not.toContain('SECRET');
    expect((await at.check()).status).toBe('pending');
  });

  test('does not take the word of the script', async () => {
    const at = await backedUp(await undeployed(await prepared(STEP)));
    await fault(at, 'snap-remove');
    const busy = await at.run('run');
    expect(busy.code).toBe(1);
    expect(busy.said).toContain('still the snap microk8s');
    await rm(state(at, 'faults/snap-remove'));
    await fault(at, 'snap-folder-stays');
    expect((await at.run('run')).said).toContain('still the folder /var/snap/microk8s');
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('/var/snap/microk8s') as string,
    });
  });

  test('refuses, and removes nothing', async () => {
    const at = await prepared(STEP);
    const refusal = async (reason: RegExp) => {
      const { code, said } = await at.run('run');
      expect(code).toBe(1);
      expect(said).toMatch(reason);
      expect(existsSync(state(at, 'snap/microk8s'))).toBe(true);
    };
    await refusal(/The platform is not undeployed.*kaapana-admin-chart/);
    await writeFile(state(at, 'cluster-down'), '');
    await refusal(/Whether the platform is undeployed could not be found out/);
    await rm(state(at, 'cluster-down'));
    await undeployed(at);
    const backup = join(at.machine.backupDisk, 'km/full-backup');
    await refusal(/not in order: there is no complete backup in/);
    await backedUp(at);
    const file = join(backup, 'fast/postgres-backend/PG_VERSION');
    await rename(file, `${file}.away`);
    await refusal(/postgres-backend is no longer as it was when it was compared: .*PG_VERSION/);
    await rename(`${file}.away`, file);
    await rm(join(backup, 'fast/postgres-backend.list'));
    await refusal(/postgres-backend is missing or was never compared/);
    await rm(backup, { recursive: true });
    await backedUp(at);
    await putRelease(at.machine, 'lab', 'openmrs', 'openmrs-1.0.0');
    await refusal(/helm release openmrs in lab/);
    await rm(state(at, 'helm/lab'), { recursive: true });
    await putObject(at.machine, 'pv', '_', 'pvc-7', { spec: { hostPath: { path: '/var/snap/x' } } });
    await refusal(/1 volumes/);
    await rm(join(at.machine.home, 'kaapana/server_installation_0.3.5.sh'));
    await refusal(/server script of 0\.3\.5 is not below/);
    await at.set({ SLOW_DATA_DIR: join(at.machine.root, 'var/snap/microk8s/common/data') });
    await refusal(/lies below \/var\/snap\. Uninstalling MicroK8s would delete it/);
    expect((await at.check()).status).toBe('blocked');
  });

  test('a script that was changed after it was fetched is not run', async () => {
    const at = await backedUp(await undeployed(await prepared(STEP)));
    const script = join(at.machine.home, 'kaapana/server_installation_0.3.5.sh');
    await writeFile(script, `${String(await model('server_installation_0.3.5.sh'))}\n# changed\n`);
    expect((await at.run('run')).said).toContain('server script of 0.3.5 is not below');
    expect(existsSync(state(at, 'snap/microk8s'))).toBe(true);
  });

  test('goes on where the cluster is gone already and helm with it', async () => {
    const at = await backedUp(await undeployed(await prepared(STEP)));
    await rm(state(at, 'snap/helm'));
    await writeFile(state(at, 'cluster-down'), '');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('is done when the new MicroK8s is there, which it never removes', async () => {
    const at = await backedUp(await undeployed(await prepared(STEP)));
    await writeFile(state(at, 'snap/microk8s'), 'v1.31.3 7394 1.31/stable\n');
    expect((await at.check()).status).toBe('done');
    expect((await at.run('run')).said).toContain('that of the new platform. It is not removed');
  });
});

describe('install-microk8s', () => {
  const STEP = 'install-microk8s';

  test('installs 1.31, keeps the key of the cluster off the log, and judges by the cluster', async () => {
    const at = await bare(await prepared(STEP));
    expect(await at.check()).toMatchObject({ status: 'pending', evidence: 'MicroK8s is not installed.' });
    const { code, said } = await at.run('run');
    // The script itself ends with code 1, as its last delete finds nothing.
    expect(said).toContain('The script ended with code 1');
    expect(code).toBe(0);
    expect(said).not.toContain('SECRET');
    expect(said).toContain('client-key-data: ***');
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('MicroK8s v1.31.3 1.31/stable runs') as string,
    });
    expect((await at.run('run')).said).not.toContain('server_installation');
    expect((await at.run('undo')).code).toBe(0);
    expect((await at.check()).status).toBe('pending');
  });

  test('joins the group that the script has just made the user a member of', async () => {
    const at = await bare(await prepared(STEP));
    await writeFile(state(at, 'groups'), 'kaapana sudo');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('refuses on the old MicroK8s, which the script would keep with success', async () => {
    const at = await prepared(STEP);
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('1.28') as string,
    });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('is still installed; the script would skip');
  });

  test('finds what is wrong with an installation, and begins it anew where that is needed', async () => {
    const at = await bare(await prepared(STEP));
    await fault(at, 'apiserver-arguments');
    expect((await at.run('run')).said).toContain('the API server lacks the settings that 0.4.1 needs');
    expect((await at.check()).status).toBe('pending');
    await rm(state(at, 'faults/apiserver-arguments'));
    const again = await at.run('run');
    expect(again.said).toContain('It is removed, and begun anew');
    expect(again.code).toBe(0);

    await writeFile(join(at.machine.home, '.kube/config'), 'of another cluster\n');
    await rm(state(at, 'k8s/deploy/kube-system/coredns.json'));
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining(
        'the name service of the cluster does not run, ~/.kube/config is that of another cluster',
      ) as string,
    });
    expect((await at.run('run')).said).toContain('the name service of the cluster does not run');
    // The configuration was renewed nevertheless; the old file stays.
    expect((await at.check()).evidence).not.toContain('kube/config');
    expect((await readdir(join(at.machine.home, '.kube'))).length).toBeGreaterThan(1);
  });

  test.each([
    ['snap cannot install', 'snap-install', /MicroK8s 1\.31 is not installed/],
    ['no name server is found', 'dns', /DNS lookup failed.*MicroK8s 1\.31 is not installed/],
    ['the script breaks off', 'install-cut-off', /Done: MicroK8s/],
  ])('when %s', async (_, name, reason) => {
    const at = await bare(await prepared(STEP));
    await fault(at, name);
    const { said } = await at.run('run');
    expect(said).toMatch(reason);
    await rm(state(at, `faults/${name}`));
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('excepts the cluster from a proxy, and wants the proxy where snap finds it', async () => {
    const at = await bare(await prepared(STEP));
    at.env['https_proxy'] = 'http://proxy.clinic.example:3128';
    expect((await at.run('run')).said).toContain('/etc/environment does not name');
    const file = join(at.machine.root, 'etc/environment');
    await writeFile(
      file,
      'https_proxy="http://proxy.clinic.example:3128"\nno_proxy="pacs.clinic.example"\nLANG=C\n',
    );
    expect((await at.run('run')).code).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(
      /^no_proxy="pacs\.clinic\.example,127\.0\.0\.1,localhost,10\.0\.0\.0\/8,.*172\.16\.0\.0\/16/m,
    );
    expect(text).toMatch(/^https_proxy=.*\nLANG=C\n/);
    expect(existsSync(`${file}.before-migration`)).toBe(true);
  });

  test('killed on its way, it completes at the next run', async () => {
    const at = await bare(await prepared(STEP));
    for (const milliseconds of [500, 1000]) {
      const ended = at.run('run');
      await pause(milliseconds);
      await endMarkedProcesses(at.machine.root);
      await ended;
    }
    const last = await at.run('run');
    expect(last.code, last.said).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});
