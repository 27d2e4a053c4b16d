import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { endMarkedProcesses } from '../rehearsal/processes';
import { cannotRun } from '../tools/cannotRun';
import { copyOf, folderOf, heldRun, portrait, run, STEP } from './snapshot';
import { isRoot, pause, stage } from './stage';

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
    const { code, said } = await at.runInTerminal('run', [['copied ', '\u0003']]);
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

  test('is asked for once also when the check follows in the same terminal', async () => {
    const at = await stage(STEP, { sudo: 'password' });
    const both = `run && KM_INTERACTIVE=1 /bin/bash ${at.file} check`;
    const { output } = await at.runInTerminal(both, [['[sudo] password', 'rehearsal']]);
    expect(output.match(/\[sudo\] password/g)).toHaveLength(1);
    expect(output.trimEnd().split('\n').at(-1)).toContain('{"status":"done"');
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
