import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isAvailable,
  isOfPlatform,
  judge,
  verdictText,
  type ReadinessState,
} from '../../src/platform/readiness';
import type { PlatformState, Pod, Workload } from '../../src/platform/types';
import { job, platform, pod, podOf, trouble, workload } from './fixtures';

const keycloak = workload('admin/keycloak', 1);
const airflow = workload('services/airflow-webserver', 1);
const init = job('admin/init-extensions', 1);
const working = [keycloak, airflow, init];

const IMAGE = trouble('ImagePullBackOff', 'Back-off pulling image "registry/keycloak:0.4.1"');

const cases: [name: string, state: PlatformState, verdict: ReadinessState, sentence: string | RegExp][] = [
  ['everything there', platform(working), 'ready', '2 of 2 deployments available, 1 job done'],
  [
    'a Job that still runs',
    platform([keycloak, workload('services/minio-deployment', 0), job('admin/init-extensions', 0)]),
    'waiting',
    '1 of 2 deployments available; waiting for init-extensions, minio-deployment',
  ],
  [
    'a Job that runs while every Deployment is available',
    platform([keycloak, job('admin/init-extensions', 0)]),
    'waiting',
    '1 of 1 deployments available; waiting for init-extensions',
  ],
  [
    'tries of a Job that failed before it succeeded',
    platform(
      [...working, job('services/init-meta', 1, { failed: 3 })],
      [
        podOf(job('services/init-meta', 1), { phase: 'Failed', trouble: trouble('Error', 'exit code 1') }),
        podOf(job('services/init-meta', 1), { name: 'init-meta-b', trouble: trouble('CrashLoopBackOff') }),
      ],
    ),
    'ready',
    /^2 of 2/,
  ],
  [
    'a failed try of a Job that tries again',
    platform(
      [...working, job('services/init-meta', 0, { failed: 1 })],
      [podOf(job('services/init-meta', 0), { phase: 'Failed', trouble: trouble('Error', 'exit code 1') })],
    ),
    'waiting',
    /waiting for init-meta$/,
  ],
  [
    'a Job that gave up',
    platform([...working, job('admin/keycloak-init', 0, { failed: 7, gaveUp: true })]),
    'troubled',
    '2 of 2 deployments available; the job keycloak-init gave up',
  ],
  [
    'a Job that wants two successes and has one',
    platform([...working, workload('services/two', 1, 2, { kind: 'Job' })]),
    'waiting',
    /waiting for two$/,
  ],
  [
    'an image that cannot be fetched',
    platform(
      [airflow, init, workload('admin/keycloak', 0)],
      [podOf(keycloak, { phase: 'Pending', trouble: IMAGE })],
    ),
    'troubled',
    '1 of 2 deployments available; keycloak: the image cannot be fetched',
  ],
  [
    'the new pod crashes while the old one still answers',
    platform(working, [
      podOf(keycloak),
      podOf(keycloak, { name: 'new', trouble: trouble('CrashLoopBackOff') }),
    ]),
    'troubled',
    /keycloak: starts and ends again and again$/,
  ],
  [
    'a pod that is being prepared',
    platform(
      [airflow, init, workload('admin/keycloak', 0)],
      [podOf(keycloak, { trouble: trouble('PodInitializing') })],
    ),
    'waiting',
    /waiting for keycloak$/,
  ],
  [
    'a pod in trouble that is being replaced',
    platform(working, [podOf(keycloak, { terminating: true, trouble: trouble('CrashLoopBackOff') })]),
    'ready',
    /^2 of 2/,
  ],
  [
    'a pod that was evicted, and its successor runs',
    platform(working, [podOf(keycloak, { phase: 'Failed', trouble: { reason: 'Evicted', message: '' } })]),
    'ready',
    /^2 of 2/,
  ],
  [
    'nothing deployed',
    platform([], [], { namespaces: ['default', 'kube-system'] }),
    'empty',
    /^Nothing is deployed/,
  ],
  [
    'only the cluster itself',
    platform([workload('kube-system/coredns', 1)], [pod('kube-system/calico')]),
    'empty',
    /^Nothing is deployed/,
  ],
  [
    'namespaces that are left without anything',
    platform([], [], { namespaces: ['admin'] }),
    'empty',
    /^Nothing/,
  ],
  [
    'pods of an undeployed platform that are ending',
    platform(
      [],
      [podOf(keycloak, { terminating: true }), podOf(airflow), podOf(init, { phase: 'Succeeded' })],
    ),
    'leaving',
    'The platform goes down: 2 pods still there',
  ],
  ['Jobs before any Deployment', platform([init]), 'waiting', 'No deployment yet'],
  [
    'a namespace that cannot be looked into',
    platform(working, [], { forbidden: ['project-admin'] }),
    'unknown',
    'Cannot be told: your account may not look into project-admin',
  ],
  [
    'no namespace that can be looked into',
    platform([], [], { forbidden: ['admin', 'services'] }),
    'unknown',
    /admin, services$/,
  ],
  [
    'a namespace of somebody else that cannot be looked into',
    platform(working, [], { forbidden: ['other'] }),
    'ready',
    /^2/,
  ],
  [
    'a Deployment that somebody stopped',
    platform([...working, workload('services/opensearch-de', 0, 0)]),
    'ready',
    '2 of 2 deployments available, 1 job done; opensearch-de stopped',
  ],
  [
    'a platform that is stopped whole',
    platform([workload('admin/keycloak', 0, 0)]),
    'waiting',
    'Every deployment is stopped',
  ],
  [
    'trouble in the cluster itself',
    platform([...working, workload('kube-system/coredns', 0)], [pod('kube-system/x', { trouble: IMAGE })]),
    'ready',
    /^2 of 2/,
  ],
  [
    "a user's processing at 0.3",
    platform(working, [pod('jobs/segment', { trouble: IMAGE })]),
    'ready',
    /^2 of 2/,
  ],
  [
    'other kinds than Deployments',
    platform([...working, workload('services/db', 0, 1, { kind: 'StatefulSet' })]),
    'waiting',
    '2 of 3 workloads available; waiting for db',
  ],
  [
    'more than can be named',
    platform([init, ...['a', 'b', 'c', 'd'].map((name) => workload(`services/${name}`, 0))]),
    'waiting',
    '0 of 4 deployments available; waiting for a, b and 2 more',
  ],
];

describe('the verdict', () => {
  it.each(cases)('%s', (_, state, verdict, sentence) => {
    const found = judge(state);
    expect(found.state).toBe(verdict);
    if (typeof sentence === 'string') expect(found.sentence).toBe(sentence);
    else expect(found.sentence).toMatch(sentence);
  });

  it('waits for start-up Jobs that do not exist yet, and names them', () => {
    const { state, sentence } = judge(platform(working), ['admin/init-extensions', 'services/init-meta']);
    expect(state).toBe('waiting');
    expect(sentence).toBe('2 of 2 deployments available; waiting for init-meta');
  });

  it('does not count a start-up Job as missing where it cannot be seen', () => {
    const state = platform(working, [], { forbidden: ['project-admin'] });
    expect(judge(state, ['project-admin/create-project-user']).state).toBe('unknown');
  });

  it('counts what needs a person once, however many pods it has', () => {
    const state = platform(
      [...working, job('admin/keycloak-init', 0, { gaveUp: true })],
      ['a', 'b'].map((name) => podOf(keycloak, { name, trouble: IMAGE })),
    );
    expect(judge(state).troubles).toBe(2);
  });

  it('knows the namespaces of a platform, also with an instance name', () => {
    const names = ['admin', 'services', 'extensions', 'jobs', 'project-admin', 'site1-services'];
    expect(names.filter((name) => !isOfPlatform(name))).toEqual([]);
    expect(['default', 'kube-system', 'gpu-operator', 'administration'].filter(isOfPlatform)).toEqual([]);
  });

  it('reads as one sentence with its verdict before it', () => {
    expect(verdictText(judge(platform(working)))).toBe('Ready: 2 of 2 deployments available, 1 job done.');
    expect(verdictText(judge(platform([])))).toBe(
      'Nothing is deployed. Between undeploying and deploying that is as it should be.',
    );
  });
});

const NAMESPACES = ['admin', 'services', 'extensions', 'project-admin', 'jobs', 'kube-system'];
const anyWorkload: fc.Arbitrary<Workload> = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    kind: fc.constantFrom(
      'Deployment' as const,
      'StatefulSet' as const,
      'DaemonSet' as const,
      'Job' as const,
    ),
    wanted: fc.nat(3),
    available: fc.nat(3),
    failed: fc.nat(2),
    gaveUp: fc.boolean(),
  })
  .map(({ namespace, name, wanted, available, ...rest }) =>
    workload(`${namespace}/${name}`, available, wanted, rest),
  );
const anyPod: fc.Arbitrary<Pod> = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    phase: fc.constantFrom('Pending' as const, 'Running' as const, 'Succeeded' as const, 'Failed' as const),
    terminating: fc.boolean(),
    reason: fc.constantFrom('ImagePullBackOff', 'CrashLoopBackOff', 'ContainerCreating', ''),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
  })
  .map(({ namespace, name, reason, ...rest }) =>
    pod(`${namespace}/${name}-x`, {
      ...rest,
      owner: { kind: 'Deployment', name },
      ...(reason === '' ? {} : { trouble: trouble(reason) }),
    }),
  );
const anyState = fc
  .tuple(
    fc.uniqueArray(anyWorkload, { selector: ({ uid }) => uid, maxLength: 8 }),
    fc.array(anyPod, { maxLength: 8 }),
    fc.subarray(NAMESPACES),
  )
  .map(([workloads, pods, forbidden]) => platform(workloads, pods, { forbidden }));

const counts = ({ namespace }: { readonly namespace: string }) =>
  isOfPlatform(namespace) && namespace !== 'jobs';

describe('whatever the platform is', () => {
  it('is never ready while something that was asked for is not there', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        if (judge(state).state !== 'ready') return;
        expect(state.workloads.filter((each) => counts(each) && !isAvailable(each))).toEqual([]);
        expect(state.workloads.filter(counts).length).toBeGreaterThan(0);
        expect(state.forbidden.filter((namespace) => counts({ namespace }))).toEqual([]);
        const stuck = state.pods.filter(
          ({ phase, terminating, trouble: found, ...rest }) =>
            counts(rest) &&
            !terminating &&
            (phase === 'Pending' || phase === 'Running') &&
            (found?.reason.endsWith('BackOff') ?? false),
        );
        expect(stuck).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is told in one readable sentence, and pods that ended change nothing', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const found = judge(state);
        expect(found.sentence).toMatch(/^[A-Z0-9][^\n]*[^.;, ]$/);
        const alive = state.pods.filter(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed');
        expect(judge({ ...state, pods: alive })).toEqual(found);
      }),
      { numRuns: 1_000 },
    );
  });
});
