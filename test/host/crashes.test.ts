import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guideRunning, RUNNER, runnerOver } from './connect';
import { COUNTED, Stand } from './stand';

const stand = Stand.forThisFile();

const POINTS = [...RUNNER.matchAll(/# point: ([a-z-]+)$/gm)].map(([, name]) => name ?? '');
/** What is prepared before this point is not a job yet: nothing has been run, and nothing may seem to have been. */
const BEFORE_THE_JOB = ['uploaded', 'plan-pinned', 'laid-out', 'intent-recorded'];

/** The runner that kills itself, as a power cut or the kernel would, at one of its points. */
const dyingAt = (point: string): string =>
  RUNNER.replace(`# point: ${point}\n`, 'kill -KILL "$BASHPID"; sleep 5\n');

const timesRun = async (): Promise<number> =>
  (await readFile(join(stand.host.home, 'count'), 'utf8').catch(() => '')).split('\n').length - 1;

describe('a runner that is killed', () => {
  it('knows all its points', () => {
    expect(POINTS.length).toBeGreaterThanOrEqual(14);
    expect(new Set(POINTS).size).toBe(POINTS.length);
  });

  it.each(POINTS)(
    'at "%s" runs nothing twice, claims nothing, and goes on when asked again',
    async (point) => {
      const work = guideRunning(`${COUNTED}; sleep 0.3`);
      const token = 'one-intent';
      const dying = runnerOver(stand.transport, dyingAt(point));
      stand.runner = dying;
      await stand.start(work, { token }).catch(() => undefined);
      stand.runner = runnerOver(stand.transport);

      // The same intent once more, as an editor asks that never got its answer: what began is found, not begun again.
      await stand.start(work, { token }).catch(() => undefined);
      await stand.runner.collect(work.guide.id);
      const status = await stand.look(work);
      expect(await timesRun()).toBeLessThanOrEqual(1);
      if (status.state === 'succeeded') expect(await timesRun()).toBe(1);

      const after = await stand.ended(work).catch(() => undefined);
      expect(await timesRun()).toBeLessThanOrEqual(1);
      expect(after?.run.problems ?? []).toEqual([]);
      if (BEFORE_THE_JOB.includes(point)) expect(after?.state).toBe('succeeded');

      // A new intent is carried out: nothing that was left behind stands in its way.
      const before = await timesRun();
      await stand.start(work, { token: 'another-intent' });
      const again = await stand.ended(work);
      expect(again.state).toBe('succeeded');
      expect(await timesRun()).toBe(before + 1);
      expect(again.run.problems).toEqual([]);
    },
  );
});
