import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { audit } from '../../src/migration/audit';
import { cannotRun } from '../tools/cannotRun';
import { guideRunning, look, runnerOver, until } from './connect';
import { COUNTED, Stand } from './stand';

const run = promisify(execFile);
const stand = Stand.forThisFile();

/** Runs on a state folder of a few megabytes, with a file that fills what is left of it. */
async function smallDisk(context: TestContext): Promise<{ fill: string; free: () => Promise<void> }> {
  if (process.getuid?.() !== 0) cannotRun(context, 'only root can mount a small disk');
  const runs = stand.state('runs');
  await mkdir(runs, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', runs]);
  onTestFinished(async () => {
    await run('umount', ['-l', runs]);
  });
  const ballast = join(runs, 'ballast');
  // What was uploaded is removed a moment after the step has begun, and would leave room again.
  const settled = `while compgen -G "${runs}/*/upload.*" >/dev/null; do sleep 0.1; done`;
  return { fill: `${settled}; head -c 4M /dev/zero >"${ballast}"`, free: () => rm(ballast) };
}

describe('a disk that fills while the step runs', () => {
  it('keeps the exit code, lets the step end, claims nothing, and tells the outcome once there is space', async (context) => {
    const { fill, free } = await smallDisk(context);
    const work = guideRunning(
      `${fill} 2>/dev/null; seq 1 100000; echo "heard again?"; ${COUNTED}`,
      // The check is quick, but has no room for its answer.
      `if [ -e "$HOME/result" ]; then echo '{"status":"done","evidence":"The result is there."}'; else echo '{"status":"pending","evidence":"Nothing."}'; fi`,
    );
    await stand.start(work);
    await until(
      () => Promise.resolve(existsSync(join(stand.host.home, 'result'))),
      (there) => there,
    );
    const full = await until(
      () => stand.look(work),
      ({ state }) => state !== 'running' && state !== 'checking',
    );
    expect(full.state).toBe('unknown');
    expect(full.attempts[0]?.exitCode).toBe(0);
    await free();
    await stand.runner.collect(work.guide.id);
    const after = await stand.look(work);
    expect(after).toMatchObject({ state: 'succeeded', run: { problems: [] } });
  });
});

/** The host's clock, as every process on it sees it, in the hands of the test. */
async function clock(): Promise<(offset: string) => Promise<void>> {
  const library = (await readdir('/usr/lib'))
    .map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
    .find((file) => existsSync(file));
  if (library === undefined) throw new Error('libfaketime is missing: sudo apt-get install faketime');
  const file = join(stand.host.home, 'clock');
  const set = (offset: string) => writeFile(file, `${offset}\n`);
  await set('+0');
  await writeFile(
    join(stand.host.home, '.bashrc'),
    `export LD_PRELOAD=${library} FAKETIME_TIMESTAMP_FILE=${file} FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1\n`,
  );
  return set;
}

describe("the host's clock", () => {
  it('may jump back and forth under a running step', async () => {
    const set = await clock();
    const work = guideRunning('echo begun; read -r line; touch "$HOME/result"');
    await stand.start(work);
    await stand.shows('begun');
    for (const offset of ['+1d', '-2d', '+400d', '-1h']) {
      await set(offset);
      expect((await stand.look(work)).run.active?.attempts).toHaveLength(1);
      await expect(stand.start(work)).rejects.toMatchObject({ reason: 'busy' });
    }
    await stand.type('\n');
    const done = await stand.ended(work);
    expect(done).toMatchObject({ state: 'succeeded', run: { problems: [] } });
  });

  it('an hour later, a prompt still takes its answer', async () => {
    const set = await clock();
    const work = guideRunning(
      'read -r -p "Shall it be done? " answer; [ "$answer" = yes ] && touch "$HOME/result"',
    );
    await stand.start(work);
    await stand.shows('Shall it be done?');
    await set('+1h');
    expect(await stand.look(work)).toMatchObject({ state: 'waiting' });
    await stand.type('yes\n');
    const done = await stand.ended(work);
    expect(done.state).toBe('succeeded');
    const { requestedAt, finishedAt } = done.attempts[0]!;
    expect(Date.parse(finishedAt ?? '') - Date.parse(requestedAt)).toBeGreaterThanOrEqual(3_600_000);
  });
});

describe('stopping', () => {
  it('never touches a process that got the number of one of the step', async () => {
    const work = guideRunning('echo begun; sleep 300');
    await stand.start(work);
    await stand.shows('begun');
    const stranger = spawn('sleep', ['300'], { stdio: 'ignore' });
    onTestFinished(() => void stranger.kill());
    await writeFile(join(stand.folder(1), 'inner'), `${stranger.pid ?? 0}:1\n`);
    await stand.runner.cancel(work.guide.id, 'work', 1);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    expect((await stand.ended(work)).state).toBe('cancelled');
  });

  it('reaches what the step has sent into the background, sessions of their own included', async () => {
    const daemon =
      'setsid -f bash -c \'trap "" TERM HUP INT; echo $$ >"$HOME/daemon"; while :; do sleep 0.1; done\'';
    const work = guideRunning(`${daemon}; sleep 0.5; echo begun; sleep 300`);
    await stand.start(work);
    await stand.shows('begun');
    await stand.runner.cancel(work.guide.id, 'work', 1);
    const { stdout } = await run('bash', [
      '-c',
      `kill -0 "$(cat ${stand.host.home}/daemon)" 2>&1 || echo gone`,
    ]);
    expect(stdout).toContain('gone');
  });
});

describe('the log', () => {
  it('that an admin empties while the step runs goes on, and the step with it', async () => {
    const work = guideRunning('echo before; read -r line; echo after; touch "$HOME/result"');
    await stand.start(work);
    await stand.shows('before');
    await truncate(join(stand.folder(1), 'out.log'));
    await stand.type('\n');
    expect((await stand.ended(work)).state).toBe('succeeded');
    const log = await stand.log();
    expect(log).toContain('after');
    expect(log).not.toContain('\0');
    const { findings } = audit(
      (await stand.runner.status(work.guide.id)).journal,
      await stand.runner.verify(work.guide.id),
    );
    expect(findings).toEqual([]);
  });

  it('that an admin changes afterwards is found out', async () => {
    const work = guideRunning('echo before; touch "$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    await truncate(join(stand.folder(1), 'out.log'));
    const { findings } = audit(
      (await stand.runner.status(work.guide.id)).journal,
      await stand.runner.verify(work.guide.id),
    );
    expect(findings).toEqual(['The log of attempt 1 of work is not the one that the journal names.']);
  });

  it('of 200 MB is cut at its limit, and the step goes on to its end', async () => {
    const work = guideRunning('seq 1 23000000; touch "$HOME/result"');
    await stand.start(work);
    const done = await stand.ended(work);
    expect(done.state).toBe('succeeded');
    const bytes = done.attempts[0]?.logBytes ?? 0;
    expect(bytes).toBeGreaterThan(60_000_000);
    expect(bytes).toBeLessThan(70_000_000);
    const end = await stand.runner.log(work.guide.id, 'work', 1, bytes - 200, 200);
    expect(end.bytes.toString()).toContain('The log is full. The step goes on');
  });

  it('has every byte, however small the pieces are that it comes in', async () => {
    await writeFile(join(stand.host.home, '.bashrc'), 'export KM_LOG_LIMIT=1M\n');
    const work = guideRunning(
      'for ((i = 1; i <= 300; i++)); do echo "line $i"; sleep 0.01; done; touch "$HOME/result"',
    );
    await stand.start(work);
    await stand.ended(work);
    const lines = (await stand.log()).split(/\r?\n/).filter((line) => line.startsWith('line'));
    expect(lines).toEqual(Array.from({ length: 300 }, (_, index) => `line ${String(index + 1)}`));
  });

  it.each([
    ['a prompt that finds no answer', 'while :; do printf "Enter yes or no: "; done'],
    ['the same line', 'while :; do echo "Retrying…"; done'],
  ])('that repeats %s without end is stopped at its limit', async (_what, spin) => {
    await writeFile(join(stand.host.home, '.bashrc'), 'export KM_LOG_LIMIT=1M\n');
    const work = guideRunning(spin);
    await stand.start(work);
    const done = await stand.ended(work);
    expect(done.state).toBe('failed');
    expect(await stand.log()).toContain('[Stopped: the step wrote the same again and again');
  });
});

describe('a host key that changes in the middle', () => {
  it('is told when the run is looked at through another one', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    const { run: before } = await stand.ended(work);
    expect(before.formerHostKey).toBeUndefined();
    expect(await stand.journal()).toContain(`"key":"${await stand.host.hostKeyFingerprint()}"`);
    const other = Object.assign(Object.create(stand.transport) as typeof stand.transport, {});
    Object.defineProperty(other, 'hostKey', { value: 'SHA256:another' });
    const { run: after } = await look(runnerOver(other), work);
    expect(after.formerHostKey).toBe(await stand.host.hostKeyFingerprint());
  });
});
