import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, readFile, readdir, rm, writeFile, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecOptions } from '../../src/host/exec';
import type { Runner, StartRequest } from '../../src/host/runner';
import type { SshTransport } from '../../src/host/ssh';
import { isActive } from '../../src/migration/run';
import { startRehearsalHost, type RehearsalHost } from '../rehearsal/host';
import { guideRunning, look, runnerOver, sshTo, startRequest, until } from './connect';

const run = promisify(execFile);

let host: RehearsalHost;
let transport: SshTransport;
let runner: Runner;

beforeAll(async () => {
  host = await startRehearsalHost();
  transport = await sshTo(host);
  await transport.connect();
});
afterAll(async () => {
  await transport.disconnect();
  await host.stop();
});
beforeEach(async () => {
  await rm(stateFolder(), { recursive: true, force: true });
  await rm(join(host.home, 'result'), { force: true });
  runner = runnerOver(transport);
});

const stateFolder = (...path: string[]): string => join(host.home, '.local/state/kaapana-migration', ...path);
const attemptFolder = (attempt: number): string => stateFolder('runs/1.0-to-2.0/steps/work', String(attempt));
const journal = (): Promise<string> => readFile(stateFolder('runs/1.0-to-2.0/journal.jsonl'), 'utf8');

type Work = ReturnType<typeof guideRunning>;

const start = (work: Work, over: Partial<StartRequest> = {}): Promise<number> =>
  runner.start(startRequest(work, over));
const ended = (work: Work) =>
  until(
    () => look(runner, work),
    ({ state, attempts }) => attempts.length > 0 && !isActive(state),
  );
const type = (text: string, attempt = 1): Promise<void> =>
  appendFile(join(attemptFolder(attempt), 'in.fifo'), text);

describe('a step', () => {
  it('succeeds when its run ends well and its check finds the result', async () => {
    const work = guideRunning('echo working; touch "$HOME/result"');
    expect(await start(work)).toBe(1);
    const status = await ended(work);
    expect(status).toMatchObject({
      state: 'succeeded',
      check: { result: { evidence: 'The result is there.' } },
    });
    expect(status.attempts[0]).toMatchObject({ exitCode: 0, command: work.command.sha256 });
  });

  it('does not succeed by its exit code alone', async () => {
    const work = guideRunning('echo "all done"');
    await start(work);
    expect(await ended(work)).toMatchObject({ state: 'needs-attention' });
  });

  it('needs attention when it reports an error, though the result is there', async () => {
    const work = guideRunning('touch "$HOME/result"; exit 1');
    await start(work);
    expect(await ended(work)).toMatchObject({ state: 'needs-attention', attempts: [{ exitCode: 1 }] });
  });

  it('fails when neither exit code nor check speak for it', async () => {
    const work = guideRunning('exit 3');
    await start(work);
    expect(await ended(work)).toMatchObject({ state: 'failed', attempts: [{ exitCode: 3 }] });
  });

  it('is unknown when its check says nonsense', async () => {
    const work = guideRunning('true', 'echo Segmentation fault');
    await start(work);
    expect(await ended(work)).toMatchObject({ state: 'unknown' });
  });

  it('runs the very bytes that were shown, and the host keeps them with their hash', async () => {
    const work = guideRunning(`printf '%s' 'ümläut "quoted" \\ $HOME'`);
    await start(work);
    await ended(work);
    expect(await readFile(join(attemptFolder(1), 'cmd.sh'), 'utf8')).toBe(work.command.text);
    expect((await run('sha256sum', ['-c', 'cmd.sha256'], { cwd: attemptFolder(1) })).stdout).toContain(
      'cmd.sh: OK',
    );
  });

  it('writes its files as the account would, while the state stays private', async () => {
    const work = guideRunning('umask >"$HOME/result"');
    await start(work);
    await ended(work);
    const usual = (await transport.exec('umask')).stdout;
    expect(await readFile(join(host.home, 'result'), 'utf8')).toBe(usual);
    expect((await run('stat', ['-c', '%a', join(attemptFolder(1), 'out.log')])).stdout).toBe('600\n');
  });

  it('leaves its outcome in the journal on the host, for anyone to read', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await start(work);
    await ended(work);
    const records = (await journal())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ type: kind }) => kind)).toEqual(['run-started', 'intent', 'started', 'finished']);
    expect(records[3]).toMatchObject({
      outcome: 'succeeded',
      exitCode: 0,
      actor: { from: '127.0.0.1', editor: 'host test' },
    });
    expect((await look(runner, work)).run.problems).toEqual([]);
  });

  it('has a terminal, and typing answers its prompts', async () => {
    const work = guideRunning(
      'read -r -p "Name: " name; read -r -s -p "Password: " secret; tty && echo "Hello $name" && touch "$HOME/result"',
    );
    await start(work);
    await until(
      () => readFile(join(attemptFolder(1), 'out.log'), 'utf8'),
      (text) => text.includes('Name:'),
    );
    await type('Ada\n');
    await until(
      () => readFile(join(attemptFolder(1), 'out.log'), 'utf8'),
      (text) => text.includes('Password:'),
    );
    await type('s3cret\n');
    expect(await ended(work)).toMatchObject({ state: 'succeeded' });
    const { bytes, size } = await runner.log(work.guide.id, 'work', 1, 0, 10_000);
    expect(bytes.toString()).toMatch(/Name: Ada[^]*\/dev\/pts\/\d+[^]*Hello Ada/);
    expect(bytes).toHaveLength(size);
    expect(
      await run('grep', ['-r', 's3cret', stateFolder()]).then(
        () => 'found',
        () => 'nowhere',
      ),
    ).toBe('nowhere');
  });
});

describe('a connection that ends', () => {
  it('leaves the step alone; log and outcome are found again', async () => {
    const work = guideRunning(
      'for i in 1 2 3 4 5 6; do echo "part $i"; sleep 0.3; done; touch "$HOME/result"',
    );
    await start(work);
    await host.dropConnections();
    await expect(runner.status(work.guide.id)).resolves.toBeDefined(); // a key lets ssh back in without asking
    await transport.connect();
    expect(await look(runner, work)).toMatchObject({ state: 'running' });
    expect(await ended(work)).toMatchObject({ state: 'succeeded' });
    expect((await runner.log(work.guide.id, 'work', 1, 0, 10_000)).bytes.toString()).toContain('part 6');
  });

  it('in the middle of an upload starts nothing', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await runner.status(work.guide.id);
    const cut = runnerOver(
      Object.assign(Object.create(transport) as SshTransport, {
        exec: (line: string, options?: ExecOptions) =>
          transport.exec(line, {
            ...options,
            ...(options?.input ? { input: options.input.slice(0, -200) } : {}),
          }),
      }),
    );
    await expect(cut.start(startRequest(work))).rejects.toMatchObject({ reason: 'upload-failed' });
    expect(await look(runner, work)).toMatchObject({ state: 'ready', attempts: [] });
  });

  it('after the launch, with the reply lost, does not start the step twice', async () => {
    const work = guideRunning('sleep 1; touch "$HOME/result"');
    const token = randomUUID();
    expect([await start(work, { token }), await start(work, { token })]).toEqual([1, 1]);
    expect((await ended(work)).attempts).toHaveLength(1);
  });
});

describe('two editors', () => {
  it('that press Run at once start one step', async () => {
    const work = guideRunning('sleep 1; touch "$HOME/result"');
    await runner.status(work.guide.id);
    const answers = await Promise.allSettled([start(work), start(work), start(work)]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ reason: 'busy' });
    }
    expect((await ended(work)).attempts).toHaveLength(1);
  });

  it('see the same, live', async () => {
    const work = guideRunning('sleep 0.5; touch "$HOME/result"');
    const other = runnerOver(transport);
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = other.watch(
      work.guide.id,
      (snapshot) => seen.push(snapshot.live.map(({ alive }) => String(alive)).join()),
      stop.signal,
    );
    await until(
      () => Promise.resolve(seen),
      (list) => list.length > 0,
    );
    await start(work);
    await ended(work);
    await until(
      () => Promise.resolve(seen),
      (list) => list.at(-1) === 'false',
    );
    stop.abort();
    await watching;
    expect(seen).toContain('true');
  });
});

describe('cancelling', () => {
  it('stops the step and what it started, then checks', async () => {
    const work = guideRunning('echo begun; sleep 300 & sleep 300; touch "$HOME/result"');
    await start(work);
    await until(
      () => readFile(join(attemptFolder(1), 'out.log'), 'utf8'),
      (text) => text.includes('begun'),
    );
    await runner.cancel(work.guide.id, 'work', 1);
    expect(await ended(work)).toMatchObject({ state: 'cancelled', check: { result: { status: 'pending' } } });
    expect(await journal()).toContain('"type":"cancel-requested"');
  });

  it('stops a step that does not listen', async () => {
    const work = guideRunning('trap "" INT TERM; echo deaf; while :; do sleep 0.2; done');
    await start(work);
    await until(
      () => readFile(join(attemptFolder(1), 'out.log'), 'utf8'),
      (text) => text.includes('deaf'),
    );
    await runner.cancel(work.guide.id, 'work', 1);
    expect(await ended(work)).toMatchObject({ state: 'cancelled' });
  });

  it('of a step that has ended says so', async () => {
    const work = guideRunning('true');
    await start(work);
    await ended(work);
    await expect(runner.cancel(work.guide.id, 'work', 1)).rejects.toMatchObject({ reason: 'not-running' });
  });
});

describe('a killed runner', () => {
  it('loses no outcome: the evidence is journaled later', async () => {
    const work = guideRunning('sleep 1; touch "$HOME/result"');
    await start(work);
    const { stdout } = await run('pgrep', ['-f', `job ${attemptFolder(1)}`]);
    process.kill(Number(stdout.split('\n')[0]), 'SIGKILL');
    expect(await ended(work)).toMatchObject({ state: 'succeeded' });
    expect(await journal()).not.toContain('"type":"finished"');
    await runner.collect(work.guide.id);
    expect(await journal()).toContain('"outcome":"succeeded"');
  });

  it('with everything it started leaves the step unknown, never done', async () => {
    const work = guideRunning('touch "$HOME/result"; sleep 300');
    await start(work);
    await until(
      () => readdir(host.home),
      (names) => names.includes('result'),
    );
    const pids = (await run('pgrep', ['-f', attemptFolder(1)])).stdout.trim().split('\n').map(Number);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await ended(work)).toMatchObject({ state: 'unknown' });
    const again = await runner.check(work.guide.id, 'work', work.command);
    expect(again.status).toBe('done');
    expect(await look(runner, work)).toMatchObject({ state: 'needs-attention' });
  });
});

describe('what a person says of a step', () => {
  it('is journaled with their words, whatever is in them', async () => {
    const work = guideRunning('true');
    const note = `Done "by hand" \\ in the console;\n$(touch /tmp/never) 'quoted' – ümläut`;
    await runner.state(work.guide.id, 'work', 'by-hand', note);
    expect(await look(runner, work)).toMatchObject({
      state: 'by-hand',
      statement: { note, actor: { from: '127.0.0.1' } },
    });
    await runner.state(work.guide.id, 'work', 'reopened', '');
    expect(await look(runner, work)).toMatchObject({ state: 'ready', run: { problems: [] } });
  });
});

describe('bad input', () => {
  it('a state folder that cannot be written: told, nothing started', async () => {
    // Root may write anywhere, so a file stands where the folder should be.
    await writeFile(stateFolder(), 'not a folder').catch(async () => {
      await run('mkdir', ['-p', join(host.home, '.local/state')]);
      await writeFile(stateFolder(), 'not a folder');
    });
    await expect(start(guideRunning('touch "$HOME/result"'))).rejects.toMatchObject({
      name: 'HostProblem',
      reason: 'not-writable',
    });
    await rm(stateFolder());
  });

  it('a full disk: told, nothing started, and the next attempt works once there is space', async ({
    skip,
  }) => {
    if (process.getuid?.() !== 0) skip('Only root can mount the small disk that this test fills.');
    await run('mkdir', ['-p', stateFolder('runs')]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', stateFolder('runs')]);
    try {
      const work = guideRunning('touch "$HOME/result"');
      await writeFile(stateFolder('runs/ballast'), Buffer.alloc(1024 * 1024)).catch(() => undefined);
      await expect(start(work)).rejects.toMatchObject({
        reason: expect.stringMatching(/no-space|upload-failed|not-writable/) as string,
      });
      expect(await look(runner, work)).toMatchObject({ state: 'ready', attempts: [] });
      await rm(stateFolder('runs/ballast'));
      await start(work);
      expect(await ended(work)).toMatchObject({ state: 'succeeded' });
    } finally {
      await run('umount', ['-l', stateFolder('runs')]);
    }
  });

  it('another text than the one that was shown: refused', async () => {
    const work = guideRunning('touch "$HOME/result"');
    const forged = { ...work.command, text: `${work.command.text}# more\n` };
    await expect(start({ ...work, command: forged })).rejects.toMatchObject({ reason: 'upload-failed' });
  });

  it('a plan that changed: refused until somebody accepts it, and journaled', async () => {
    const before = guideRunning('touch "$HOME/result"');
    await start(before);
    await ended(before);
    const after = guideRunning('touch "$HOME/result"; true');
    await expect(start(after)).rejects.toMatchObject({ reason: 'plan-changed' });
    expect(await start(after, { acceptPlan: true })).toBe(2);
    await until(
      () => look(runner, after),
      ({ attempts }) => attempts[1]?.finishedAt !== undefined,
    );
    expect(await journal()).toContain('"type":"plan-changed"');
  });

  it('a torn journal: mended, nothing lost, the tail kept', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await start(work);
    await ended(work);
    await appendFile(stateFolder('runs/1.0-to-2.0/journal.jsonl'), '{"seq":5,"ti');
    expect((await look(runner, work)).run.problems).toHaveLength(1);
    await start(work);
    const status = await ended(work);
    expect(status.run.problems).toEqual([]);
    expect(status.attempts).toHaveLength(2);
    expect((await readdir(stateFolder('runs/1.0-to-2.0'))).some((name) => name.includes('torn'))).toBe(true);
  });

  it('a login that prints a banner and noise: read past', async () => {
    await writeFile(join(host.home, '.bashrc'), 'echo "%KM welcome"; echo "{\\"ok\\":true}"\n');
    const work = guideRunning('touch "$HOME/result"');
    await start(work);
    expect(await ended(work)).toMatchObject({ state: 'succeeded' });
    await rm(join(host.home, '.bashrc'));
  });

  it('a step that writes without end: stopped at the cap', async () => {
    const work = guideRunning('yes 0123456789012345678901234567890123456789');
    await writeFile(join(host.home, '.bashrc'), 'export KM_LOG_LIMIT=1M\n');
    await start(work);
    const status = await ended(work);
    expect(status.state).toBe('failed');
    expect(status.attempts[0]?.logBytes).toBeLessThan(1_100_000);
    await rm(join(host.home, '.bashrc'));
  });
});

describe('an attached terminal', () => {
  it('shows the log, hands on keys, leaves at Ctrl-C without harm', async () => {
    const work = guideRunning(
      'read -r -p "Go on? " answer; echo "You said $answer"; sleep 1; touch "$HOME/result"',
    );
    await start(work);
    const attach = () => {
      const { file, args } = runner.attach(work.guide.id, 'work', 1, 'Work');
      const quoted = [file, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      // `script` gives ssh a terminal, as an editor's terminal does.
      const child = spawn('script', ['-qefc', quoted, '/dev/null'], { stdio: 'pipe' });
      let screen = '';
      child.stdout.on('data', (data: Buffer) => (screen += data.toString()));
      return { child, screen: () => Promise.resolve(screen) };
    };
    const view = attach();
    await until(view.screen, (text) => text.includes('Go on?'));
    view.child.stdin.write('yes\n');
    await until(view.screen, (text) => text.includes('You said yes'));
    view.child.stdin.write('\u0003');
    await until(view.screen, (text) => text.includes('Left the view. The step goes on'));
    expect(await look(runner, work)).toMatchObject({ state: 'running' });
    await ended(work);
    const later = attach();
    await until(later.screen, (text) => text.includes('Succeeded. The result is there.'));
    expect(await later.screen()).toContain('You said yes');
    later.child.stdin.write('\n');
    await until(
      () => Promise.resolve(later.child.exitCode),
      (code) => code !== null,
    );
  });
});

describe('installing', () => {
  it('keeps the state private and replaces a damaged runner by its hash', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await start(work);
    await ended(work);
    const listing = (await run('stat', ['-c', '%a', stateFolder(), stateFolder('bin')])).stdout;
    expect(listing).toBe('700\n700\n');
    const [name] = await readdir(stateFolder('bin'));
    await chmod(stateFolder('bin', name!), 0o600);
    await rm(stateFolder('bin', name!));
    expect(await look(runner, work)).toMatchObject({ state: 'succeeded' });
  });
});
