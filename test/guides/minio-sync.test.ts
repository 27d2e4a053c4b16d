import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MachineOptions } from '../rehearsal/machine';
import { startKubeHelm } from '../rehearsal/minio/kube-helm';
import { startStore, withoutMc } from '../rehearsal/minio/store';
import { stage } from './stage';

const said = (pattern: RegExp) => expect.stringMatching(pattern) as string;
const FOLDER = 'minio-sync-migration';

/** A new platform that offers the application; the same machine with the other step's text. */
async function set(options: MachineOptions = {}) {
  const machine = { platform: { version: '0.4.1' }, ...options };
  const start = await stage('minio-sync-start', machine);
  start.env['KM_POLL'] = '0.1';
  const store = await startStore(start.machine);
  const kubeHelm = await startKubeHelm(start.machine);
  onTestFinished(kubeHelm.stop);
  await writeFile(join(start.machine.fastDataDir, 'extensions/minio-sync-chart-0.4.1.tgz'), '');
  return { start, store, kubeHelm, folder: join(start.machine.fastDataDir, FOLDER) };
}

/** Puts the step that deletes in the place of the one that starts. */
async function deleting(at: Awaited<ReturnType<typeof set>>) {
  const other = await stage('minio-sync-delete', { platform: false });
  await other.set({ FAST_DATA_DIR: at.start.machine.fastDataDir });
  await copyFile(other.file, at.start.file);
  return at.start;
}

describe('the sync application', () => {
  test('is not needed where the pod of MinIO has mc', async () => {
    const { start } = await set();
    expect(await start.check()).toMatchObject({ status: 'not-needed', evidence: said(/has the command mc/) });
    await withoutMc(start.machine);
    expect(await start.check()).toMatchObject({ status: 'pending', evidence: said(/has no mc/) });
  });

  test('is started one way, in a new folder, with memory, although its service answers with an error; and deleted with all that it left', async () => {
    const at = await set();
    const { start, kubeHelm, folder, store } = at;
    await store.put('uploads', {
      [`${FOLDER}/input_from_minio.txt`]: 'mark',
      'README.txt': 'of the platform',
    });
    const { code, said: words } = await start.run('run');
    expect(words).toContain('The application runs');
    expect(code).toBe(0);
    expect(kubeHelm.requests).toEqual([
      {
        path: 'helm-install-chart',
        body: {
          name: 'minio-sync-chart',
          version: '0.4.1',
          release_name: FOLDER,
          extension_params: {
            host_directory: `/${FOLDER}`,
            minio_path: `uploads/${FOLDER}`,
            sync_strategy: 'Minio2Host',
            uid: '1000',
            gid: '1000',
          },
        },
      },
    ]);
    const deployment = await readFile(
      join(start.machine.state, 'k8s/deploy/services', `${FOLDER}.json`),
      'utf8',
    );
    expect(deployment).toContain('"limits":{"memory":"512Mi"}');
    expect(deployment).toContain('"image":"minio-mirror"');
    expect(await start.check()).toMatchObject({ status: 'done', evidence: said(/runs; it fetches/) });
    const again = await start.run('run');
    expect(again.code).toBe(0);
    expect(kubeHelm.requests).toHaveLength(1);

    const end = await deleting(at);
    expect(await end.check()).toMatchObject({ status: 'pending', evidence: said(/goes on mirroring/) });
    expect((await end.run('run')).code).toBe(0);
    expect(existsSync(folder)).toBe(false);
    expect(Object.keys((await store.content('uploads'))!)).toEqual(['README.txt']);
    expect(await end.check()).toMatchObject({ status: 'done', evidence: said(/is deleted, and its folder/) });
    expect((await end.run('run')).code).toBe(0);
  });

  test('is never started on a folder in which something lies, nor on a link', async () => {
    const { start, kubeHelm, folder } = await set();
    await mkdir(folder);
    await writeFile(join(folder, 'PG_VERSION'), '17\n');
    expect((await start.run('run')).said).toMatch(
      /is not empty: PG_VERSION.*changes the owner of everything/,
    );
    await rm(folder, { recursive: true });
    await symlink(join(start.machine.fastDataDir, 'postgres-backend'), folder);
    expect((await start.run('run')).said).toContain('is a link');
    expect(kubeHelm.requests).toEqual([]);
  });

  test('that the platform does not offer, or that does not come up, is told', async () => {
    const at = await set();
    const { start, kubeHelm } = at;
    kubeHelm.outcome = 'failed';
    start.env['KM_POLL'] = '0';
    const { code, said: words } = await start.run('run');
    expect(code).toBe(1);
    expect(words).toMatch(/did not come to the state "deployed"; helm says "failed"/);
    expect(await start.check()).toMatchObject({
      status: 'blocked',
      evidence: said(/Delete it with the step/),
    });
    await rm(join(start.machine.fastDataDir, 'extensions/minio-sync-chart-0.4.1.tgz'));
    await rm(join(start.machine.state, 'helm/admin', FOLDER), { recursive: true });
    expect((await start.run('run')).said).toContain('does not offer the application');
  });

  test('that was never started needs no deleting; what others put into its folder is not deleted', async () => {
    const at = await set();
    await at.start.run('run');
    await writeFile(join(at.folder, 'report.html'), 'of somebody');
    const end = await deleting(at);
    expect((await end.run('run')).said).toContain(
      'Something lies in the folder of the application: report.html',
    );
    expect(existsSync(join(at.folder, 'report.html'))).toBe(true);
    expect((await end.check()).status).toBe('pending');
    const other = await stage('minio-sync-delete', { platform: { version: '0.4.1' } });
    expect((await other.check()).status).toBe('not-needed');
  });
});
