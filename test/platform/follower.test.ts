import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LINGER_MS, PlatformFollower, type Way } from '../../src/editor/platform/follower';
import type { Cluster } from '../../src/platform/types';
import { FakeCluster, job, platform, workload } from './fixtures';

describe('following the platform', () => {
  const opened: FakeCluster[] = [];
  let told = 0;
  let follower: PlatformFollower;

  beforeEach(() => {
    vi.useFakeTimers();
    opened.length = 0;
    told = 0;
    follower = new PlatformFollower(() => told++);
  });
  afterEach(() => vi.useRealTimers());

  const way = (more: Partial<Way> = {}): Way => ({
    key: {},
    startUpJobs: [],
    open: () => {
      const cluster = new FakeCluster(platform([workload('admin/keycloak', 1), job('admin/init', 1)]));
      opened.push(cluster);
      return Promise.resolve(cluster);
    },
    ...more,
  });
  const settled = () => vi.advanceTimersByTimeAsync(0);

  it('opens nothing while nobody looks', async () => {
    follower.follow(way());
    await settled();
    expect(opened).toEqual([]);
    expect(follower.seen).toBeUndefined();
  });

  it('opens once when somebody looks, and tells every change', async () => {
    const host = way();
    follower.follow(host);
    follower.watch(true);
    follower.follow(host);
    follower.watch(true);
    await settled();
    expect(opened.length).toBe(1);
    expect(follower.seen?.readiness.state).toBe('ready');
    const before = told;
    opened[0]?.become(platform([workload('admin/keycloak', 0)]));
    expect(told).toBe(before + 1);
    expect(follower.seen?.readiness.state).toBe('waiting');
  });

  it('goes on while the view is out of sight for a while, and ends after that', async () => {
    follower.follow(way());
    follower.watch(true);
    await settled();
    follower.watch(false);
    await vi.advanceTimersByTimeAsync(LINGER_MS - 1);
    follower.watch(true);
    await vi.advanceTimersByTimeAsync(2 * LINGER_MS);
    expect(opened.map(({ closed }) => closed)).toEqual([false]);
    follower.watch(false);
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
    expect(follower.seen).toBeUndefined();
    follower.watch(true);
    await settled();
    expect(opened.length).toBe(2);
  });

  it('goes on out of sight for as long as a web face is open or a log is followed', async () => {
    follower.follow(way());
    follower.watch(true);
    await settled();
    opened[0]!.inUse = true;
    follower.watch(false);
    await vi.advanceTimersByTimeAsync(10 * LINGER_MS);
    expect(opened[0]?.closed).toBe(false);
    opened[0]!.inUse = false;
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });

  it('leaves a host that is no longer meant, whatever is open there, and opens none out of sight', async () => {
    follower.follow(way());
    follower.watch(true);
    await settled();
    opened[0]!.inUse = true;
    follower.watch(false);
    follower.follow(way());
    await vi.advanceTimersByTimeAsync(LINGER_MS);
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });

  it('leaves nothing open when asked to look again out of sight', async () => {
    follower.follow(way());
    follower.watch(true);
    await settled();
    follower.watch(false);
    const before = told;
    follower.again();
    await settled();
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
    expect(follower.seen).toBeUndefined();
    expect(told).toBe(before + 1);
  });

  it('leaves one host before it opens the next, and ends with the connection', async () => {
    follower.watch(true);
    follower.follow(way());
    await settled();
    follower.follow(way());
    await settled();
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
    opened[0]?.become(platform([]));
    expect(follower.seen?.readiness.state).toBe('ready');
    follower.follow(undefined);
    await settled();
    expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('opens what is wanted by then where the host is chosen anew while it still opens', async () => {
    let finish: (cluster: Cluster) => void = () => undefined;
    const slow = new FakeCluster();
    follower.watch(true);
    follower.follow(way({ open: () => new Promise((resolve) => (finish = resolve)) }));
    await settled();
    follower.follow(way());
    finish(slow);
    await settled();
    expect(slow.closed).toBe(true);
    expect(opened.map(({ closed }) => closed)).toEqual([false]);
  });

  it('keeps why a cluster could not be opened, and tries again when asked', async () => {
    let works = false;
    const good = new FakeCluster();
    follower.watch(true);
    follower.follow(
      way({ open: () => (works ? Promise.resolve(good) : Promise.reject(new Error('no bundle'))) }),
    );
    await settled();
    expect(follower.failure?.message).toBe('no bundle');
    works = true;
    follower.again();
    await settled();
    expect(follower.failure).toBeUndefined();
    expect(follower.current).toBe(good);
  });

  it('judges by the start-up Jobs of the phase, also when it changes', async () => {
    const host = way();
    follower.watch(true);
    follower.follow(host);
    await settled();
    expect(follower.seen?.readiness.state).toBe('ready');
    follower.follow({ ...host, startUpJobs: ['services/init-meta'] });
    await settled();
    expect(follower.seen?.readiness.sentence).toMatch(/waiting for init-meta/);
    expect(opened.length).toBe(1);
  });

  it('ends for good', async () => {
    follower.watch(true);
    follower.follow(way());
    await settled();
    await follower.dispose();
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
  });
});
