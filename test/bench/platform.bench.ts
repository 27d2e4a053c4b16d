import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openCluster } from '../../src/host/cluster';
import { run } from '../../src/host/exec';
import type { Cluster } from '../../src/platform/types';
import { HostHome } from '../cluster/hostHome';
import { each, namespace, NAMESPACES, pod } from '../cluster/objects';
import { clusterTools, ensureCluster } from '../cluster/prepare.mjs';
import { TestCluster } from '../cluster/server';
import { against, rounds, type Measurement } from './measure';

const PODS = 1000;
/** In kubectl's own numbers. */
const BUDGETS = { firstPaint: 1, change: 1.5, memory: 0.25 };
const CHANGES = { times: 40, warmUp: 5 };

const SETTLED_MS = 3000;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const until = (cluster: Cluster, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const stop = cluster.onDidChange(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
  });

/** What kubectl needs to reach the same server. */
const kubectl = (server: TestCluster, ...args: string[]) => [
  `--kubeconfig=${server.kubeconfigFile}`,
  'get',
  'pods',
  '--all-namespaces',
  ...args,
];

async function firstPaint(server: TestCluster, host: HostHome, program: string): Promise<Measurement> {
  const { ours, bare } = await rounds(
    {
      ours: async () => {
        const cluster = openCluster(host);
        await until(cluster, () => cluster.link.state === 'live');
        if (cluster.state.pods.length < PODS) throw new Error('Not everything is there.');
        await cluster.close();
      },
      bare: () => run(program, kubectl(server)),
    },
    { times: 9, warmUp: 2 },
  );
  return against(
    `Platform of ${PODS} pods, from nothing to all of it`,
    ours,
    { what: 'kubectl get pods', taken: bare },
    BUDGETS.firstPaint,
  );
}

/** A change of one pod, until it is told; both look at the same changes. */
async function changes(server: TestCluster, host: HostHome, program: string): Promise<Measurement> {
  const cluster = openCluster(host);
  const watcher = spawn(program, kubectl(server, '--watch-only', '--output=name'), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await until(cluster, () => cluster.link.state === 'live');
    const waiting = new Map<string, () => void>();
    watcher.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) waiting.get(line)?.();
    });
    // kubectl says nothing until something happens.
    await pause(SETTLED_MS);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = -CHANGES.warmUp; round < CHANGES.times; round++) {
      const name = `change-${round + CHANGES.warmUp}`;
      const start = performance.now();
      const taken = await Promise.all([
        until(cluster, () => cluster.state.pods.some((each) => each.name === name)).then(
          () => performance.now() - start,
        ),
        new Promise<void>((resolve) => waiting.set(`pod/${name}`, resolve)).then(
          () => performance.now() - start,
        ),
        server.create(pod('services', name)),
      ]);
      if (round >= 0) {
        ours.push(taken[0]);
        bare.push(taken[1]);
      }
      await pause(150);
    }
    return against(
      'A new pod, until the view is told',
      ours,
      { what: 'kubectl get pods -w', taken: bare },
      BUDGETS.change,
    );
  } finally {
    watcher.kill();
    await cluster.close();
  }
}

const residentKb = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** What a platform of many pods adds to the editor's process, against a whole kubectl that watches it. */
async function memory(server: TestCluster, host: HostHome, program: string): Promise<Measurement> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  // What was measured before is still being taken apart.
  const used = async () => {
    await pause(SETTLED_MS);
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const watcher = spawn(program, kubectl(server, '--watch'), { stdio: ['ignore', 'ignore', 'inherit'] });
  const before = await used();
  const cluster = openCluster(host);
  try {
    await until(cluster, () => cluster.link.state === 'live');
    const value = (await used()) - before;
    const yardstick = (await residentKb(watcher.pid ?? 0)) / 1000;
    return {
      what: `Memory for a platform of ${PODS} pods`,
      ours: { value, unit: 'MB' },
      yardstick: { what: 'kubectl get pods -w', value: yardstick },
      ratio: value / yardstick,
      budget: { of: 'ratio', limit: BUDGETS.memory },
    };
  } finally {
    watcher.kill();
    await cluster.close();
  }
}

/** Measures the live platform against kubectl on the same server. */
export async function measurePlatform(): Promise<Measurement[]> {
  await ensureCluster();
  const program = clusterTools()?.kubectl ?? '';
  const server = await TestCluster.start();
  const host = await HostHome.make();
  try {
    await host.setKubeconfig(server.kubeconfig());
    for (const name of NAMESPACES) await server.create(namespace(name));
    const names = Array.from({ length: PODS }, (_, i) => i);
    await each(names, (i) => server.create(pod(NAMESPACES[i % NAMESPACES.length] ?? '', `pod-${i}`)));
    return [
      await firstPaint(server, host, program),
      await changes(server, host, program),
      await memory(server, host, program),
    ];
  } finally {
    await host.remove();
    await server.stop();
  }
}
