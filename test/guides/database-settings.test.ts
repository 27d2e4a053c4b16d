import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { IMAGES, layDocker } from '../postgres/docker';
import { item, keptOf, stage, type Stage } from './stage';

const fileOf = ({ machine }: Stage) => keptOf(machine, 'database-settings');

const settingsOf = async (at: Stage) =>
  Object.fromEntries(
    (await readFile(fileOf(at), 'utf8'))
      .split('\n')
      .filter((line) => line.includes('=') && !line.startsWith('#'))
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );

describe('database-settings', () => {
  test('records all seven values of the official script, with the images that really run', async () => {
    const at = await stage('database-settings');
    expect((await at.check()).status).toBe('pending');
    const { code, output, errors } = await at.run('run');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(await settingsOf(at)).toEqual({
      CONTAINER_REGISTRY_URL: 'registry.clinic.example/kaapana',
      ...IMAGES,
      TMP_MIGRATION_DIR: join(at.machine.backupDisk, 'work'),
      FAST_DATA_DIR: at.machine.fastDataDir,
    });
    expect(output).toContain(IMAGES.IMAGE_POSTGRES_DCM4CHE_NEW);
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining(IMAGES.IMAGE_POSTGRES_OLD) as string,
    });
  });

  test('keeps no secret and prints none', async () => {
    const at = await stage('database-settings');
    const { said } = await at.run('run');
    expect(said + (await readFile(fileOf(at), 'utf8'))).not.toContain('SECRET');
  });

  test('takes the version of the new images from the newest deploy script, never 0.4.0', async () => {
    const at = await stage('database-settings', { scripts: ['0.3.5', '0.4.0', '0.4.2', '0.4.1'] });
    await at.run('run');
    expect((await settingsOf(at))['IMAGE_POSTGRES_NEW']).toMatch(/:0\.4\.2$/);
    const without = await stage('database-settings', { scripts: ['0.3.5', '0.4.0'] });
    expect(await without.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('no deploy script of 0.4.1') as string,
    });
  });

  test('refuses another data folder than the one that the platform uses', async () => {
    const at = await stage('database-settings');
    await at.set({ FAST_DATA_DIR: '/home/kaapana' });
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('the running platform keeps its data in') as string,
    });
    expect((await at.run('run')).code).toBe(1);
    expect(existsSync(fileOf(at))).toBe(false);
  });

  test('still answers when the platform is down, and notices a value that no longer fits', async () => {
    const at = await stage('database-settings');
    await at.run('run');
    await writeFile(join(at.machine.state, 'cluster-down'), '');
    expect((await at.check()).status).toBe('done');
    await at.set({ WORK_DIR: '/elsewhere' });
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('no longer fit') as string,
    });
    await rm(fileOf(at));
    expect((await at.check()).status).toBe('blocked');
  });

  test('notices that the platform has changed since', async () => {
    const at = await stage('database-settings');
    await at.run('run');
    const text = await readFile(fileOf(at), 'utf8');
    await writeFile(fileOf(at), text.replace(':0.3.5', ':0.3.4'));
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('IMAGE_POSTGRES_OLD') as string,
    });
  });
});

const SETTINGS = Object.entries(IMAGES)
  .map(([name, image]) => `${name}=${image}\n`)
  .join('');

/** A host whose registry wants a login, with the settings recorded. */
async function withRegistry(login = 'robot:SECRET-registry', options = {}): Promise<Stage> {
  const at = await stage('registry-login', options);
  await layDocker(at.machine, { pulled: false });
  await writeFile(join(at.machine.state, 'docker/registry-login'), login);
  await writeFile(join(at.machine.state, 'calls'), '');
  await mkdir(keptOf(at.machine), { recursive: true });
  await writeFile(fileOf(at), SETTINGS);
  return at;
}

const callsOf = (at: Stage) => readFile(join(at.machine.state, 'calls'), 'utf8');

describe('registry-login', () => {
  test('fetches all four images as root, with the login of the platform, and puts the password nowhere', async () => {
    const at = await withRegistry();
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('0 of 4 images') as string,
    });
    const { code, said } = await at.run('run');
    expect(code).toBe(0);
    expect(said).toContain('as robot, with the login that the platform uses');
    const calls = await callsOf(at);
    expect(calls).toMatch(
      /docker 'login' '--username' 'robot' '--password-stdin' 'registry\.clinic\.example'/,
    );
    expect(said + calls).not.toContain('SECRET');
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('All 4 images') as string,
    });
    expect(existsSync(join(at.machine.root, 'root/.docker/config.json'))).toBe(true);
  });

  test('asks for a login in the terminal where that of the platform is refused; the password is not shown', async () => {
    const at = await withRegistry('admin:typed secret');
    expect((await at.run('run')).code).toBe(1);
    const { code, output } = await at.runInTerminal('run', [
      ['User of registry.clinic.example', 'admin'],
      ['Password of admin', 'typed secret'],
    ]);
    expect(code).toBe(0);
    expect(output + (await callsOf(at))).not.toContain('typed secret');
    expect((await at.check()).status).toBe('done');
  });

  test('tells a wrong password, and keeps what was fetched', async () => {
    const at = await withRegistry('admin:right');
    const { code, said } = await at.runInTerminal('run', [
      ['User of', 'admin'],
      ['Password of', 'wrong'],
    ]);
    expect(code).toBe(1);
    expect(said).toMatch(/does not accept this login: .*incorrect username or password/);
    expect((await at.check()).status).toBe('pending');
  });

  test('names an image that the registry lacks, while the platform still runs', async () => {
    const at = await withRegistry();
    const name = IMAGES.IMAGE_POSTGRES_NEW.replaceAll('/', '%');
    await rm(join(at.machine.state, 'docker/registry', name));
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain(`The registry has no image ${IMAGES.IMAGE_POSTGRES_NEW}`);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('postgres-17.2-alpine:0.4.1') as string,
    });
  });

  test('needs no registry where the images are there, and takes images and login back', async () => {
    const at = await withRegistry();
    await layDocker(at.machine);
    expect((await at.run('run')).code).toBe(0);
    expect(await callsOf(at)).not.toContain("'pull'");
    await at.run('undo');
    expect((await at.check()).status).toBe('pending');
    expect(existsSync(join(at.machine.root, 'root/.docker/config.json'))).toBe(false);
  });

  test('notes that docker has closed the network of the pods', async () => {
    const at = await withRegistry();
    await layDocker(at.machine);
    expect(item(await at.check(), 'forward').verdict).toBe('go');
    await writeFile(join(at.machine.state, 'forward'), '-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n');
    expect(item(await at.check(), 'forward')).toMatchObject({
      verdict: 'note',
      remedy: expect.stringContaining('iptables -P FORWARD ACCEPT') as string,
    });
  });

  test('is unknown or refused where docker or root cannot be asked', async () => {
    const down = await withRegistry();
    await writeFile(join(down.machine.state, 'docker-down'), '');
    expect((await down.check()).status).toBe('unknown');
    expect((await down.run('run')).said).toContain('Cannot connect to the Docker daemon');
    const refused = await withRegistry(undefined, { sudo: 'refused' });
    expect((await refused.check()).status).toBe('unknown');
    expect((await refused.run('run')).said).toContain('not in the sudoers file');
    const early = await stage('registry-login');
    expect((await early.check()).status).toBe('blocked');
  });
});
