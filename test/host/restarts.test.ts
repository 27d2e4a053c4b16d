import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/host/session';
import { compose } from '../../src/migration/command';
import type { WrittenStep } from '../../src/migration/guide';
import { guideRunning, until, DONE_WHEN_THERE } from './connect';
import { Stand, type Work } from './stand';

const stand = Stand.forThisFile();

/** The guide's step restarts the host on purpose. */
function rebooting(script: string): Work {
  const { guide } = guideRunning(script, DONE_WHEN_THERE);
  const steps = guide.steps.map((step) => ({ ...step, reboots: true }));
  const whole = { ...guide, steps };
  return { guide: whole, command: compose(whole, steps[0] as WrittenStep, {}) };
}
const REBOOT = { kind: { mode: 'run', reboots: true } } as const;

/** Everything on the host ends; it comes back with another boot id. */
async function restartHost(): Promise<void> {
  await stand.host.kill();
  await writeFile(join(stand.host.root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`);
  await stand.host.comeBack();
  await stand.transport.connect();
}

describe('a step that restarts the host', () => {
  it('is awaited over the lost connection, and then its check decides', async () => {
    const work = rebooting('touch "$HOME/result"');
    const session = new Session(work.guide, stand.transport, stand.runner);
    session.start();
    try {
      await stand.start(work, REBOOT);
      const state = () => Promise.resolve(session.run.steps[0]?.state);
      await until(state, (now) => now === 'rebooting');
      await stand.host.kill();
      await until(
        () => Promise.resolve(session.connection.state),
        (now) => now === 'lost',
      );
      expect(session.run.active?.step.reboots).toBe(true);
      await writeFile(join(stand.host.root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`);
      await stand.host.comeBack();
      await until(state, (now) => now === 'succeeded');
      expect(await stand.journal()).toMatch(/"type":"finished",.*"ending":"rebooted".*"outcome":"succeeded"/);
    } finally {
      session.stop();
    }
  });

  it('has not succeeded while the boot id is the old one', async () => {
    await writeFile(join(stand.host.home, '.bashrc'), 'export KM_REBOOT_WAIT=1\n');
    const work = rebooting('touch "$HOME/result"');
    await stand.start(work, REBOOT);
    expect(await stand.ended(work)).toMatchObject({
      state: 'needs-attention',
      reason: expect.stringContaining('has not been restarted') as string,
    });
  });

  it('needs attention when the host is back without the result', async () => {
    const work = rebooting('true');
    await stand.start(work, REBOOT);
    await until(
      () => stand.look(work),
      ({ state }) => state === 'rebooting',
    );
    await restartHost();
    await stand.runner.collect(work.guide.id);
    expect(await stand.look(work)).toMatchObject({ state: 'needs-attention' });
  });
});

describe('a restart that nobody asked for', () => {
  it.each([
    ['with the result there', 'touch "$HOME/result"; echo begun; sleep 300', 'needs-attention'],
    ['with no result', 'echo begun; sleep 300', 'failed'],
  ])('%s is told as what it was', async (_what, script, state) => {
    const work = guideRunning(script);
    await stand.start(work);
    await stand.shows('begun');
    await restartHost();
    expect(await stand.look(work)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('The host was restarted') as string,
    });
    await stand.runner.collect(work.guide.id);
    expect(await stand.look(work)).toMatchObject({ state });
  });

  it('changes nothing about a step that had ended before', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    await restartHost();
    expect(await stand.look(work)).toMatchObject({ state: 'succeeded' });
  });
});

describe('a step that is taken back', () => {
  const undoable = (undo: string): Work => {
    const { guide } = guideRunning('touch "$HOME/result"');
    const steps = guide.steps.map((step) => ({
      ...step,
      script: `${step.script ?? ''}undo() { ${undo}\n}\n`,
    }));
    const whole = { ...guide, steps };
    return { guide: whole, command: compose(whole, steps[0] as WrittenStep, {}) };
  };
  const UNDO = { kind: { mode: 'undo', reboots: false } } as const;

  it.each([
    ['is undone once its check finds it open', 'rm "$HOME/result"', 'undone'],
    ['is not undone because its way back says so', 'true', 'needs-attention'],
    ['is not undone when its way back fails', 'false', 'failed'],
    ['needs attention when its way back fails yet works', 'rm "$HOME/result"; false', 'needs-attention'],
  ])('%s', async (_what, undo, state) => {
    const work = undoable(undo);
    await stand.start(work);
    expect((await stand.ended(work)).state).toBe('succeeded');
    await stand.start(work, UNDO);
    const after = await until(
      () => stand.look(work),
      ({ attempts }) => attempts[1]?.finishedAt !== undefined,
    );
    expect(after.state).toBe(state);
    expect(after.attempts.map(({ mode }) => mode)).toEqual(['run', 'undo']);
    await rm(join(stand.host.home, 'result'), { force: true });
  });
});

describe('logind that kills what a logged-out account leaves behind', () => {
  const logind = (kills: string, exclude: string, only: string) =>
    writeFile(
      join(stand.host.bin, 'busctl'),
      `#!/bin/bash\ncase "\${@: -1}" in KillUserProcesses) echo 'b ${kills}' ;; KillExcludeUsers) echo '${exclude}' ;; KillOnlyUsers) echo '${only}' ;; esac\n`,
      { mode: 0o755 },
    );

  it.each([
    ['would end the step: refused, with the remedy', 'true', 'as 1 "nobody"', 'as 0', false],
    ['leaves this account alone', 'true', `as 1 "USER"`, 'as 0', true],
    ['is meant for others only', 'true', 'as 1 "nobody"', 'as 1 "guest"', true],
    ['kills nothing', 'false', 'as 0', 'as 0', true],
  ])('%s', async (_what, kills, exclude, only, runs) => {
    const user = (await stand.transport.exec('id -un')).stdout.trim();
    await logind(kills, exclude.replace('USER', user), only);
    try {
      const work = guideRunning('touch "$HOME/result"');
      if (runs) {
        await stand.start(work);
        expect((await stand.ended(work)).state).toBe('succeeded');
      } else {
        await expect(stand.start(work)).rejects.toMatchObject({
          reason: 'kills-processes',
          next: expect.stringContaining('KillUserProcesses=no') as string,
        });
        expect((await stand.look(work)).attempts).toEqual([]);
      }
    } finally {
      await rm(join(stand.host.bin, 'busctl'));
    }
  });
});
