import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExecOptions } from '../../src/host/exec';
import type { Transport } from '../../src/host/transport';
import { guideRunning, runnerOver, until } from './connect';
import { Stand } from './stand';

const stand = Stand.forThisFile();
const { guide } = guideRunning('true');

describe('following a run', () => {
  it('ends as a lost connection where ssh was killed in the middle of a line', async () => {
    const killed = new AbortController();
    const torn = Object.assign(Object.create(stand.transport) as Transport, {
      exec: (line: string, options: ExecOptions = {}) =>
        stand.transport.exec(line, {
          ...options,
          signal: killed.signal,
          onLine: (whole: string) => {
            options.onLine?.(whole.slice(0, -10));
            killed.abort();
          },
        }),
    });
    await stand.runner.status(guide.id); // installs the runner
    const watching = runnerOver(torn).watch(guide.id, () => undefined, new AbortController().signal);
    await expect(watching).rejects.toMatchObject({ reason: 'connection-lost' });
  });

  it('goes on when a view breaks, whose fault is told as its own', async () => {
    const told: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => told.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    const stop = new AbortController();
    let seen = 0;
    const watching = stand.runner.watch(
      guide.id,
      () => {
        seen += 1;
        throw new Error(`view ${seen}`);
      },
      stop.signal,
    );
    await until(
      () => Promise.resolve(seen),
      (count) => count === 1,
    );
    await stand.runner.state(guide.id, 'work', 'skipped', 'so that there is news');
    await until(
      () => Promise.resolve(seen),
      (count) => count === 2,
    );
    stop.abort();
    await watching;
    expect(told).toMatchObject([{ message: 'view 1' }, { message: 'view 2' }]);
  });
});
