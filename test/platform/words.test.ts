import { describe, expect, it } from 'vitest';
import { describeObject } from '../../src/platform/describe';
import { planRestart } from '../../src/platform/restart';
import { faceOf, offeredFaces, WEB_FACES } from '../../src/platform/webFaces';
import { age, meaningOf, some, troubleWords } from '../../src/platform/words';
import { job, NOW, platform, pod, podOf, trouble, workload } from './fixtures';

describe('words', () => {
  it.each([
    ['ImagePullBackOff', 'the image cannot be fetched (ImagePullBackOff)', true],
    ['CrashLoopBackOff', 'starts and ends again and again (CrashLoopBackOff)', true],
    ['Unschedulable', 'no place on the host is free for it (Unschedulable)', true],
    ['CreateContainerConfigError', 'lacks a setting (CreateContainerConfigError)', true],
    ['PodInitializing', 'is being prepared (PodInitializing)', false],
    ['SomethingNewBackOff', 'does not start (SomethingNewBackOff)', true],
    ['ErrNew', 'does not start (ErrNew)', true],
    ['WaitingForGodot', 'waits (WaitingForGodot)', false],
    ['constructor', 'waits (constructor)', false],
  ])('%s', (reason, words, stuck) => {
    expect(troubleWords(trouble(reason))).toBe(words);
    expect(meaningOf(trouble(reason)).stuck).toBe(stuck);
    expect(meaningOf(trouble(reason)).next === '').toBe(!stuck);
  });

  it('tell ages coarsely', () => {
    const ages = [-5, 59, 60, 3_599, 3_600, 172_799, 172_800].map((seconds) =>
      age(NOW - seconds * 1000, NOW),
    );
    expect(ages).toEqual(['under 1 min', 'under 1 min', '1 min', '59 min', '1 h', '47 h', '2 days']);
  });

  it('cut lists', () => {
    expect([some([], 2), some(['a', 'b'], 2), some(['a', 'b', 'c'], 2)]).toEqual([
      '',
      'a, b',
      'a, b and 1 more',
    ]);
  });
});

describe('restarting a pod', () => {
  const keycloak = workload('admin/keycloak', 1);
  const init = job('admin/init', 0);
  const plan = (owner: ReturnType<typeof workload>, more = {}) =>
    planRestart(platform([owner]), podOf(owner, more));

  it('says what happens and which workload replaces the pod', () => {
    expect(plan(keycloak)).toEqual({
      question: 'Restart the pod keycloak-7f?',
      happens:
        'The pod is deleted in the namespace admin; the Deployment keycloak starts a new one in its place. Until the new one runs, keycloak gives no answer, and what it does now is cut off. Data on volumes stays.',
    });
    expect(plan(init)).toMatchObject({
      happens: expect.stringContaining('counts as a failed try') as string,
    });
    expect(plan(workload('a/many', 3, 3))).toMatchObject({
      happens: expect.stringContaining('Other pods go on') as string,
    });
  });

  it.each([
    ['without an owner', planRestart(platform([]), pod('jobs/segment')), /it would be gone.*Airflow/],
    ['that is ending', plan(keycloak, { terminating: true }), /ending already/],
    ['that has ended', plan(keycloak, { phase: 'Failed' }), /has ended/],
    ['of a Job that gave up', plan(job('admin/init', 0, { gaveUp: true })), /starts no further pod/],
    ['of a Job that is done', plan(job('admin/init', 1)), /starts no further pod/],
  ])('is refused for one %s, with the reason', (_, refusal, reason) => {
    expect('refused' in refusal && `${refusal.refused} ${refusal.next}`).toMatch(reason);
  });
});

describe('a description', () => {
  it('has state, what to do, and the newest events first', () => {
    const sick = podOf(workload('admin/keycloak', 0), {
      phase: 'Pending',
      readyContainers: 0,
      trouble: trouble('ImagePullBackOff', 'Back-off pulling image "r/keycloak"'),
      initContainers: ['wait'],
    });
    const event = { type: 'Warning' as const, reason: 'Failed', message: 'a\nb', count: 12, lastSeen: NOW };
    const text = describeObject(
      sick,
      [{ ...event, type: 'Normal', reason: 'Scheduled', count: 1, lastSeen: NOW - 60_000 }, event],
      NOW,
    );
    expect(text).toContain('Pod keycloak-7f\n\nNamespace       admin\nBelongs to      Deployment keycloak\n');
    expect(text).toContain('Trouble         main: the image cannot be fetched (ImagePullBackOff)\n');
    expect(text).toContain('What to do      Look at its events');
    expect(text.indexOf('Failed (12 times)')).toBeLessThan(text.indexOf('Scheduled'));
    expect(text).toContain('    a\n    b\n');
  });

  it('tells of a Job that gave up, and of missing events', () => {
    const text = describeObject(job('admin/init', 0, { gaveUp: true, failed: 7 }), [], NOW);
    expect(text).toContain('0 of 1 succeeded, 7 failed');
    expect(text).toContain('It gave up');
    expect(text).toContain('None. Kubernetes keeps events for about an hour.');
  });
});

describe('the web faces', () => {
  it('belong to the Deployment that serves them, also with an instance name', () => {
    expect(faceOf(workload('site1-services/airflow-webserver', 1))?.service).toEqual({
      namespace: 'site1-services',
      name: 'airflow-webserver-service',
    });
    expect(faceOf(workload('admin/airflow-webserver', 1))).toBeUndefined();
    expect(faceOf(job('admin/keycloak', 1))).toBeUndefined();
  });

  it('are offered where they are deployed', () => {
    const state = platform([workload('admin/keycloak', 0), workload('services/minio-deployment', 1)]);
    expect(offeredFaces(state).map(({ face: { id }, available }) => [id, available])).toEqual([
      ['keycloak', false],
      ['minio', true],
    ]);
  });

  it('have a service, a port and a path each', () => {
    for (const { service, port, path } of WEB_FACES) {
      expect(service.name).toMatch(/-service$/);
      expect(port).toBeGreaterThan(0);
      expect(path).toMatch(/^\//);
    }
  });
});
