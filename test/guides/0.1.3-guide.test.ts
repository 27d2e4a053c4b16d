import { writeFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { guideSources } from '../../src/build/guides';
import { RECOGNITION } from '../../src/migration/command';
import { loadGuide } from '../../src/migration/loadGuide';
import { OLD_GUIDE, oldGuide, oldStage } from './old-stage';

describe('the guide', () => {
  test('refuses to leave a row of the official guide out', async () => {
    const sources = await guideSources(OLD_GUIDE);
    const loaded = loadGuide({ ...sources, yaml: sources.yaml.replace('covers: [reboot]', 'covers: []') });
    expect('problems' in loaded && loaded.problems.map(({ message }) => message)).toEqual([
      'No step covers the row "reboot".',
    ]);
  });

  test('saves before it destroys, restarts once, and deletes last', async () => {
    const { steps } = await oldGuide();
    const needsOf = (id: string) => steps.find((step) => step.id === id)?.needs.steps;
    expect(needsOf('uninstall-old-server')).toEqual(
      expect.arrayContaining(['undeploy-old', 'full-backup', 'save-certificate']),
    );
    expect(steps.filter(({ reboots }) => reboots).map(({ id }) => id)).toEqual(['reboot']);
    expect(steps.filter(({ endsEditor }) => endsEditor).map(({ id }) => id)).toEqual(['undeploy-old']);
    expect(steps.filter(({ pointOfNoReturn }) => pointOfNoReturn).map(({ id }) => id)).toEqual([
      'delete-old-data',
    ]);
    expect(steps.at(-1)?.id).toBe('delete-old-data');
    expect(steps.filter(({ optional }) => optional).map(({ id }) => id)).toEqual([
      'archive-backup',
      'tls-certificates',
    ]);
  });
});

test('is recognised by the release, later by the folders, and not beside another platform', async () => {
  const at = await oldStage({ oneFolder: false, folder: 'home/kaapana' });
  onTestFinished(at.machine.remove);
  const recognised = () => at.detect(RECOGNITION);
  const values = await at.detect('FAST_DATA_DIR', 'SLOW_DATA_DIR', 'BACKUP_DIR', 'SCRIPTS_DIR');
  expect(values).toContain(
    `FAST_DATA_DIR\t${at.fast}\tfrom the running platform: Deployment postgres-dcm4che and helm agree`,
  );
  expect(values).toContain(
    `SLOW_DATA_DIR\t${at.slow}\tfrom the running platform: Deployment minio-deployment`,
  );
  expect(values).toContain(`SCRIPTS_DIR\t${join(at.machine.home, 'kaapana')}\ta deploy script lies there`);
  expect(await recognised()).toMatch(/Kaapana 0\.1\.3\thelm lists kaapana-platform-chart-0\.1\.3/);

  await rm(at.state('helm'), { recursive: true });
  await mkdir(at.state('helm'));
  expect(await recognised()).toMatch(/Data of Kaapana 0\.1\.3\tthe folder .*\/home\/kaapana has the layout/);
  await writeFile(at.state('cluster-down'), '');
  expect(await recognised()).toMatch(/Data of Kaapana 0\.1\.3/);
  await rm(at.state('cluster-down'));

  const release = at.state('helm/default/kaapana-admin-chart');
  await mkdir(release, { recursive: true });
  await writeFile(join(release, 'chart'), 'kaapana-admin-chart-0.2.2');
  await writeFile(join(release, 'status'), 'deployed');
  expect(await recognised()).not.toMatch(/0\.1\.3/);
  await rm(at.state('helm/default'), { recursive: true });
  await rename(join(at.fast, 'elastic-meta'), join(at.fast, 'os'));
  await rm(join(at.fast, 'postgres-keycloak'), { recursive: true });
  expect(await recognised()).not.toMatch(/0\.1\.3/);
});
