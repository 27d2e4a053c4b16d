import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  lstat,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { endMarkedProcesses } from '../rehearsal/processes';
import { cannotRun, isRoot, stage, type Stage } from './stage';

const run = promisify(execFile);
const STEP = 'snapshot-backup';

const folderOf = ({ machine }: Stage) => join(machine.backupDisk, 'km');
const copyOf = (at: Stage) => join(folderOf(at), 'opensearch-snapshots');

/** Names, kinds, modes, owners, sizes and contents of a tree, in one text. */
async function portrait(folder: string): Promise<string> {
  const format = '%P|%y|%m|%U|%G|%T@|%l\\0';
  const { stdout: names } = await run('bash', [
    '-c',
    `cd "$1" && { find . -printf '${format}' | sort -z; find . -type f -print0 | sort -z | xargs -0 sha256sum; }`,
    'portrait',
    folder,
  ]);
  return names;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await condition()) return;
    await pause(25);
  }
  throw new Error('It never happened.');
}

/** Starts a run that stops right before the first file is copied, until `release` is called. */
async function heldRun(at: Stage) {
  const hold = join(at.machine.state, 'copy-hold');
  await writeFile(hold, '');
  const ended = at.run('run');
  await until(() => existsSync(`${copyOf(at)}.partial/tree`));
  return { ended, release: () => rm(hold, { force: true }) };
}

describe('the copy', () => {
  test('is equal to the snapshot in contents, names, modes and times, and its check says what was compared', async () => {
    const at = await stage(STEP);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('no copy yet') as string,
    });
    const { code, output, errors } = await at.run('run');
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output).toContain('Done: 32 files');
    expect(await portrait(copyOf(at))).toBe(await portrait(at.machine.snapshots));
    expect((await readdir(folderOf(at))).sort()).toEqual([
      'opensearch-snapshots',
      'opensearch-snapshots.list',
      'opensearch-snapshots.sha256',
    ]);
    const { status, evidence } = await at.check();
    expect(status).toBe('done');
    expect(evidence).toMatch(
      /32 files, 2\.0 MB, contents compared by SHA-256 on .*; names, sizes, owners, modes and times equal the snapshot now/,
    );
  });

  test('can be compared by hand with the line that the run prints', async () => {
    const at = await stage(STEP);
    const { output } = await at.run('run');
    const line = /To compare again by hand: (.*)/.exec(output)?.[1] ?? 'false';
    await run('bash', ['-c', line], { env: at.env });
    await appendFile(join(copyOf(at), 'index-0'), 'damaged');
    await expect(run('bash', ['-c', line], { env: at.env })).rejects.toMatchObject({
      stdout: expect.stringContaining('index-0: FAILED') as string,
    });
  });

  test('keeps the owners', async (context) => {
    if (!isRoot) cannotRun(context, 'only root may create files of other users');
    const at = await stage(STEP);
    await at.run('run');
    expect((await lstat(join(copyOf(at), 'index-0'))).uid).toBe(1000);
  });

  test('is private: its folder is closed to other users', async () => {
    const at = await stage(STEP);
    await at.run('run');
    expect((await lstat(folderOf(at))).mode & 0o777).toBe(0o700);
  });

  test('tells its progress in files and bytes', async () => {
    const at = await stage(STEP, { copySeconds: 4 });
    const { output } = await at.run('run');
    expect(output).toMatch(/copied \d+ of 32 files, .* of 2\.0 MB/);
  });

  test('goes into a folder that is there already, and through a link to another disk', async () => {
    const at = await stage(STEP);
    await mkdir(join(at.machine.backupDisk, 'real/opensearch-snapshots'), { recursive: true });
    await symlink(join(at.machine.backupDisk, 'real'), join(at.machine.root, 'link'));
    await at.set({ BACKUP_DIR: join(at.machine.root, 'link') });
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('takes folders with spaces, quotes and line breaks in the names of their files', async () => {
    const at = await stage(STEP);
    await at.set({ BACKUP_DIR: join(at.machine.backupDisk, `it's "my" $HOME backup`) });
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).evidence).toContain(`it's "my" $HOME backup`);
  });
});

describe('a second run', () => {
  test('finds the copy, compares it, copies nothing and nests nothing', async () => {
    const at = await stage(STEP);
    await at.run('run');
    const before = await portrait(folderOf(at));
    const { code, output } = await at.run('run');
    expect(code).toBe(0);
    expect(output).toContain('Equal: 32 files, 2.0 MB. Nothing was copied.');
    expect(existsSync(join(copyOf(at), 'snapshots'))).toBe(false);
    expect(await portrait(copyOf(at))).toBe(await portrait(at.machine.snapshots));
    expect(before).toContain('opensearch-snapshots|d');
  });

  test('adopts an equal copy that somebody made by hand', async () => {
    const at = await stage(STEP);
    await mkdir(folderOf(at));
    await run('cp', ['-a', at.machine.snapshots, copyOf(at)]);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('compares and copies nothing') as string,
    });
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('stops at a copy that differs, names what differs and writes nothing', async () => {
    const at = await stage(STEP);
    await at.run('run');
    await writeFile(join(copyOf(at), 'index-0'), 'changed');
    const before = await portrait(folderOf(at));
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/Failed: The copy differs from the snapshot: index-0/);
    expect(said).toContain('Nothing was changed');
    expect(await portrait(folderOf(at))).toBe(before);
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('no longer as it was') as string,
    });
  });

  test('notices other contents behind the same size and time', async () => {
    const at = await stage(STEP);
    await at.run('run');
    const file = join(copyOf(at), 'meta-3Zq8.dat');
    const { atime, mtime, size } = await lstat(file);
    await writeFile(file, Buffer.alloc(size));
    await utimes(file, atime, mtime);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/other contents: meta-3Zq8\.dat/);
    expect(said).toContain('the copy is as it was');
    expect(existsSync(`${copyOf(at)}.partial`)).toBe(false);
  });

  test('does not overwrite the backup of an earlier snapshot', async () => {
    const at = await stage(STEP);
    await at.run('run');
    await writeFile(join(at.machine.snapshots, 'index-1'), 'a newer snapshot');
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringMatching(/has changed since .*index-1/) as string,
    });
    expect((await at.run('run')).code).toBe(1);
    expect(existsSync(join(copyOf(at), 'index-1'))).toBe(false);
  });
});

describe('later', () => {
  test('the check still holds when the database migration has removed the snapshot', async () => {
    const at = await stage(STEP);
    await at.run('run');
    await rm(join(at.machine.fastDataDir, 'os'), { recursive: true });
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('no longer there') as string,
    });
    await rm(join(copyOf(at), 'index-0'));
    expect((await at.check()).status).toBe('blocked');
  });
});

describe('what is refused before anything is touched', () => {
  const refused: readonly (readonly [
    name: string,
    folder: (at: Stage) => string | Promise<string>,
    reason: RegExp,
  ])[] = [
    [
      'inside the fast data folder',
      ({ machine }) => join(machine.fastDataDir, 'backup'),
      /inside the data folder/,
    ],
    [
      'inside the slow data folder',
      ({ machine }) => join(machine.slowDataDir, 'deep/er'),
      /inside the data folder/,
    ],
    ['the data folder itself', ({ machine }) => machine.fastDataDir, /inside the data folder/],
    ['above the data folders', ({ machine }) => join(machine.root, 'data'), /lies inside it/],
    ['the root', () => '/', /root of the file system/],
    ['the root in disguise', () => '/usr/../.', /root of the file system/],
    ['a relative path', () => 'backup', /not an absolute path/],
    ['an empty value', () => '', /not an absolute path/],
    [
      'below /var/snap',
      ({ machine }) => join(machine.root, 'var/snap/backup'),
      /uninstalling MicroK8s empties/,
    ],
    [
      'a link into the data folder',
      async ({ machine }) => {
        await symlink(join(machine.fastDataDir, 'workflows'), join(machine.root, 'innocent'));
        return join(machine.root, 'innocent/backup');
      },
      /inside the data folder .* \(it leads to/,
    ],
  ];
  test.each(refused)('%s', async (_, folder, reason) => {
    const at = await stage(STEP);
    await at.set({ BACKUP_DIR: await folder(at) });
    const before = await portrait(at.machine.fastDataDir);
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringMatching(reason) as string,
    });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(reason);
    expect(await portrait(at.machine.fastDataDir)).toBe(before);
  });

  test('a data folder seen through a bind mount', async (context) => {
    const at = await stage(STEP);
    const window = join(at.machine.root, 'window');
    await mkdir(window);
    if (
      !isRoot ||
      !(await run('mount', ['--bind', at.machine.fastDataDir, window]).then(
        () => true,
        () => false,
      ))
    )
      cannotRun(context, 'bind mounts need root');
    try {
      await at.set({ BACKUP_DIR: join(window, 'backup') });
      expect((await at.check()).evidence).toContain('inside the data folder');
    } finally {
      await run('umount', [window]);
    }
  });

  test('a folder whose parent is missing: perhaps the disk is not mounted', async () => {
    const at = await stage(STEP);
    await at.set({ BACKUP_DIR: join(at.machine.root, 'mnt/usb/backup') });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('Is the backup disk mounted?');
    expect(existsSync(join(at.machine.root, 'mnt'))).toBe(false);
  });

  test('a snapshot that is not there, or not finished', async () => {
    const at = await stage(STEP);
    await rename(join(at.machine.snapshots, 'index-0'), join(at.machine.snapshots, 'incomplete'));
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('no file index-*') as string,
    });
    expect((await at.run('run')).code).toBe(1);
    await rm(at.machine.snapshots, { recursive: true });
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('does not exist') as string,
    });
    expect((await at.run('run')).code).toBe(1);
    expect(existsSync(copyOf(at))).toBe(false);
  });

  test('a file or a link where the copy should be', async () => {
    const at = await stage(STEP);
    await mkdir(folderOf(at));
    await symlink(at.machine.home, copyOf(at));
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('is not a folder') as string,
    });
    expect((await at.run('run')).code).toBe(1);
    expect(await readdir(at.machine.home)).not.toContain('index-0');
  });

  test('a .partial folder of somebody else', async () => {
    const at = await stage(STEP);
    await mkdir(`${copyOf(at)}.partial`, { recursive: true });
    await writeFile(`${copyOf(at)}.partial/thesis.doc`, 'years of work');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('was not made by this step');
    expect(await readFile(`${copyOf(at)}.partial/thesis.doc`, 'utf8')).toBe('years of work');
  });
});

describe('room', () => {
  test('too little is told before anything is copied', async () => {
    const at = await stage(STEP);
    await writeFile(join(at.machine.state, 'disks'), `${at.machine.backupDisk}\t4000\t2000\n`);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/too little room: .* are needed, the snapshot and 10 %; 2\.0 MB are free/);
    expect(existsSync(`${copyOf(at)}.partial`)).toBe(false);
  });

  test('a disk that fills up while copying leaves nothing that looks whole', async (context) => {
    const at = await stage(STEP, { snapshotBytes: 8_000_000 });
    if (
      !isRoot ||
      !(await run('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', at.machine.backupDisk]).then(
        () => true,
        () => false,
      ))
    )
      cannotRun(context, 'a small disk needs root to mount it; the next test pretends one');
    onTestFinished(async () => {
      await endMarkedProcesses(at.machine.root);
      await run('umount', ['-l', at.machine.backupDisk]);
    });
    await writeFile(join(at.machine.state, 'disks'), '');
    const { ended, release } = await heldRun(at);
    await run('fallocate', ['-l', '9M', join(at.machine.backupDisk, 'filler')]);
    await release();
    const { code, said } = await ended;
    expect(code).toBe(1);
    expect(said).toContain('No space left on device');
    expect(said).toContain('There is no copy');
    expect(await readdir(folderOf(at))).toEqual([]);
    expect((await at.check()).status).toBe('pending');
    await rm(join(at.machine.backupDisk, 'filler'));
    expect((await at.run('run')).code).toBe(0);
  });

  test('the same with a pretended full disk, for users who may not mount one', async () => {
    const at = await stage(STEP);
    await writeFile(join(at.machine.state, 'copy-full'), '');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('The disk of the backup folder is full. Make room');
    expect(await readdir(folderOf(at))).toEqual([]);
    await rm(join(at.machine.state, 'copy-full'));
    expect((await at.run('run')).code).toBe(0);
  });
});

describe('interruptions', () => {
  test('killed at any point, it leaves no copy or a whole one, and a second run completes it', async () => {
    const at = await stage(STEP, { snapshotBytes: 6_000_000, copySeconds: 1 });
    const outcomes: string[] = [];
    for (const milliseconds of [40, 120, 250, 500, 900, 1200, 1300, 1400, 1500, 1700]) {
      const ended = at.run('run');
      await pause(milliseconds);
      await endMarkedProcesses(at.machine.root);
      await ended;
      const copied = existsSync(copyOf(at));
      if (copied) expect(await portrait(copyOf(at))).toBe(await portrait(at.machine.snapshots));
      const { status } = await at.check();
      expect(['pending', 'done']).toContain(status);
      outcomes.push(copied ? `copy, ${status}` : status);
      if (copied) await rm(folderOf(at), { recursive: true });
    }
    expect(outcomes).toContain('pending');
    await writeFile(join(at.machine.state, 'copy-seconds'), '0');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
    expect(existsSync(`${copyOf(at)}.partial`)).toBe(false);
  });

  test('killed between the rename and the list, the copy counts as not compared until it was', async () => {
    const at = await stage(STEP);
    await at.run('run');
    await mkdir(`${copyOf(at)}.partial`);
    await writeFile(`${copyOf(at)}.partial/made-by-kaapana-migration`, '');
    await rm(`${copyOf(at)}.sha256`);
    expect((await at.check()).status).toBe('pending');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
    expect(existsSync(`${copyOf(at)}.partial`)).toBe(false);
  });

  test('a file that changes while it is copied is noticed', async () => {
    const at = await stage(STEP);
    const { ended, release } = await heldRun(at);
    await appendFile(join(at.machine.snapshots, 'meta-3Zq8.dat'), 'more');
    await release();
    const { code, said } = await ended;
    expect(code).toBe(1);
    expect(said).toMatch(/The snapshot changed while it was copied: meta-3Zq8\.dat/);
    expect(await readdir(folderOf(at))).toEqual([]);
  });

  test('Ctrl-C in the terminal stops it; it says that there is no copy', async () => {
    const at = await stage(STEP);
    await writeFile(join(at.machine.state, 'copy-hold'), '');
    const { code, said } = await at.runInTerminal('run', [['Copying', '\u0003']]);
    expect(code).toBe(130);
    expect(said).toContain('Stopped. There is no copy');
    expect(existsSync(copyOf(at))).toBe(false);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('was cut off') as string,
    });
    await rm(join(at.machine.state, 'copy-hold'));
    expect((await at.run('run')).said).toContain('An earlier copy was cut off. It is removed');
    expect((await at.check()).status).toBe('done');
  });

  test('a second run beside the first one does not disturb it', async () => {
    const at = await stage(STEP);
    const { ended, release } = await heldRun(at);
    const second = await at.run('run');
    expect(second.code).toBe(1);
    expect(second.said).toContain('is still running');
    await release();
    expect((await ended).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});

describe('root', () => {
  test('is refused: the run says so and touches nothing, the check is unknown', async () => {
    const at = await stage(STEP, { sudo: 'refused' });
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining('not in the sudoers file') as string,
    });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('not in the sudoers file');
    expect(existsSync(folderOf(at))).toBe(false);
  });

  test('is asked for once, in the terminal; the check beside it never waits for a password', async () => {
    const at = await stage(STEP, { sudo: 'password' });
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining("needs sudo's password") as string,
    });
    const { code, output } = await at.runInTerminal('run', [['[sudo] password', 'rehearsal']]);
    expect(code).toBe(0);
    expect(output.match(/\[sudo\] password/g)).toHaveLength(1);
    expect(output).not.toContain('rehearsal\r\n');
    expect(output).toContain('Done: 32 files');
  });

  test('is not given for a wrong password', async () => {
    const at = await stage(STEP, { sudo: 'password' });
    const wrong = ['[sudo] password', 'wrong'] as const;
    const { code, output } = await at.runInTerminal('run', [wrong, wrong, wrong]);
    expect(code).toBe(1);
    expect(output).toContain('sudo did not accept a password');
    expect(existsSync(folderOf(at))).toBe(false);
  });

  test('the user may be root', async () => {
    const at = await stage(STEP, { asRoot: true, sudo: 'refused' });
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });
});
