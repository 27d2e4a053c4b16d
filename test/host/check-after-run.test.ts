import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DONE_WHEN_THERE, guideRunning, until } from './connect';
import { Stand, type Work } from './stand';

const stand = Stand.forThisFile();

/** The states that a step goes through up to the last one. */
async function statesUpTo(last: string, work: Work): Promise<Set<string>> {
  const seen = new Set<string>();
  await until(
    () => stand.look(work),
    ({ state }) => {
      seen.add(state);
      return state === last;
    },
  );
  return seen;
}

describe('the check after a run', () => {
  it('that hangs ends at its limit, and the host is free again', async () => {
    await writeFile(join(stand.host.home, '.bashrc'), 'export KM_CHECK_LIMIT=1\n');
    const work = guideRunning('touch "$HOME/result"', 'sleep 300');
    await stand.start(work);
    expect(await stand.ended(work)).toMatchObject({
      state: 'unknown',
      check: { result: { evidence: 'The check did not end within 1 seconds.' } },
    });
    expect(await stand.start(work)).toBe(2);
    await stand.ended(work);
  });

  it.each([
    ['', 'echo looking >&2; sleep 300'],
    [' even if it does not listen', 'trap "" INT TERM; echo looking >&2; while :; do sleep 0.2; done'],
  ])('is ended by Stop%s, which leaves the run as it ended', async (_what, check) => {
    const work = guideRunning('touch "$HOME/result"', check);
    await stand.start(work);
    await stand.shows('looking');
    await stand.runner.cancel(work.guide.id, 'work', 1);
    expect(await stand.ended(work)).toMatchObject({
      state: 'unknown',
      check: { result: { evidence: 'The check was stopped before it had an answer.' } },
    });
    const journal = await stand.journal();
    expect(journal).toMatch(/"type":"finished",.*"ending":"exit-zero".*"cancelled":false/);
    expect(journal).not.toContain('cancel-requested');
  });

  it("that asks for sudo's password is waiting until somebody types it", async () => {
    const asks = 'if [ "$KM_INTERACTIVE" = 1 ]; then read -rs -p "[sudo] password for ada: " secret; fi';
    const work = guideRunning('touch "$HOME/result"', `${asks}; ${DONE_WHEN_THERE}`);
    await stand.start(work);
    const { reason } = await until(
      () => stand.look(work),
      ({ state }) => state === 'waiting',
    );
    expect(reason).toContain('[sudo] password for ada:');
    await stand.type('hush\n');
    expect((await stand.ended(work)).state).toBe('succeeded');
    expect(await stand.log()).not.toContain('hush');
  });

  it('is not waiting because of what the run wrote last', async () => {
    const work = guideRunning('touch "$HOME/result"; echo "Shall I? (no)"', `sleep 4; ${DONE_WHEN_THERE}`);
    await stand.start(work);
    const seen = await statesUpTo('succeeded', work);
    expect(seen).toContain('checking');
    expect(seen).not.toContain('waiting');
  });

  it('is not waiting because of how a run that was stopped at a password left the terminal', async () => {
    const run = 'trap "" INT TERM; stty -echo; echo begun; read -r secret';
    const work = guideRunning(run, `sleep 4; ${DONE_WHEN_THERE}`);
    await stand.start(work);
    await stand.shows('begun');
    await stand.runner.cancel(work.guide.id, 'work', 1);
    expect(await statesUpTo('cancelled', work)).not.toContain('waiting');
  });
});
