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
import { describe, expect, test } from 'vitest';
import { cannotRun } from '../tools/cannotRun';
import { copyOf, folderOf, portrait, run, STEP } from './snapshot';
import { isRoot, stage, type Stage } from './stage';

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
