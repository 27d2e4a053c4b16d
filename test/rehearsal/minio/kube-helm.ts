import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bodyOf, serve } from '../keycloak/server';
import type { Machine } from '../machine';
import { putObject, putRelease } from '../platform';
import { startSyncPod } from './store';

/** A running stand-in of the service that installs extensions, which knows the sync application. */
export interface KubeHelm {
  readonly requests: { path: string; body: Record<string, unknown> }[];
  /** What becomes of an installation. */
  outcome: 'late' | 'failed' | 'never';
  readonly stop: () => Promise<void>;
}

const NAME = 'minio-sync-migration';
const FOLDER = '/minio-sync-migration';

/** Starts it on a rehearsal machine. Like the real one it answers with an error when helm takes its time, and goes on. */
export async function startKubeHelm(machine: Machine): Promise<KubeHelm> {
  const kubeHelm: Omit<KubeHelm, 'stop'> = { requests: [], outcome: 'late' };
  const folder = join(machine.fastDataDir, FOLDER);

  const install = async ({ name, version }: Record<string, unknown>) => {
    if (kubeHelm.outcome === 'never') return;
    await putRelease(machine, 'admin', NAME, `${String(name)}-${String(version)}`);
    if (kubeHelm.outcome === 'failed')
      return writeFile(join(machine.state, 'helm/admin', NAME, 'status'), 'failed');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'input_from_minio.txt'), 'made by the application\n');
    await startSyncPod(machine);
    await putObject(machine, 'deploy', 'services', NAME, {
      metadata: { name: NAME, namespace: 'services' },
      spec: {
        replicas: 1,
        template: { spec: { containers: [{ name: 'minio-sync', image: 'minio-mirror' }] } },
      },
      status: { availableReplicas: 1 },
    });
  };
  const uninstall = async () => {
    await rm(join(machine.state, 'helm/admin', NAME), { recursive: true, force: true });
    await rm(join(machine.state, 'k8s/deploy/services', `${NAME}.json`), { force: true });
    await rm(join(machine.state, 'exec/services', NAME), { force: true });
  };

  const { stop } = await serve(machine, 'admin/kube-helm-service', (request, response) => {
    const respond = async () => {
      const path = (request.url ?? '').replace('/kube-helm-api/', '');
      const body = JSON.parse(await bodyOf(request)) as Record<string, unknown>;
      kubeHelm.requests.push({ path, body });
      response.writeHead(path === 'helm-delete-chart' ? 200 : 500);
      response.end(
        path === 'helm-delete-chart' ? 'Started uninstalling' : `Chart install command failed for ${NAME}`,
      );
      await (path === 'helm-delete-chart' ? uninstall() : install(body));
    };
    respond().catch(console.error);
  });
  return Object.assign(kubeHelm, { stop });
}
