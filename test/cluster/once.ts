import { openCluster } from '../../src/host/cluster';
import { HostHome } from './hostHome';

/** Sees a cluster once and leaves it: what keeps this program from ending then is a fault. */
const cluster = openCluster(HostHome.at(process.argv[2] ?? ''));
await new Promise<void>((resolve) => {
  cluster.onDidChange(() => {
    if (cluster.link.state === 'live') resolve();
  });
});
await cluster.close();
