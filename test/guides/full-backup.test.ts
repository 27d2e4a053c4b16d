import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { putRelease } from '../rehearsal/platform';
import { endMarkedProcesses } from '../rehearsal/processes';
import { heldRun, portrait, run } from './snapshot';
import { pause, stage, until, type Stage } from './stage';

const STEP = 'full-backup';
const down = (options = {}) => stage(STEP, { platform: false, snapshotBytes: 300_000, ...options });
const backupOf = (at: Stage) => join(at.machine.backupDisk, 'km/full-backup');

/** Folders of the platform that must come back exactly as they were. */
const COPIED = [
  'postgres-backend',
  'keycloak',
  'postgres-airflow',
  'postgres-dcm4che',
  'os',
  'workflows/dags',
];

describe('the backup', () => {
  test('holds every folder, equal in contents, names, owners, modes and times', async () => {
    const at = await down();
    await mkdir(join(at.machine.slowDataDir, 'dcm4che/server_data'), { recursive: true });
    await writeFile(join(at.machine.slowDataDir, 'dcm4che/server_data/standalone.xml'), '<server/>');
    await mkdir(join(at.machine.fastDataDir, 'postgres-doccano'));
    await writeFile(join(at.machine.fastDataDir, 'postgres-doccano/PG_VERSION'), '15\n');
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('no backup yet') as string,
    });
    const { code, output, errors } = await at.run('run');
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output).toMatch(/Done: \d+ folders/);
    for (const folder of COPIED)
      expect(await portrait(join(backupOf(at), 'fast', folder))).toBe(
        await portrait(join(at.machine.fastDataDir, folder)),
      );
    expect(existsSync(join(backupOf(at), 'fast/postgres-doccano/PG_VERSION'))).toBe(true);
    expect(existsSync(join(backupOf(at), 'slow/dcm4che/server_data/standalone.xml'))).toBe(true);
    expect(existsSync(join(backupOf(at), 'slow/minio'))).toBe(false);
    const { status, evidence } = await at.check();
    expect(status).toBe('done');
    expect(evidence).toMatch(
      /13 folders with \d+ files, .*compared by SHA-256 on .*equal the data folders now/,
    );
  });

  test('a second run copies nothing; the check still holds when the databases are migrated', async () => {
    const at = await down();
    await at.run('run');
    const before = await portrait(backupOf(at));
    const { code, output } = await at.run('run');
    expect(code).toBe(0);
    expect(output).toContain('Nothing was copied');
    expect(await portrait(backupOf(at))).toBe(before);
    const folder = join(at.machine.fastDataDir, 'postgres-airflow');
    await rename(folder, `${folder}.pg15`);
    await mkdir(folder);
    await writeFile(join(folder, 'PG_VERSION'), '17\n');
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('have been migrated since') as string,
    });
  });

  test('is blocked when it was touched, and when the platform has changed its data since', async () => {
    const at = await down();
    await at.run('run');
    const file = join(backupOf(at), 'fast/keycloak/db-files/PG_VERSION');
    await chmod(file, 0o777);
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringMatching(/no longer as it was .*fast\/keycloak, db-files\/PG_VERSION/) as string,
    });
    await chmod(file, 0o644);
    expect((await at.check()).status).toBe('done');
    await appendFile(join(at.machine.fastDataDir, 'postgres-backend/base/16384/2619'), 'new row');
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringMatching(/have changed since .*fast\/postgres-backend/) as string,
    });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('If the platform was deployed in between, rename');
  });

  test('is not made of a folder whose contents differ behind the same size and time', async () => {
    const at = await down();
    const { ended, release } = await heldRun(at);
    const file = join(at.machine.fastDataDir, 'postgres-backend/base/16384/2619');
    const text = await readFile(file);
    await release();
    await until(() => existsSync(join(backupOf(at), 'fast/postgres-backend.sha256')));
    expect(await ended).toMatchObject({ code: 0, errors: '' });
    // A database file that a tool has rewritten in place, and a copy nobody has compared with it.
    await rm(join(backupOf(at), 'complete'));
    await rm(join(backupOf(at), 'fast/postgres-backend.sha256'));
    await writeFile(file, Buffer.alloc(text.length));
    const stamp = new Date('2024-03-05T06:07:08.900Z');
    await utimes(file, stamp, stamp);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('other contents: base/16384/2619');
    expect((await at.check()).status).toBe('pending');
  });
});

describe('interrupted', () => {
  test('at many points, it keeps the folders that were compared and goes on with the others', async () => {
    const at = await down({ snapshotBytes: 3_000_000 });
    let finished = 0;
    for (const milliseconds of [150, 400, 700, 1000, 1300, 1700, 2200]) {
      const ended = at.run('run');
      await pause(milliseconds);
      await endMarkedProcesses(at.machine.root);
      await ended;
      const { status, evidence } = await at.check();
      expect(['pending', 'done']).toContain(status);
      const now = Number(/(\d+) of 12 folders/.exec(evidence)?.[1] ?? finished);
      expect(now).toBeGreaterThanOrEqual(finished);
      finished = now;
    }
    const { code, output } = await at.run('run');
    expect(code).toBe(0);
    if (finished > 0 && !output.includes('Nothing was copied')) expect(output).toContain('Already copied');
    for (const folder of COPIED)
      expect(await portrait(join(backupOf(at), 'fast', folder))).toBe(
        await portrait(join(at.machine.fastDataDir, folder)),
      );
    expect((await at.check()).status).toBe('done');
  });

  test('a full disk ends it; what was compared stays', async () => {
    const at = await down();
    await writeFile(join(at.machine.state, 'copy-full'), '');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('The disk of the backup folder is full');
    expect(said).toContain('Folders that were copied and compared are kept');
    await rm(join(at.machine.state, 'copy-full'));
    expect(await at.run('run')).toMatchObject({ code: 0, errors: '' });
    expect((await at.check()).status).toBe('done');
  });

  test('a second run beside the first one does not disturb it', async () => {
    const at = await down();
    const { ended, release } = await heldRun(at);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('still running') as string,
    });
    expect((await at.run('run')).said).toContain('is still running');
    await release();
    expect(await ended).toMatchObject({ code: 0, errors: '' });
  });
});

describe('refused', () => {
  test('while the platform is deployed', async () => {
    const at = await down();
    await putRelease(at.machine, 'default', 'kaapana-admin-chart', 'kaapana-admin-chart-0.3.5');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('The platform is not down: helm still lists kaapana-admin-chart');
    expect(existsSync(backupOf(at))).toBe(false);
  });

  test('while a process works in a database folder, also when the cluster does not answer', async () => {
    const at = await down();
    await writeFile(join(at.machine.state, 'cluster-down'), '');
    const server = spawn('sleep', ['60'], { cwd: join(at.machine.fastDataDir, 'postgres-airflow') });
    onTestFinished(() => void server.kill());
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/in use by sleep \(\d+\)/);
    expect(existsSync(backupOf(at))).toBe(false);
  });

  test('while a container shows a data folder under another name', async (context) => {
    const at = await down();
    const inside = join(at.machine.root, 'inside');
    await mkdir(inside);
    const words = [
      '--mount',
      'bash',
      '-c',
      `mount --bind ${join(at.machine.fastDataDir, 'os/data')} ${inside} && exec sleep 60`,
    ];
    const allowed = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const able = await run('unshare', [...allowed, '--mount', 'true']).then(
      () => true,
      () => false,
    );
    if (!able)
      context.skip('mount namespaces are not allowed here; the test before this one covers processes');
    const container = spawn('unshare', [...allowed, ...words], { env: at.env });
    onTestFinished(() => void container.kill());
    await until(() => container.pid !== undefined);
    await pause(300);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/in use by sleep/);
  });

  test('where there is too little room, before anything is copied', async () => {
    const at = await down();
    await writeFile(join(at.machine.state, 'disks'), `${at.machine.backupDisk}\t4000\t200\n`);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/too little room: .* are needed, what is still to be copied and 10 %/);
    expect(existsSync(join(backupOf(at), 'fast'))).toBe(false);
  });

  test('in a folder below the data, below /var/snap, or where its disk is not mounted', async () => {
    const at = await down();
    for (const [folder, reason] of [
      [join(at.machine.fastDataDir, 'backup'), 'inside the data folder'],
      [join(at.machine.root, 'var/snap/backup'), 'uninstalling MicroK8s empties'],
      [join(at.machine.root, 'mnt/usb/backup'), 'Is the backup disk mounted?'],
    ] as const) {
      await at.set({ BACKUP_DIR: folder });
      const { code, said } = await at.run('run');
      expect(code).toBe(1);
      expect(said).toContain(reason);
    }
  });

  test('without root; the check is unknown', async () => {
    const at = await down({ sudo: 'refused' });
    expect((await at.check()).status).toBe('unknown');
    expect((await at.run('run')).said).toContain('not in the sudoers file');
  });
});
