import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostProblem } from '../../src/host/problem';
import { Runner } from '../../src/host/runner';
import type { Transport } from '../../src/host/transport';
import { guideRunning, look, RUNNER, startRequest, until } from './connect';
import { COUNTED, Stand, UNTIL_RELEASED } from './stand';

const stand = Stand.forThisFile();

/** The same account, reached from another address. */
const fromElsewhere = (address: string): Runner => {
  const { transport } = stand;
  const moved: Transport = Object.assign(Object.create(transport) as Transport, {
    exec: (line: string, options?: Parameters<Transport['exec']>[1]) =>
      transport.exec(`SSH_CONNECTION='${address} 1 127.0.0.1 22'; export SSH_CONNECTION; ${line}`, options),
  });
  return new Runner(moved, RUNNER, 'another editor');
};

describe('two windows', () => {
  it('that press Run at once start one attempt, a hundred times', async () => {
    const release = join(stand.host.home, 'release');
    const work = guideRunning(`while [ ! -e "$HOME/release" ]; do sleep 0.02; done; ${COUNTED}`);
    await stand.runner.status(work.guide.id);
    for (let round = 1; round <= 100; round++) {
      const answers = await Promise.allSettled([stand.start(work), stand.start(work)]);
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const refused = answers.find((answer) => answer.status === 'rejected');
      expect((refused?.reason as HostProblem).reason).toBe('busy');
      await writeFile(release, '');
      await stand.ended(work);
      await rm(release);
    }
    const { attempts, run } = await stand.look(work);
    expect(run.problems).toEqual([]);
    expect(attempts).toHaveLength(100);
    const counted = await readFile(join(stand.host.home, 'count'), 'utf8');
    expect(counted).toBe('once\n'.repeat(100));
  }, 300_000);

  it('that ask for the same attempt with one token get the same answer', async () => {
    const work = guideRunning(`${COUNTED}; sleep 0.5`);
    const answers = await Promise.all([1, 2, 3].map(() => stand.start(work, { token: 'one' })));
    expect(answers).toEqual([1, 1, 1]);
    expect((await stand.ended(work)).attempts).toHaveLength(1);
  });
});

describe('two people', () => {
  it('see who runs what, and since when', async () => {
    const work = guideRunning(`${UNTIL_RELEASED}; touch "$HOME/result"`);
    await stand.start(work);
    const other = fromElsewhere('10.0.0.99');
    const { run } = await look(other, work);
    expect(run.holder).toMatchObject({ other: true, actor: { from: '127.0.0.1' } });
    expect(run.active?.attempts[0]?.actor.from).toBe('127.0.0.1');
    await expect(other.start(startRequest(work))).rejects.toMatchObject({ reason: 'busy' });
    await stand.release();
    await stand.ended(work);
  });

  it('do not start steps over each other: taking over is asked for, and journaled', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    const other = fromElsewhere('10.0.0.99');
    await expect(other.start(startRequest(work))).rejects.toMatchObject({ reason: 'held' });
    expect((await stand.look(work)).attempts).toHaveLength(1);

    expect(await other.start(startRequest(work, { takeOver: true }))).toBe(2);
    const status = await until(
      () => look(other, work),
      ({ attempts }) => attempts[1]?.finishedAt !== undefined,
    );
    expect(status.run.holder).toMatchObject({ other: false });
    expect(await stand.journal()).toMatch(/"type":"taken-over",.*"from":"10\.0\.0\.99"/);
    await expect(stand.start(work)).rejects.toMatchObject({ reason: 'held' });
  });

  it('may both look, check and stop', async () => {
    const work = guideRunning('echo begun; sleep 300');
    await stand.start(work);
    await stand.shows('begun');
    const other = fromElsewhere('10.0.0.99');
    expect(await other.check(work.guide.id, 'work', work.command)).toMatchObject({ status: 'pending' });
    await other.cancel(work.guide.id, 'work', 1);
    expect(await stand.ended(work)).toMatchObject({ state: 'cancelled' });
    expect(await stand.journal()).toMatch(/"type":"cancel-requested",.*"from":"10\.0\.0\.99"/);
  });
});
