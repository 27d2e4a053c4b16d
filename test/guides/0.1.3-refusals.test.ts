import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { putObject, putRelease } from '../rehearsal/platform';
import { freshFolders, oldStage, type OldStage } from './old-stage';

async function stage(): Promise<OldStage> {
  const at = await oldStage();
  onTestFinished(at.machine.remove);
  return at;
}

const refused = async (at: OldStage, step: string, reason: RegExp) => {
  const { code, said } = await at.run(step);
  expect(said).toMatch(reason);
  expect(code).toBe(1);
};

test('what would stop the migration half way is a no-go while the platform still runs', async () => {
  const at = await stage();
  expect((await at.check('requirements')).status).toBe('done');
  await writeFile(join(at.machine.root, 'etc/os-release'), 'NAME="Debian GNU/Linux"\n');
  await writeFile(at.state('disks'), `${at.machine.root}\t60000000\t50000000\n`);
  await writeFile(at.state('mounts'), `/\t/dev/sda1\n${at.fast}\t/dev/sdb1\n`);
  await putRelease(at.machine, 'lab', 'openmrs', 'openmrs-1.0.0');
  await writeFile(at.script('old'), '#!/bin/bash\n# microk8s\nPLATFORM_VERSION="0.2.0"\nPROJECT_NAME="x"\n');
  const { status, items } = await at.check('requirements');
  expect(status).toBe('blocked');
  expect(items.filter(({ verdict }) => verdict === 'no-go').map(({ id }) => id)).toEqual([
    'system',
    'disk-snap',
    'foreign',
    'layout',
    'script-old',
  ]);
  for (const { verdict, remedy } of items) if (verdict === 'no-go') expect(remedy).toMatch(/\.$/);
  expect(items.find(({ id }) => id === 'layout')?.remedy).toContain('Write other folders');
});

test('images on another storage than the one that is copied are found before', async () => {
  const at = await stage();
  await writeFile(at.state('storages'), 'fs1\nnearline\n');
  await refused(at, 'baseline', /another storage than fs1 \(nearline\), and would be left behind/);
});

test('a new platform on other folders than its script names is found, and a foreign volume is not deleted', async () => {
  const at = await stage();
  await freshFolders(at, join(at.machine.root, 'data/new'));
  const script = await readFile(at.script('new'), 'utf8');
  await writeFile(at.script('new'), script.replaceAll('data/new', 'data/other'));
  expect(await at.check('first-deploy')).toMatchObject({
    status: 'blocked',
    evidence: expect.stringMatching(/keeps its objects in .*data\/new and not in .*data\/other/) as string,
  });
  await writeFile(at.script('new'), script);
  await putObject(at.machine, 'pv', '_', 'lab', { spec: { hostPath: { path: '/srv/lab' } } });
  await refused(at, 'undeploy-new', /would be deleted without a question: volume lab/);
  expect((await at.check('undeploy-new')).status).toBe('pending');
});
