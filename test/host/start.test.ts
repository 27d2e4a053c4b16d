import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guideRunning, RUNNER, runnerOver, startRequest, until } from './connect';
import { COUNTED, Stand } from './stand';

const stand = Stand.forThisFile();

/** The runner with something more at one of its points. */
const runnerWith = (point: string, more: string) =>
  runnerOver(stand.transport, RUNNER.replace(`# point: ${point}\n`, `${more}\n`));

describe('a start', () => {
  it('waits for a job whose journal waits for a slow disk', async () => {
    const work = guideRunning(COUNTED);
    expect(await runnerWith('job-begins', 'sleep 7').start(startRequest(work))).toBe(1);
    expect((await stand.ended(work)).state).toBe('succeeded');
  });

  it('does not say that nothing has been run while the job lives', async () => {
    await writeFile(join(stand.host.home, '.bashrc'), 'export KM_BEGIN_WAIT=1\n');
    const work = guideRunning(COUNTED);
    await expect(runnerWith('job-begins', 'sleep 4').start(startRequest(work))).rejects.toMatchObject({
      reason: 'launch-failed',
      message: expect.stringContaining('has not said yet that it began') as string,
    });
    const done = await until(
      () => stand.look(work),
      ({ state }) => state === 'succeeded',
    );
    expect(done.attempts).toHaveLength(1);
  });

  it('says that nothing has been run once the job is gone', async () => {
    const work = guideRunning(COUNTED);
    await expect(runnerWith('job-begins', 'exit 1').start(startRequest(work))).rejects.toMatchObject({
      reason: 'launch-failed',
      message: expect.stringContaining('Nothing has been run') as string,
    });
    expect((await stand.look(work)).attempts).toMatchObject([{ outcome: 'not-started' }]);
  });

  it('that is withdrawn after the journal named it leaves its number to nobody else', async () => {
    const work = guideRunning(COUNTED);
    // A folder in the token's place: what is written there fails, as on a disk that has filled.
    const withdrawn = runnerWith('intent-recorded', 'mkdir "$folder/token"').start(startRequest(work));
    await expect(withdrawn).rejects.toMatchObject({ reason: 'no-space' });
    expect(await stand.start(work)).toBe(2);
    await stand.ended(work);
    await stand.runner.collect(work.guide.id);
    const { state, attempts, run } = await stand.look(work);
    expect(state).toBe('succeeded');
    expect(attempts).toMatchObject([{ outcome: 'not-started' }, { outcome: 'succeeded' }]);
    expect(run.problems).toEqual([]);
  });
});
