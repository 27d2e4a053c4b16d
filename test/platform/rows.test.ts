import { describe, expect, it } from 'vitest';
import { indexed, renewed } from '../../src/platform/renewal';
import type { Row } from '../../src/platform/row';
import { rowsOf } from '../../src/platform/rows';
import type { PlatformState } from '../../src/platform/types';
import { job, NOW, platform, pod, podOf, trouble, workload } from './fixtures';

const IMAGE = trouble('ImagePullBackOff', 'Back-off pulling image');

/** The tree as indented lines. */
const lines = (rows: readonly Row[], depth = 0): string[] =>
  rows.flatMap(({ label, description, look, children }) => [
    `${'  '.repeat(depth)}${look}: ${label} | ${description}`,
    ...lines(children, depth + 1),
  ]);
const draw = (state: PlatformState, now = NOW) => lines(rowsOf(state, now));
const find = (state: PlatformState, id: string) => indexed(rowsOf(state, NOW)).get(id);

const keycloak = workload('admin/keycloak', 1);
const proxy = workload('admin/oauth2-proxy', 1);

describe('the rows', () => {
  it('show namespaces, workloads and pods with state, restarts and age', () => {
    expect(draw(platform([keycloak], [podOf(keycloak, { restarts: 2 })]))).toEqual([
      'ok: admin | 1 of 1 available',
      '  ok: keycloak | 1 of 1 available · 2 restarts',
      '    ok: keycloak-7f | running · 2 restarts · 12 min',
    ]);
  });

  it('put trouble first and open its namespace, and say why in words', () => {
    const state = platform(
      [workload('services/airflow', 1), workload('admin/a', 1), workload('services/zulu', 0)],
      [podOf(workload('services/zulu', 0), { phase: 'Pending', trouble: IMAGE })],
    );
    expect(draw(state)).toEqual([
      'trouble: services | 1 needs attention · 1 of 2 available',
      '  trouble: zulu | the image cannot be fetched · 0 of 1 available',
      '    trouble: zulu-7f | the image cannot be fetched · 12 min',
      '  ok: airflow | 1 of 1 available',
      'ok: admin | 1 of 1 available',
      '  ok: a | 1 of 1 available',
    ]);
    expect(find(state, 'namespace:services')?.open).toBe(true);
    expect(find(state, 'namespace:admin')?.open).toBe(false);
  });

  it('keep the order of what comes and goes between waiting and running', () => {
    const order = (available: number) =>
      draw(platform([workload('admin/a', 1), workload('admin/b', available), workload('admin/c', 1)])).map(
        (line) => line.split('|')[0]?.replace(/.*: /, ''),
      );
    expect(order(0)).toEqual(order(1));
  });

  it('fold away what has ended: Jobs that are done with their pods, and tries that failed', () => {
    const done = job('services/init-meta', 1, { failed: 1 });
    const running = job('services/minio-init', 0, { failed: 2 });
    const state = platform(
      [keycloak, done, running].map((each) => ({ ...each, namespace: 'services' })),
      [
        podOf(done, { phase: 'Succeeded' }),
        podOf(done, { name: 'init-meta-first', phase: 'Failed', trouble: trouble('Error') }),
        podOf(running),
        podOf(running, { name: 'minio-init-first', phase: 'Failed', trouble: trouble('OOMKilled') }),
        pod('services/segment-lung', { phase: 'Succeeded' }),
      ],
    );
    expect(draw(state)).toEqual([
      'busy: services | 1 of 1 available · 1 job to finish',
      '  ok: keycloak | 1 of 1 available',
      '  busy: minio-init | job runs · 2 failed tries',
      '    ok: minio-init-7f | running · 12 min',
      '    group: Ended pods | 1 failed',
      '      off: minio-init-first | failed: was ended because it used too much memory · 12 min',
      '  group: Finished jobs | 1 done',
      '    done: init-meta | job done · 1 failed try',
      '      group: Ended pods | 1 done · 1 failed',
      '        done: init-meta-7f | done · 12 min',
      '        off: init-meta-first | failed · 12 min',
      '  group: Ended pods | 1 done',
      '    done: segment-lung | done · 12 min',
    ]);
    const open = [...indexed(rowsOf(state, NOW)).values()].filter((each) => each.open);
    expect(open).toEqual([]);
  });

  it('tell a Job that gave up, a stopped Deployment, a pod that ends, and one of which nothing is known', () => {
    const state = platform(
      [job('admin/init', 0, { gaveUp: true, failed: 7 }), workload('admin/stopped', 0, 0), keycloak],
      [
        podOf(keycloak, { terminating: true }),
        pod('admin/lost', { phase: 'Unknown' }),
        pod('admin/new', { phase: 'Pending' }),
        pod('admin/half', { containers: ['a', 'b'], readyContainers: 1 }),
      ],
    );
    expect(draw(state)).toEqual([
      'trouble: admin | 1 needs attention · 1 of 1 available · 1 job to finish',
      '  trouble: init | job gave up · 7 failed tries',
      '  busy: half | runs, 1 of 2 ready · 12 min',
      '  ok: keycloak | 1 of 1 available',
      '    off: keycloak-7f | is ending · 12 min',
      '  unknown: lost | not known: the host gives no news of it · 12 min',
      '  busy: new | waits to be started · 12 min',
      '  off: stopped | stopped',
    ]);
  });

  it('put what is not of the platform last, say so, and tell what must not be seen', () => {
    const state = platform([workload('kube-system/coredns', 1), keycloak], [], {
      namespaces: ['admin', 'default', 'kube-system'],
      forbidden: ['services'],
    });
    expect(draw(state)).toEqual([
      'ok: admin | 1 of 1 available',
      '  ok: keycloak | 1 of 1 available',
      'unknown: services | your account may not look into it',
      'ok: kube-system | 1 of 1 available · not part of Kaapana',
      '  ok: coredns | 1 of 1 available',
    ]);
  });

  it('are read out with kind and namespace', () => {
    const state = platform([keycloak], [podOf(keycloak)]);
    expect([...indexed(rowsOf(state, NOW)).values()].map(({ spoken }) => spoken)).toEqual([
      'admin, namespace, 1 of 1 available',
      'keycloak, deployment in admin, 1 of 1 available',
      'keycloak-7f, pod in admin, running, 12 min',
    ]);
  });

  it('offer what can be done with them', () => {
    const state = platform(
      [keycloak, job('admin/init', 1)],
      [podOf(keycloak), podOf(job('admin/init', 1), { phase: 'Succeeded' })],
    );
    expect(find(state, 'Deployment:admin/keycloak')?.context).toBe(
      'workload describable loggable restartable face',
    );
    expect(find(state, 'pod:admin/keycloak-7f')?.context).toBe('pod loggable describable restartable');
    expect(find(state, 'pod:admin/init-7f')?.context).toBe('pod loggable describable');
  });
});

describe('renewing', () => {
  const of = (state: PlatformState, now = NOW) => {
    const top = rowsOf(state, now);
    return { top, byId: indexed(top) };
  };
  const state = platform([keycloak, proxy, workload('services/s', 1)], [podOf(keycloak), podOf(proxy)]);

  it('leaves everything alone where nothing shows something else', () => {
    expect(renewed(of(state), of({ ...state }, NOW + 20_000))).toEqual([]);
  });

  it('renews exactly the rows that show something else', () => {
    const next = platform(state.workloads, [podOf(keycloak, { readyContainers: 0 }), podOf(proxy)]);
    expect(renewed(of(state), of(next))).toEqual(['pod:admin/keycloak-7f']);
  });

  it('renews the row above where others come, go or move, and everything where namespaces do', () => {
    const more = platform(state.workloads, [...state.pods, podOf(proxy, { name: 'second' })]);
    expect(renewed(of(state), of(more))).toEqual(['Deployment:admin/oauth2-proxy']);
    const other = platform([...state.workloads, workload('extensions/e', 1)], state.pods);
    expect(renewed(of(state), of(other))).toBeUndefined();
  });

  it('renews ages as they grow', () => {
    const later = renewed(of(state), of(state, NOW + 60_000));
    expect(later).toEqual(['pod:admin/keycloak-7f', 'pod:admin/oauth2-proxy-7f']);
  });
});

describe('a thousand pods', () => {
  it('are all shown, each once, and a change of one renews one', () => {
    const workloads = Array.from({ length: 300 }, (_, i) => workload(`services/w${i}`, 1));
    const pods = Array.from({ length: 1000 }, (_, i) =>
      podOf(workloads[i % 300]!, { name: `p${i}`, uid: String(i) }),
    );
    const before = rowsOf(platform(workloads, pods), NOW);
    expect(indexed(before).size).toBe(1 + 300 + 1000);
    const after = rowsOf(
      platform(
        workloads,
        pods.map((each, i) => (i === 500 ? { ...each, phase: 'Unknown' as const } : each)),
      ),
      NOW,
    );
    const both = [before, after].map((top) => ({ top, byId: indexed(top) }));
    expect(renewed(both[0]!, both[1]!)).toEqual(['pod:services/p500']);
  });
});
