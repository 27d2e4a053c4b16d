import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOWNLOADS } from '../rehearsal/machine';
import { isRoot, stage, type Stage } from './stage';

const STEP = 'get-scripts';
const NAMES = [
  'migration-0.3.x-0.4.x.sh',
  'server_installation_0.3.5.sh',
  'server_installation_0.4.1.sh',
] as const;
const folder = (at: Stage) => join(at.machine.home, 'kaapana');
const fault = (at: Stage, name: string) => writeFile(join(at.machine.state, 'faults', name), '');
const web = (at: Stage, index: number) => join(at.machine.state, 'web', DOWNLOADS[index]!.address);
const model = (name: string) => join(import.meta.dirname, '../rehearsal/kaapana', name);

test('fetches the three scripts, and a second run fetches nothing', async () => {
  const at = await stage(STEP);
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: '0 of 3 scripts are there, missing: server-0.3.5 server-0.4.1 migration-0.4.1.',
  });
  await writeFile(join(at.machine.state, 'calls'), '');
  const { code, said } = await at.run('run');
  expect({ code, said }).toMatchObject({
    code: 0,
    said: expect.stringContaining('All 3 scripts are in') as string,
  });
  expect((await readdir(folder(at))).sort()).toEqual(['deploy_0.3.5.sh', 'deploy_0.4.1.sh', ...NAMES]);
  expect(await at.check()).toMatchObject({
    status: 'done',
    evidence: expect.stringMatching(/^All 3 scripts are there, their SHA-256 as published: /) as string,
  });
  const calls = await readFile(join(at.machine.state, 'calls'), 'utf8');
  expect(calls.match(/^curl .*-fsSL/gm)).toHaveLength(3);
  expect((await at.run('run')).said).toContain('there');
  expect(await readFile(join(at.machine.state, 'calls'), 'utf8')).toBe(calls);
});

test('takes what was put there by hand under any name, when its content is right', async () => {
  const at = await stage(STEP);
  await fault(at, 'offline');
  await mkdir(join(folder(at), 'from usb'));
  await Promise.all(
    NAMES.map((name, index) => copyFile(model(name), join(folder(at), 'from usb', `s${index}.txt`))),
  );
  expect((await at.check()).status).toBe('done');
  expect((await at.run('run')).code).toBe(0);
});

describe('nothing wrong is kept', () => {
  test.each<[string, (at: Stage) => Promise<unknown>, RegExp]>([
    ['an error page', (at) => rm(web(at, 0)), /returned error: 404/],
    ['half of a file', (at) => fault(at, 'cut-off'), /transfer closed/],
    [
      'a changed file',
      async (at) => {
        await rm(web(at, 0));
        await writeFile(web(at, 0), '#!/bin/bash\nmicrok8s status\n');
      },
      /its SHA-256 differs\. It was not kept/,
    ],
    ['nothing, without internet', (at) => fault(at, 'offline'), /Could not resolve host/],
  ])('%s', async (_, change, reason) => {
    const at = await stage(STEP);
    await change(at);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(reason);
    expect(said).toMatch(
      /Next: Without internet on this host: fetch https:\/\/codebase\S+0\.3\.5\/server-installation/,
    );
    expect((await readdir(folder(at))).sort()).toEqual(['deploy_0.3.5.sh', 'deploy_0.4.1.sh']);
    expect((await at.check()).status).toBe('pending');
  });
});

test('a file that has the name and other content is set aside, not lost', async () => {
  const at = await stage(STEP);
  const own = join(folder(at), NAMES[0]);
  await writeFile(own, 'FAST_DATA_DIR=/data/ours\n');
  expect((await at.check()).evidence).toContain(`Not the published ones, and left unused: ${own}`);
  expect((await at.run('run')).code).toBe(0);
  expect(await readFile(`${own}.not-published`, 'utf8')).toBe('FAST_DATA_DIR=/data/ours\n');
  expect((await at.check()).status).toBe('done');
});

test('undo deletes what the step fetched and nothing else', async () => {
  const at = await stage(STEP);
  await at.run('run');
  await writeFile(join(folder(at), NAMES[0]), 'another file');
  expect((await at.run('undo')).code).toBe(0);
  expect((await readdir(folder(at))).sort()).toEqual(['deploy_0.3.5.sh', 'deploy_0.4.1.sh', NAMES[0]]);
});

test('a folder that is not there is told', async () => {
  const at = await stage(STEP);
  await at.set({ SCRIPTS_DIR: '/nowhere' });
  expect((await at.check()).status).toBe('blocked');
  expect((await at.run('run')).said).toContain('/nowhere does not exist');
  expect(existsSync('/nowhere')).toBe(false);
  if (isRoot) return; // whom no folder refuses
  const closed = join(at.machine.root, 'closed');
  await mkdir(closed, { mode: 0o500 });
  await at.set({ SCRIPTS_DIR: closed });
  expect((await at.run('run')).said).toContain('nothing can be written');
});
