import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyCluster } from './cluster.mjs';

/** The objects of a MicroK8s that was just installed: node empty.mjs KUBELET_VERSION */
for (const { kind, namespace, object } of emptyCluster(process.argv[2])) {
  const folder = join(process.env.KAAPANA_REHEARSAL_STATE, 'k8s', kind, namespace);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${object.metadata.name}.json`), JSON.stringify(object));
}
