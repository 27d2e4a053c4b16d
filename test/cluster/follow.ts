import { onTestFinished } from 'vitest';
import { openCluster } from '../../src/host/cluster';
import type { Transport } from '../../src/host/transport';
import type { Cluster, Link } from '../../src/platform/types';

/** A cluster that is followed until the test ends, and every state that its link was told to have. */
export interface Followed {
  readonly cluster: Cluster;
  readonly links: Link['state'][];
  /** How often a change was told. */
  readonly told: () => number;
  /** Waits until something holds, looking when a change is told. The test's own timeout ends a wait in vain. */
  readonly until: (holds: (cluster: Cluster) => boolean) => Promise<void>;
}

export function follow(transport: Transport): Followed {
  const cluster = openCluster(transport, { firstRetryMs: 100, longestRetryMs: 500 });
  onTestFinished(() => cluster.close());
  const links: Link['state'][] = [];
  let told = 0;
  cluster.onDidChange(() => {
    told += 1;
    if (links.at(-1) !== cluster.link.state) links.push(cluster.link.state);
  });
  return {
    cluster,
    links,
    told: () => told,
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds(cluster)) return;
          stop();
          resolve();
        };
        const stop = cluster.onDidChange(look);
        look();
      }),
  };
}

export const isLive = ({ link }: Cluster): boolean => link.state === 'live';
