import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { putRelease } from '../rehearsal/platform';
import {
  freshFolders,
  installCertificate,
  oldStage,
  restart,
  undeployOld,
  type OldOptions,
  type OldStage,
} from './old-stage';

async function stage(options: OldOptions = {}): Promise<OldStage> {
  const at = await oldStage(options);
  onTestFinished(at.machine.remove);
  await writeFile(at.kept('series'), '1.2.840.1\n');
  await writeFile(at.kept('platform'), 'hostname=pacs01.clinic.example\n');
  return at;
}

const edit = async (path: string, change: (text: string) => string) =>
  writeFile(path, change(await readFile(path, 'utf8')));
const refused = async (at: OldStage, step: string, reason: RegExp) => {
  const { code, said } = await at.run(step);
  expect(said).toMatch(reason);
  expect(code).toBe(1);
};

describe('undeploy-old', () => {
  test.each([
    ['of 0.1.3', '"Un- and Re-deploy" "Undeploy" "Quit"', 'number 2'],
    ['in another order', '"Quit" "Un- and Re-deploy" "Undeploy"', 'number 3'],
    [
      'with the words of 0.1.2, whose second entry installs again',
      '"Upgrade" "Re-install" "Uninstall" "Quit"',
      'number 3',
    ],
  ])('answers a menu %s by its words, also in a terminal', async (_, options, number) => {
    const at = await stage();
    await edit(at.script('old'), (text) => text.replace(/options=\(.*\)/, `options=(${options})`));
    const { code, said } = await at.runInTerminal('undeploy-old', []);
    expect(said).toContain(number);
    expect(code).toBe(0);
    expect(existsSync(at.state('redeployed'))).toBe(false);
    expect((await at.check('undeploy-old')).status).toBe('done');
  });

  test('refuses, believes no script, and never deploys', async () => {
    const at = await stage();
    await writeFile(at.state('dag-runs'), 'our-own\t1\trunning\n');
    await refused(at, 'undeploy-old', /still run or wait: our-own/);
    await rm(at.state('dag-runs'));
    await putRelease(at.machine, 'lab', 'openmrs', 'openmrs-1.0.0');
    await refused(at, 'undeploy-old', /helm release openmrs in lab/);
    await rm(at.state('helm/lab'), { recursive: true });
    await edit(at.script('old'), (text) => text.replace('"Undeploy"', '"Remove"'));
    await refused(at, 'undeploy-old', /has no entry "Undeploy"/);
    await edit(at.script('old'), (text) => text.replace('"Remove"', '"Undeploy"'));
    await writeFile(at.state('faults/helm-uninstall'), '');
    await refused(at, 'undeploy-old', /UNDEPLOYMENT DONE.*still: helm releases kaapana-platform-chart/);
    await rm(at.state('faults/helm-uninstall'));
    await writeFile(join(at.fast, 'postgres-dcm4che/postmaster.pid'), '1\n');
    await undeployOld(at);
    expect((await at.run('undeploy-old')).code).toBe(0);
    expect(existsSync(at.state('deployed-013'))).toBe(false);
    expect(await at.check('undeploy-old')).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('not shut down cleanly') as string,
    });
  });
});

test('the certificate is saved with its key, for root alone, before it can be destroyed', async () => {
  const at = await stage();
  expect((await at.check('save-certificate')).status).toBe('not-needed');
  await installCertificate(at);
  expect((await at.check('save-certificate')).status).toBe('pending');
  const { code, said } = await at.run('save-certificate');
  expect(said).not.toMatch(/PRIVATE KEY/);
  expect(code).toBe(0);
  expect(await readFile(join(at.backup, 'tls/tls.key'), 'utf8')).toContain('PRIVATE KEY');
  expect((await at.check('save-certificate')).status).toBe('done');
  await installCertificate(at, 'kaapana');
  expect((await at.check('save-certificate')).status).toBe('not-needed');
  await installCertificate(at);
  expect(await at.check('save-certificate')).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining('Another certificate') as string,
  });
  await rm(join(at.backup, 'tls'), { recursive: true });
  await undeployOld(at);
  expect((await at.run('copy-scripts')).code).toBe(0);
  await refused(at, 'uninstall-old-server', /certificate in this cluster is not saved/);
  expect(existsSync(at.state('snap/microk8s'))).toBe(true);
});

test('the login goes to the variables by their names, into a file for its user alone', async () => {
  const at = await stage();
  await edit(at.script('new'), (text) =>
    text.replace('CONTAINER_REGISTRY_URL', '# a line more\nCONTAINER_REGISTRY_URL'),
  );
  const before = await readFile(at.script('new'), 'utf8');
  const password = `SECRET-$(touch ${at.state('run-by-accident')})'"\\`;
  const { code, said } = await at.runInTerminal('registry-credentials', [
    ['User of the registry registry.clinic.example/kaapana', 'robot$ci'],
    ['Password: ', password],
  ]);
  expect(said).not.toContain('SECRET');
  expect(code).toBe(0);
  const after = await readFile(at.script('new'), 'utf8');
  expect(after.replace(/^(CONTAINER_REGISTRY_(?:USERNAME|PASSWORD))=.*$/gm, '$1=""')).toBe(before);
  expect(after).toContain("CONTAINER_REGISTRY_USERNAME='robot$ci'");
  expect((await at.check('registry-credentials')).status).toBe('done');
  expect(existsSync(at.state('run-by-accident'))).toBe(false);
  expect((await at.run('registry-credentials', 'undo')).code).toBe(0);
  expect((await at.check('registry-credentials')).status).toBe('pending');
});

describe('reboot', () => {
  async function uninstalled(): Promise<OldStage> {
    const at = await stage({ oneFolder: false });
    await undeployOld(at);
    await rm(at.state('snap/microk8s'));
    const boot = await readFile(join(at.machine.root, 'proc/sys/kernel/random/boot_id'), 'utf8');
    await writeFile(at.kept('server-uninstalled'), boot);
    await writeFile(at.state('mounts'), `/\t/dev/sda1\n${join(at.machine.root, 'data')}\t/dev/sdb1\n`);
    const mount = `/dev/sdb1 ${join(at.machine.root, 'data')}`;
    await writeFile(at.kept('platform'), `fast_mount=${mount}\nslow_mount=${mount}\n`);
    return at;
  }

  test('asks for the restart, and wants another boot id, a system that has started, and the same disks', async () => {
    const at = await uninstalled();
    await writeFile(at.state('reboot-hold'), '');
    await writeFile(at.state('calls'), '');
    expect((await at.check('reboot')).status).toBe('pending');
    expect((await at.run('reboot')).code).toBe(0);
    expect(await readFile(at.state('calls'), 'utf8')).toMatch(/systemd-run .*'systemctl' 'reboot'/);
    expect((await at.check('reboot')).status).toBe('pending');
    await restart(at);
    await writeFile(at.state('system-state'), 'starting\n');
    expect((await at.check('reboot')).status).toBe('pending');
    await writeFile(at.state('system-state'), 'degraded\n');
    expect((await at.check('reboot')).status).toBe('done');
    await refused(at, 'reboot', /restarted already/);
    await writeFile(at.state('mounts'), `/\t/dev/sda1\n`);
    expect(await at.check('reboot')).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('Its disk is not mounted') as string,
    });
  });

  test('says how to restart by hand, and does not restart while MicroK8s is there', async () => {
    const at = await uninstalled();
    await writeFile(at.state('faults/systemd-run'), '');
    await refused(at, 'reboot', /Failed to connect to bus.*sudo systemctl reboot/);
    await writeFile(at.state('snap/microk8s'), 'v1.23.17 4595 1.23/stable\n');
    await refused(at, 'reboot', /MicroK8s is still installed/);
  });
});

test('helm 4 is exchanged before the server script runs, and nothing is deployed with it', async () => {
  const at = await stage();
  await undeployOld(at);
  await rm(at.state('snap/microk8s'));
  expect((await at.run('copy-scripts')).code).toBe(0);
  await writeFile(at.state('snap/helm'), '4.0.1 500 latest/stable\n');
  await writeFile(at.state('helm-version'), 'v4.0.1+g12500dd\n');
  await refused(at, 'server-installation', /helm is v4.*It is exchanged.*helm is v4/);
  expect(await readFile(at.state('snap/helm'), 'utf8')).toContain('3.7/stable');
  expect(existsSync(at.state('snap/microk8s'))).toBe(false);
  await refused(at, 'first-deploy', /helm is v4.*helm 3 only/);
  await writeFile(at.state('helm-version'), 'v3.7.2+g663a896\n');
  const { code, said } = await at.run('server-installation');
  expect(said).not.toContain('SECRET');
  expect(code).toBe(0);
  expect((await at.check('server-installation')).evidence).toMatch(/MicroK8s v1\.26\.3 1\.26\/stable runs/);
  // The new platform never starts on the old data, nor in a folder of somebody's.
  await refused(at, 'first-deploy', /holds data of 0\.1\.3/);
  await rename(at.fast, `${at.fast}_0.1.3`);
  await mkdir(join(at.fast, 'photos'), { recursive: true });
  await refused(at, 'first-deploy', /exists already and is not empty/);
});

describe('the way back', () => {
  test('installs the old server again by its own script, which is known by its SHA-256', async () => {
    const at = await stage();
    await undeployOld(at);
    for (const name of ['microk8s', 'helm']) await rm(at.state(`snap/${name}`));
    await writeFile(at.kept('server-uninstalled'), 'x');
    await writeFile(at.state('faults/offline'), '');
    const offline = await at.run('uninstall-old-server', 'undo');
    expect(offline.said).toMatch(
      /server_installation_0\.1\.3\.sh: It could not be fetched.*Nothing was changed/,
    );
    await rm(at.state('faults/offline'));
    const { code, said } = await at.run('uninstall-old-server', 'undo');
    expect(said).not.toContain('SECRET');
    expect(code).toBe(0);
    expect(await at.check('uninstall-old-server')).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('1.23/stable is installed') as string,
    });
    expect((await at.check('reboot')).status).toBe('pending');
    expect((await at.run('uninstall-old-server', 'undo')).said).toMatch(/is installed.*Nothing was changed/);
  });

  test('takes the certificate out again, and only that one', async () => {
    const at = await stage();
    await installCertificate(at);
    expect((await at.run('save-certificate')).code).toBe(0);
    const place = join(at.machine.root, 'data/new');
    await freshFolders(at, place);
    expect((await at.run('tls-certificates')).code).toBe(0);
    expect((await at.check('tls-certificates')).status).toBe('done');
    const ours = await readFile(join(place, 'tls/tls.crt'));
    await writeFile(join(place, 'tls/tls.crt'), 'of another person');
    expect((await at.run('tls-certificates', 'undo')).said).toMatch(/does not hold the saved certificate/);
    expect(existsSync(join(place, 'tls/tls.key'))).toBe(true);
    await writeFile(join(place, 'tls/tls.crt'), ours);
    expect((await at.run('tls-certificates', 'undo')).code).toBe(0);
    expect(existsSync(join(place, 'tls/tls.key'))).toBe(false);
    expect(existsSync(join(at.backup, 'tls/tls.key'))).toBe(true);
    expect((await at.check('tls-certificates')).status).toBe('pending');
  });
});

describe('move-data-aside', () => {
  async function down(options: OldOptions): Promise<OldStage> {
    const at = await stage(options);
    await undeployOld(at);
    return at;
  }
  const blocked = async (at: OldStage, reason: RegExp) => {
    expect(await at.check('move-data-aside')).toMatchObject({
      status: 'blocked',
      evidence: expect.stringMatching(reason) as string,
    });
    expect((await at.run('move-data-aside')).code).toBe(1);
    expect(existsSync(join(at.fast, 'postgres-dcm4che/series'))).toBe(true);
  };

  test('moves each distinct folder, takes it back, and never nests', async () => {
    const at = await down({ oneFolder: false });
    await mkdir(`${at.slow}_0.1.3`);
    await blocked(at, /would land inside it/);
    await rm(`${at.slow}_0.1.3`, { recursive: true });
    expect((await at.run('move-data-aside')).code).toBe(0);
    expect(existsSync(join(`${at.slow}_0.1.3`, 'dcm4che/dicom_data/fs1'))).toBe(true);
    expect(existsSync(at.fast) || existsSync(at.slow)).toBe(false);
    expect((await at.check('move-data-aside')).status).toBe('done');
    expect((await at.run('move-data-aside')).code).toBe(0);
    expect((await at.run('move-data-aside', 'undo')).code).toBe(0);
    expect((await at.check('move-data-aside')).status).toBe('pending');
    // One of them moved, as after a kill in between.
    await rename(at.fast, `${at.fast}_0.1.3`);
    expect((await at.check('move-data-aside')).status).toBe('pending');
    expect((await at.run('move-data-aside')).code).toBe(0);
    // Moved into an existing folder by hand.
    await rename(`${at.fast}_0.1.3`, `${at.fast}_x`);
    await mkdir(`${at.fast}_0.1.3`);
    await rename(`${at.fast}_x`, join(`${at.fast}_0.1.3`, 'fast'));
    expect((await at.check('move-data-aside')).status).toBe('blocked');
  });

  test('keeps away from mount points, home directories and links, and says what to do instead', async () => {
    const at = await down({ folder: 'home' });
    await blocked(at, /home directory of kaapana.*Write other folders/);
    await edit(at.script('new'), (text) => text.replaceAll(`"${at.fast}"`, `"${at.machine.root}/data/new"`));
    expect((await at.check('move-data-aside')).status).toBe('not-needed');
    expect((await at.run('move-data-aside')).code).toBe(0);
    expect(existsSync(join(at.fast, 'postgres-dcm4che/series'))).toBe(true);

    const other = await down({ oneFolder: true });
    await writeFile(other.state('mounts'), `/\t/dev/sda1\n${other.fast}\t/dev/sdb1\n`);
    await blocked(other, /is the mount point of a disk/);
    await rm(other.state('mounts'));
    await rename(other.fast, `${other.fast}.real`);
    await symlink(`${other.fast}.real`, other.fast);
    await blocked(other, /is a link/);
  });
});
