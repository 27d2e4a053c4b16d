import { describe, expect, it, onTestFinished } from 'vitest';
import { HostProblem } from '../../src/host/problem';
import type { Runner } from '../../src/host/runner';
import { Session } from '../../src/host/session';
import type { Transport } from '../../src/host/transport';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../src/migration/run';
import { guide, step } from '../migration/fixtures';
import { until } from './connect';

/** A host that refuses until it is mended; then it hands every snapshot to whoever follows. */
class RefusingHost {
  refuses = true;
  readonly followers = new Set<(snapshot: Snapshot) => void>();
  private answer(): Promise<void> {
    return this.refuses
      ? Promise.reject(new HostProblem('no-space', 'The disk is full.'))
      : Promise.resolve();
  }
  readonly transport = { connect: () => this.answer() } as unknown as Transport;
  readonly runner = {
    status: () => this.answer().then(() => EMPTY_SNAPSHOT),
    watch: async (_run: string, onSnapshot: (snapshot: Snapshot) => void, signal: AbortSignal) => {
      this.followers.add(onSnapshot);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      this.followers.delete(onSnapshot);
    },
  } as unknown as Runner;
}

async function failed() {
  const host = new RefusingHost();
  const session = new Session(guide(step('work')), host.transport, host.runner);
  onTestFinished(() => session.stop());
  session.start();
  await until(
    () => Promise.resolve(session.connection.state),
    (now) => now === 'failed',
  );
  host.refuses = false;
  return { host, session };
}

describe('a session that had failed', () => {
  it('follows the run again once a look at the host succeeds, in one stream', async () => {
    const { host, session } = await failed();
    await Promise.all([session.refresh(), session.refresh()]);
    expect(session.connection.state).toBe('connected');
    await until(
      () => Promise.resolve(host.followers.size),
      (size) => size > 0,
    );
    await session.refresh();
    expect(host.followers.size).toBe(1);
    for (const follower of host.followers) follower({ ...EMPTY_SNAPSHOT, boot: 'later' });
    expect(session.snapshot.boot).toBe('later');
  });

  it('stays as it is when the look fails too', async () => {
    const { host, session } = await failed();
    host.refuses = true;
    await expect(session.refresh()).rejects.toThrow('The disk is full.');
    expect(session.connection.state).toBe('failed');
  });

  it('follows nothing once it was stopped', async () => {
    const { host, session } = await failed();
    session.stop();
    await session.refresh();
    await Promise.resolve();
    expect(host.followers.size).toBe(0);
  });
});
