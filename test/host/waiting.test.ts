import { describe, expect, it } from 'vitest';
import { guideRunning, until } from './connect';
import { Stand, UNTIL_RELEASED } from './stand';

const stand = Stand.forThisFile();

const waits = async (run: string, answer: string) => {
  const work = guideRunning(`${run}; touch "$HOME/result"`);
  await stand.start(work);
  const asked = await until(
    () => stand.look(work),
    ({ state }) => state === 'waiting',
  );
  await stand.type(answer);
  const done = await stand.ended(work);
  expect(done.state).toBe('succeeded');
  return asked.reason;
};

describe('a step that asks', () => {
  it.each([
    ['a question', 'read -r -p "Proceed? [y/N] " answer; test "$answer" = y', 'y\n', 'Proceed? [y/N]'],
    [
      'for a password',
      'read -rs -p "Password for admin: " secret; test "$secret" = hush',
      'hush\n',
      'Password',
    ],
    ['for a password without a word', 'read -rs secret; test "$secret" = hush', 'hush\n', 'answer'],
    [
      'with an answer filled in, which has to be replaced',
      'read -e -r -i yes -p "Delete everything (yes/no): " answer; test "$answer" = no',
      '\u0015no\n',
      'Delete everything (yes/no): yes',
    ],
  ])('%s is waiting until somebody types', async (_what, run, answer, question) => {
    expect(await waits(run, answer)).toContain(question);
    expect(await stand.log()).not.toContain('hush');
  });

  it('nothing is not waiting, however silent it is', async () => {
    const work = guideRunning('echo "Copying files…"; sleep 4; touch "$HOME/result"');
    await stand.start(work);
    const seen = new Set<string>();
    await until(
      () => stand.look(work),
      ({ state }) => {
        seen.add(state);
        return state === 'succeeded';
      },
    );
    expect(seen).not.toContain('waiting');
  });
});

describe('a step that tells how far it is', () => {
  it('is shown with it while it runs', async () => {
    const work = guideRunning(
      `printf '40\\t100\\tseries copied\\n' >"$KM_PROGRESS"; ${UNTIL_RELEASED}; touch "$HOME/result"`,
    );
    await stand.start(work);
    const { attempts } = await until(
      () => stand.look(work),
      (status) => status.attempts[0]?.progress !== undefined,
    );
    expect(attempts[0]?.progress).toEqual({ done: 40, total: 100, what: 'series copied' });
    await stand.release();
    expect((await stand.ended(work)).attempts[0]?.progress).toBeUndefined();
  });
});
