import { describe, expect, it } from 'vitest';
import type { KubePod, KubeWorkload } from '../../src/platform/kube';
import { reduceEvents } from '../../src/platform/reduceEvents';
import { reducePod } from '../../src/platform/reducePod';
import { reduceWorkload } from '../../src/platform/reduceWorkload';

const META = {
  name: 'airflow-7d9f',
  namespace: 'services',
  uid: 'u1',
  creationTimestamp: '2026-01-02T03:04:05Z',
};

const pod = (status: KubePod['status'], spec: KubePod['spec'] = {}, metadata = {}): KubePod => ({
  metadata: { ...META, ...metadata },
  spec: { containers: [{ name: 'main' }], ...spec },
  ...(status ? { status } : {}),
});

const workload = (spec: KubeWorkload['spec'], status?: KubeWorkload['status'], generation = 1) => ({
  metadata: { ...META, generation },
  ...(spec ? { spec } : {}),
  ...(status ? { status } : {}),
});

describe('a pod', () => {
  it('that was only just created', () => {
    expect(reducePod(pod(undefined))).toEqual({
      namespace: 'services',
      name: 'airflow-7d9f',
      uid: 'u1',
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      phase: 'Unknown',
      terminating: false,
      readyContainers: 0,
      containers: ['main'],
      initContainers: [],
      restarts: 0,
    });
  });

  it.each<[string, KubePod['status'], unknown]>([
    [
      'cannot pull its image',
      {
        phase: 'Pending',
        containerStatuses: [
          { name: 'main', state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling' } } },
        ],
      },
      { reason: 'ImagePullBackOff', message: 'Back-off pulling', container: 'main' },
    ],
    [
      'crashes again and again',
      {
        phase: 'Running',
        containerStatuses: [{ name: 'main', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
      { reason: 'CrashLoopBackOff', message: '', container: 'main' },
    ],
    [
      'fits on no node',
      {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'Insufficient memory' },
        ],
      },
      { reason: 'Unschedulable', message: 'Insufficient memory' },
    ],
    [
      'was evicted',
      { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' },
      { reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' },
    ],
    [
      'was killed for its memory',
      {
        phase: 'Failed',
        containerStatuses: [{ name: 'main', state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } }],
      },
      { reason: 'OOMKilled', message: 'exit code 137', container: 'main' },
    ],
    [
      'waits for an init container that fails',
      {
        phase: 'Pending',
        initContainerStatuses: [
          {
            name: 'init',
            restartCount: 4,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
          },
        ],
        containerStatuses: [{ name: 'main', state: { waiting: { reason: 'PodInitializing' } } }],
      },
      { reason: 'CrashLoopBackOff', message: 'back-off', container: 'init' },
    ],
    ['failed without a word', { phase: 'Failed' }, { reason: 'Failed', message: '' }],
    [
      'is being created',
      {
        phase: 'Pending',
        containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ContainerCreating' } } }],
      },
      undefined,
    ],
    [
      'has done its work, after one container was ended by a signal',
      {
        phase: 'Succeeded',
        containerStatuses: [{ name: 'main', state: { terminated: { reason: 'Completed', exitCode: 143 } } }],
      },
      undefined,
    ],
  ])('that %s', (_, status, trouble) => {
    expect(reducePod(pod(status)).trouble).toEqual(trouble);
  });

  it('counts restarts as kubectl does: of init containers only while they run', () => {
    const initContainerStatuses = [{ name: 'init', restartCount: 4 }];
    const spec = { initContainers: [{ name: 'init' }] };
    expect(reducePod(pod({ phase: 'Pending', initContainerStatuses }, spec)).restarts).toBe(4);
    const running = {
      phase: 'Running',
      conditions: [{ type: 'Initialized', status: 'True' }],
      initContainerStatuses,
      containerStatuses: [{ name: 'main', ready: true, restartCount: 2 }],
    };
    expect(reducePod(pod(running, spec))).toMatchObject({ restarts: 2, readyContainers: 1 });
  });

  it('with a sidecar runs it beside the others', () => {
    const spec = { initContainers: [{ name: 'init' }, { name: 'proxy', restartPolicy: 'Always' }] };
    const status = {
      phase: 'Running',
      conditions: [{ type: 'Initialized', status: 'True' }],
      initContainerStatuses: [{ name: 'init' }, { name: 'proxy', ready: true, restartCount: 1 }],
      containerStatuses: [{ name: 'main', ready: true }],
    };
    expect(reducePod(pod(status, spec))).toMatchObject({
      containers: ['proxy', 'main'],
      initContainers: ['init'],
      readyContainers: 2,
      restarts: 1,
    });
  });

  it.each([
    ['ReplicaSet', 'airflow-7d9f', { 'pod-template-hash': '7d9f' }, { kind: 'Deployment', name: 'airflow' }],
    ['ReplicaSet', 'by-hand', {}, { kind: 'ReplicaSet', name: 'by-hand' }],
    ['Job', 'init-meta', {}, { kind: 'Job', name: 'init-meta' }],
  ])('owned by the %s %s', (kind, name, labels, owner) => {
    const metadata = {
      labels,
      ownerReferences: [
        { kind: 'Other', name: 'x' },
        { kind, name, controller: true },
      ],
    };
    expect(reducePod(pod({ phase: 'Running' }, {}, metadata)).owner).toEqual(owner);
  });

  it('that was asked to end', () => {
    const metadata = { deletionTimestamp: '2026-01-02T03:05:00Z' };
    expect(reducePod(pod({ phase: 'Running' }, {}, metadata)).terminating).toBe(true);
  });
});

describe('a workload', () => {
  it.each<[string, Parameters<typeof reduceWorkload>, [wanted: number, available: number]]>([
    ['nothing is known of yet', ['Deployment', workload({ replicas: 2 })], [2, 0]],
    [
      'that is there',
      [
        'Deployment',
        workload(
          { replicas: 2 },
          { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
        ),
      ],
      [2, 2],
    ],
    [
      'whose change was not seen by the controller yet',
      [
        'Deployment',
        workload(
          { replicas: 1 },
          { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
          2,
        ),
      ],
      [1, 0],
    ],
    [
      'whose old pod still runs beside the new one',
      [
        'Deployment',
        workload(
          { replicas: 1 },
          { observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1 },
          2,
        ),
      ],
      [1, 0],
    ],
    ['scaled to nothing', ['Deployment', workload({ replicas: 0 }, { observedGeneration: 1 })], [0, 0]],
    [
      'of a server that knows no availableReplicas',
      ['StatefulSet', workload({ replicas: 1 }, { observedGeneration: 1, replicas: 1, readyReplicas: 1 })],
      [1, 1],
    ],
    [
      'half updated',
      [
        'StatefulSet',
        workload(
          { replicas: 2 },
          {
            ...{ observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 2 },
            ...{ currentRevision: 'a', updateRevision: 'b' },
          },
          2,
        ),
      ],
      [2, 1],
    ],
    ['without a status', ['DaemonSet', workload({})], [1, 0]],
    [
      'on every node',
      [
        'DaemonSet',
        workload(
          {},
          {
            ...{ observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2 },
            ...{ updatedNumberScheduled: 2, numberAvailable: 2 },
          },
        ),
      ],
      [2, 2],
    ],
  ])('%s', (_, [kind, object], [wanted, available]) => {
    expect(reduceWorkload(kind, object)).toMatchObject({ kind, wanted, available, gaveUp: false });
  });

  it.each<[string, KubeWorkload, object]>([
    ['runs', workload({ completions: 1 }, {}), { wanted: 1, available: 0, failed: 0, gaveUp: false }],
    [
      'succeeded after two pods failed',
      workload(
        { completions: 1 },
        { succeeded: 1, failed: 2, conditions: [{ type: 'Complete', status: 'True' }] },
      ),
      { wanted: 1, available: 1, failed: 2, gaveUp: false },
    ],
    [
      'gave up',
      workload({ completions: 1 }, { failed: 6, conditions: [{ type: 'Failed', status: 'True' }] }),
      { wanted: 1, available: 0, failed: 6, gaveUp: true },
    ],
    [
      'has no number of completions',
      workload({ completions: null }, { succeeded: 3, conditions: [{ type: 'Complete', status: 'True' }] }),
      { wanted: 1, available: 1 },
    ],
  ])('a Job that %s', (_, object, expected) => {
    expect(reduceWorkload('Job', object)).toMatchObject(expected);
  });
});

describe('events', () => {
  it('come in the order in which they were last seen, of every kind of clock', () => {
    const at = (second: number) => `2026-01-02T03:04:0${second}Z`;
    const metadata = { creationTimestamp: at(0) };
    expect(
      reduceEvents([
        { metadata, type: 'Warning', reason: 'BackOff', message: ' again ', count: 7, lastTimestamp: at(5) },
        { metadata, reason: 'Scheduled', lastTimestamp: null, eventTime: at(1) },
        { metadata, reason: 'Series', series: { count: 3, lastObservedTime: at(3) } },
      ]).map(({ type, reason, message, count }) => [type, reason, message, count]),
    ).toEqual([
      ['Normal', 'Scheduled', '', 1],
      ['Normal', 'Series', '', 3],
      ['Warning', 'BackOff', 'again', 7],
    ]);
  });
});
