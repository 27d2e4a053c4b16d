import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { composeValidation, parseValidation, type Values } from '../../src/migration/command';
import { createMachine, type Machine, type MachineOptions } from '../rehearsal/machine';
import { execute, keptOf, loadedGuide } from './stage';

/** What the form is told of a value. */
async function told(machine: Machine, name: string, value: string, others: Values = {}) {
  const command = composeValidation(await loadedGuide(), name, value, others);
  if (!command) throw new Error(`${name} is not validated.`);
  const file = join(machine.root, 'validate.sh');
  await writeFile(file, command.text);
  const { code, output, errors } = await execute(
    '/bin/bash',
    [file],
    { ...machine.env, KM_TIMEOUT: '3' },
    machine.home,
  );
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(output.trim().split('\n').length).toBe(1);
  return parseValidation(output);
}

async function on(options: MachineOptions = {}): Promise<Machine> {
  const machine = await createMachine({ snapshotBytes: 1000, ...options });
  onTestFinished(machine.remove);
  return machine;
}

const like = (text: string) => expect.stringContaining(text) as string;

test('values that fit this host are not spoken against', async () => {
  const machine = await on();
  const { fastDataDir, slowDataDir, backupDisk } = machine;
  expect(await told(machine, 'FAST_DATA_DIR', fastDataDir)).toBeUndefined();
  expect(await told(machine, 'SLOW_DATA_DIR', slowDataDir)).toBeUndefined();
  expect(await told(machine, 'BACKUP_DIR', join(backupDisk, 'km'))).toBeUndefined();
  expect(
    await told(machine, 'WORK_DIR', join(backupDisk, 'work'), { BACKUP_DIR: join(backupDisk, 'km') }),
  ).toBeUndefined();
  expect(await told(machine, 'SCRIPTS_DIR', join(machine.home, 'kaapana'))).toBeUndefined();
});

test('a data folder has to be there, and to be the one of the platform', async () => {
  const machine = await on();
  const other = join(machine.root, "data/o'ther");
  expect(await told(machine, 'FAST_DATA_DIR', other)).toBe(
    `There is no folder ${other} on this host. Is its disk mounted?`,
  );
  await mkdir(other);
  expect(await told(machine, 'FAST_DATA_DIR', other)).toBe(
    `The platform keeps its databases in ${machine.fastDataDir}, not in ${other}.`,
  );
  expect(await told(machine, 'SLOW_DATA_DIR', other)).toEqual(like('keeps its images in'));
  await symlink(machine.fastDataDir, join(machine.root, 'data/link'));
  expect(await told(machine, 'FAST_DATA_DIR', join(machine.root, 'data/link'))).toBeUndefined();
  await mkdir(join(machine.root, 'var/snap/data'), { recursive: true });
  expect(await told(machine, 'SLOW_DATA_DIR', join(machine.root, 'var/snap/data'))).toEqual(
    like('lies below /var/snap'),
  );
  expect(await told(machine, 'FAST_DATA_DIR', join(machine.home, '.bashrc'))).toEqual(
    like('is not a folder'),
  );
});

test('without the platform, what was kept of it counts', async () => {
  const machine = await on({ platform: false });
  await mkdir(keptOf(machine), { recursive: true });
  expect(await told(machine, 'FAST_DATA_DIR', machine.slowDataDir)).toBeUndefined();
  await writeFile(keptOf(machine, 'platform'), `fast_data_dir=${machine.fastDataDir}\n`);
  expect(await told(machine, 'FAST_DATA_DIR', machine.slowDataDir)).toEqual(
    like(`databases in ${machine.fastDataDir}`),
  );
});

test('folders for copies: outside the data, below a folder that is there, with room', async () => {
  const machine = await on();
  const { fastDataDir, slowDataDir, backupDisk, state } = machine;
  const inside = join(fastDataDir, 'backup');
  expect(await told(machine, 'BACKUP_DIR', inside)).toBe(
    `${inside} cannot hold the copies: it lies inside the data folder ${fastDataDir}.`,
  );
  // What stands in the form goes before what the platform says.
  const others = { FAST_DATA_DIR: join(machine.root, 'elsewhere'), SLOW_DATA_DIR: slowDataDir };
  expect(await told(machine, 'BACKUP_DIR', inside, others)).toBeUndefined();
  expect(await told(machine, 'WORK_DIR', join(backupDisk, 'a/b'))).toEqual(
    like(`${backupDisk}/a, does not exist`),
  );
  expect(await told(machine, 'WORK_DIR', join(machine.home, '.bashrc'))).toEqual(like('is not a folder'));
  const disks = await readFile(join(state, 'disks'), 'utf8');
  await writeFile(join(state, 'disks'), disks.replace(/(backup\t\d+\t)\d+/, '$1300'));
  const [backup, work] = [join(backupDisk, 'km'), join(backupDisk, 'work')];
  expect(await told(machine, 'BACKUP_DIR', backup)).toMatch(
    /has 307\.2 kB free on its disk; [\d.]+ kB are needed\.$/,
  );
  expect(await told(machine, 'WORK_DIR', work, { BACKUP_DIR: backup })).toMatch(
    /has 307\.2 kB free on its disk; [\d.]+ [kM]B are needed together with /,
  );
});

test('the folder of the scripts has one of Kaapana', async () => {
  const machine = await on({ scripts: [] });
  expect(await told(machine, 'SCRIPTS_DIR', join(machine.home, 'none'))).toEqual(like('There is no folder'));
  expect(await told(machine, 'SCRIPTS_DIR', machine.home)).toEqual(
    like('No deploy script of Kaapana lies in'),
  );
});

test.each([
  ['helm and kubectl hang', { hanging: ['helm', 'microk8s.kubectl'] }],
  ['sudo wants a password', { sudo: 'password' }],
] as const)('a host on which %s is asked all the same, quickly', async (_, options) => {
  const machine = await on(options);
  expect(await told(machine, 'FAST_DATA_DIR', machine.fastDataDir)).toBeUndefined();
  expect(await told(machine, 'BACKUP_DIR', join(machine.backupDisk, 'km'))).toBeUndefined();
  expect(await told(machine, 'BACKUP_DIR', '/')).toEqual(like('it is the root of the file system'));
});
