import { afterAll, beforeAll, test } from 'vitest';
import { cannotRun } from '../tools/cannotRun';
import { HostHome } from './hostHome';
import { clusterMissing, TestCluster, type ClusterOptions } from './server';

/** A cluster and a host that has its kubeconfig, for all tests of a file. */
export class Stand {
  cluster!: TestCluster;
  host!: HostHome;
  private missing: string | undefined;

  static forThisFile(options?: ClusterOptions): Stand {
    const stand = new Stand();
    beforeAll(async () => {
      stand.missing = await clusterMissing();
      if (stand.missing !== undefined) return;
      stand.cluster = await TestCluster.start(options);
      stand.host = await HostHome.make();
    }, 3_600_000);
    afterAll(async () => {
      if (stand.missing !== undefined) return;
      await stand.host.remove();
      await stand.cluster.stop();
    });
    return stand;
  }

  /** A test against the real server, on a host with root's kubeconfig. */
  readonly test = (name: string, body: (at: Stand) => Promise<void>): void =>
    test(name, async (context) => {
      if (this.missing !== undefined) cannotRun(context, this.missing);
      await this.host.setKubeconfig(this.cluster.kubeconfig());
      await body(this);
    });
}
