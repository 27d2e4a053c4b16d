import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, readFile, readdir, rm, writeFile, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExecOptions } from '../../src/host/exec';
import type { SshTransport } from '../../src/host/ssh';
import { composeValidation, parseValidation } from '../../src/migration/command';
import { sha256 } from '../../src/migration/hash';
import type { Statement } from '../../src/migration/journal';
import { parsePatches } from '../../src/migration/patches';
import { guideRunning, runnerOver, startRequest, until } from './connect';
import { Stand, UNTIL_RELEASED } from './stand';

const run = promisify(execFile);

const stand = Stand.forThisFile();

describe('a step', () => {
  it('succeeds when its run ends well and its check finds the result', async () => {
    const work = guideRunning('echo working; touch "$HOME/result"');
    expect(await stand.start(work)).toBe(1);
    const status = await stand.ended(work);
    expect(status).toMatchObject({
      state: 'succeeded',
      check: { result: { evidence: 'The result is there.' } },
    });
    expect(status.attempts[0]).toMatchObject({ exitCode: 0, command: work.command.sha256 });
  });

  it('does not succeed by its exit code alone', async () => {
    const work = guideRunning('echo "all done"');
    await stand.start(work);
    expect(await stand.ended(work)).toMatchObject({ state: 'needs-attention' });
  });

  it('needs attention when it reports an error, though the result is there', async () => {
    const work = guideRunning('touch "$HOME/result"; exit 1');
    await stand.start(work);
    expect(await stand.ended(work)).toMatchObject({ state: 'needs-attention', attempts: [{ exitCode: 1 }] });
  });

  it('fails when neither exit code nor check speak for it', async () => {
    const work = guideRunning('exit 3');
    await stand.start(work);
    expect(await stand.ended(work)).toMatchObject({ state: 'failed', attempts: [{ exitCode: 3 }] });
  });

  it('is unknown when its check says nonsense', async () => {
    const work = guideRunning('true', 'echo Segmentation fault');
    await stand.start(work);
    expect(await stand.ended(work)).toMatchObject({ state: 'unknown' });
  });

  it('runs the very bytes that were shown, and the host keeps them with their hash', async () => {
    const work = guideRunning(`printf '%s' 'ümläut "quoted" \\ $HOME'`);
    await stand.start(work);
    await stand.ended(work);
    expect(await readFile(join(stand.folder(1), 'cmd.sh'), 'utf8')).toBe(work.command.text);
    expect((await run('sha256sum', ['-c', 'cmd.sha256'], { cwd: stand.folder(1) })).stdout).toContain(
      'cmd.sh: OK',
    );
  });

  it('writes its files as the account would, while the state stays private', async () => {
    const work = guideRunning('umask >"$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    const usual = (await stand.transport.exec('umask')).stdout;
    expect(await readFile(join(stand.host.home, 'result'), 'utf8')).toBe(usual);
    expect((await run('stat', ['-c', '%a', join(stand.folder(1), 'out.log')])).stdout).toBe('600\n');
  });

  it('leaves its outcome in the journal on the host, for anyone to read', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    const records = (await stand.journal())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ type: kind }) => kind)).toEqual(['run-started', 'intent', 'started', 'finished']);
    expect(records[3]).toMatchObject({
      outcome: 'succeeded',
      exitCode: 0,
      actor: { from: '127.0.0.1', editor: 'host test' },
    });
    expect((await stand.look(work)).run.problems).toEqual([]);
  });

  it('has a terminal, and typing answers its prompts', async () => {
    const work = guideRunning(
      'read -r -p "Name: " name; read -r -s -p "Password: " secret; tty && echo "Hello $name" && touch "$HOME/result"',
    );
    await stand.start(work);
    await stand.shows('Name:');
    await stand.type('Ada\n');
    await stand.shows('Password:');
    await stand.type('s3cret\n');
    expect(await stand.ended(work)).toMatchObject({ state: 'succeeded' });
    const { bytes, size } = await stand.runner.log(work.guide.id, 'work', 1, 0, 10_000);
    expect(bytes.toString()).toMatch(/Name: Ada[^]*\/dev\/pts\/\d+[^]*Hello Ada/);
    expect(bytes).toHaveLength(size);
    expect(
      await run('grep', ['-r', 's3cret', stand.state()]).then(
        () => 'found',
        () => 'nowhere',
      ),
    ).toBe('nowhere');
  });
});

describe('a connection that ends', () => {
  it('leaves the step alone; log and outcome are found again', async () => {
    const work = guideRunning(`echo "part 1"; ${UNTIL_RELEASED}; echo "part 2"; touch "$HOME/result"`);
    await stand.start(work);
    await stand.host.dropConnections();
    await expect(stand.runner.status(work.guide.id)).resolves.toBeDefined(); // a key lets ssh back in without asking
    await stand.transport.connect();
    expect(await stand.look(work)).toMatchObject({ state: 'running' });
    await stand.release();
    expect(await stand.ended(work)).toMatchObject({ state: 'succeeded' });
    expect((await stand.runner.log(work.guide.id, 'work', 1, 0, 10_000)).bytes.toString()).toMatch(
      /part 1\s+part 2/,
    );
  });

  it('in the middle of an upload starts nothing', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.runner.status(work.guide.id);
    const cut = runnerOver(
      Object.assign(Object.create(stand.transport) as SshTransport, {
        exec: (line: string, options?: ExecOptions) =>
          stand.transport.exec(line, {
            ...options,
            ...(options?.input ? { input: options.input.slice(0, -200) } : {}),
          }),
      }),
    );
    await expect(cut.start(startRequest(work))).rejects.toMatchObject({ reason: 'upload-failed' });
    expect(await stand.look(work)).toMatchObject({ state: 'ready', attempts: [] });
  });

  it('after the launch, with the reply lost, does not start the step twice', async () => {
    const work = guideRunning('sleep 1; touch "$HOME/result"');
    const token = randomUUID();
    expect([await stand.start(work, { token }), await stand.start(work, { token })]).toEqual([1, 1]);
    expect((await stand.ended(work)).attempts).toHaveLength(1);
  });
});

describe('two editors', () => {
  it('that press Run at once start one step', async () => {
    const work = guideRunning(`${UNTIL_RELEASED}; touch "$HOME/result"`);
    await stand.runner.status(work.guide.id);
    const answers = await Promise.allSettled([stand.start(work), stand.start(work), stand.start(work)]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ reason: 'busy' });
    }
    await stand.release();
    expect((await stand.ended(work)).attempts).toHaveLength(1);
  });

  it('see the same, live', async () => {
    const work = guideRunning(`${UNTIL_RELEASED}; touch "$HOME/result"`);
    const other = runnerOver(stand.transport);
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
    await stand.start(work);
    await until(
      () => Promise.resolve(seen),
      (list) => list.includes('true'),
    );
    await stand.release();
    await stand.ended(work);
    await until(
      () => Promise.resolve(seen),
      (list) => list.at(-1) === 'false',
    );
    stop.abort();
    await watching;
  });
});

describe('cancelling', () => {
  it('stops the step and what it started, then checks', async () => {
    const work = guideRunning('echo begun; sleep 300 & sleep 300; touch "$HOME/result"');
    await stand.start(work);
    await stand.shows('begun');
    await stand.runner.cancel(work.guide.id, 'work', 1);
    expect(await stand.ended(work)).toMatchObject({
      state: 'cancelled',
      check: { result: { status: 'pending' } },
    });
    expect(await stand.journal()).toContain('"type":"cancel-requested"');
  });

  it('stops a step that does not listen', async () => {
    const work = guideRunning('trap "" INT TERM; echo deaf; while :; do sleep 0.2; done');
    await stand.start(work);
    await stand.shows('deaf');
    await stand.runner.cancel(work.guide.id, 'work', 1);
    expect(await stand.ended(work)).toMatchObject({ state: 'cancelled' });
  });

  it('of a step that has ended says so', async () => {
    const work = guideRunning('true');
    await stand.start(work);
    await stand.ended(work);
    await expect(stand.runner.cancel(work.guide.id, 'work', 1)).rejects.toMatchObject({
      reason: 'not-running',
    });
  });
});

describe('a killed runner', () => {
  it('loses no outcome: the evidence is journaled later', async () => {
    const work = guideRunning(`${UNTIL_RELEASED}; touch "$HOME/result"`);
    await stand.start(work);
    const { stdout } = await run('pgrep', ['-f', `job ${stand.folder(1)}`]);
    process.kill(Number(stdout.split('\n')[0]), 'SIGKILL');
    await stand.release();
    expect(await stand.ended(work)).toMatchObject({ state: 'succeeded' });
    expect(await stand.journal()).not.toContain('"type":"finished"');
    await stand.runner.collect(work.guide.id);
    expect(await stand.journal()).toContain('"outcome":"succeeded"');
  });

  it('with everything it started leaves the step unknown, never done', async () => {
    const work = guideRunning('touch "$HOME/result"; sleep 300');
    await stand.start(work);
    await until(
      () => readdir(stand.host.home),
      (names) => names.includes('result'),
    );
    const pids = (await run('pgrep', ['-f', stand.folder(1)])).stdout.trim().split('\n').map(Number);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await stand.ended(work)).toMatchObject({ state: 'unknown' });
    const again = await stand.runner.check(work.guide.id, 'work', work.command);
    expect(again.status).toBe('done');
    expect(await stand.look(work)).toMatchObject({ state: 'needs-attention' });
  });
});

describe('what a person says of a step', () => {
  it('is journaled with their words, whatever is in them', async () => {
    const work = guideRunning('true');
    const note = `Done "by hand" \\ in the console;\n$(touch /tmp/never) 'quoted' – ümläut`;
    await stand.runner.state(work.guide.id, 'work', 'by-hand', note);
    expect(await stand.look(work)).toMatchObject({
      state: 'by-hand',
      statement: { note, actor: { from: '127.0.0.1' } },
    });
    await stand.runner.state(work.guide.id, 'work', 'reopened', '');
    expect(await stand.look(work)).toMatchObject({ state: 'ready', run: { problems: [] } });
  });

  it('is refused while the step runs, and taken once it has ended', async () => {
    const work = guideRunning(UNTIL_RELEASED);
    const say = (step: string, statement: Statement) =>
      stand.runner.state(work.guide.id, step, statement, `${statement} ${step}`);
    await stand.start(work);
    for (const statement of ['by-hand', 'skipped'] as const)
      await expect(say('work', statement)).rejects.toMatchObject({
        reason: 'busy',
        message: expect.stringContaining('still running') as string,
      });
    await say('another', 'skipped');
    await stand.release();
    await until(
      () => readdir(stand.folder(1)),
      (names) => names.includes('closed'),
    );
    expect(await stand.journal()).not.toMatch(/by-hand work|skipped work/);
    await say('work', 'skipped');
    expect((await stand.look(work)).state).toBe('skipped');
  });
});

describe('a text that only looks', () => {
  const odd = () =>
    writeFile(
      join(stand.host.home, '.bashrc'),
      '{ export LC_ALL=xx_XX.UTF-8; } 2>/dev/null\n', // as a German editor's ssh sends it to a host without German
    );

  it('says nothing against a value by what the host warns of', async () => {
    await odd();
    const { guide } = guideRunning('true');
    const parameter = { name: 'NAME', title: 'Name', what: '', pattern: '.+', example: '' };
    const validating = (validate: string) =>
      composeValidation({ ...guide, parameters: [{ ...parameter, validate }] }, 'NAME', 'pacs01')!;
    expect(parseValidation(await stand.runner.detect(validating('true'), []))).toBeUndefined();
    expect(parseValidation(await stand.runner.detect(validating('echo No:'), []))).toBe('No: pacs01');
  });

  it('changes nothing where it names no change, and says why where it cannot tell', async () => {
    await odd();
    const patches = async (script: string) => {
      const text = `${script}\n`;
      return parsePatches(await stand.runner.patches({ text, sha256: sha256(text) }));
    };
    expect(await patches('true')).toEqual([]);
    await expect(patches('echo "No route." >&2; exit 1')).rejects.toThrow(/found out: .*No route\./);
  });
});

describe('a pod that a person restarts', () => {
  it('is journaled, and only a name of one', async () => {
    const work = guideRunning('true');
    await stand.runner.restarted(work.guide.id, { namespace: 'admin', name: 'keycloak-7f-1' });
    await stand.look(work);
    expect(await readFile(stand.state('runs/1.0-to-2.0/journal.jsonl'), 'utf8')).toContain(
      '"type":"pod-restarted","pod":"admin/keycloak-7f-1"',
    );
    await expect(
      stand.runner.restarted(work.guide.id, { namespace: 'admin', name: 'a","b":"c' }),
    ).rejects.toMatchObject({ reason: 'bad-request' });
  });
});

describe('bad input', () => {
  it('a state folder that cannot be written: told, nothing started', async () => {
    // Root may write anywhere, so a file stands where the folder should be.
    await writeFile(stand.state(), 'not a folder').catch(async () => {
      await run('mkdir', ['-p', join(stand.host.home, '.local/state')]);
      await writeFile(stand.state(), 'not a folder');
    });
    await expect(stand.start(guideRunning('touch "$HOME/result"'))).rejects.toMatchObject({
      name: 'HostProblem',
      reason: 'not-writable',
    });
    await rm(stand.state());
  });

  it('a full disk: told, nothing started, and the next attempt works once there is space', async ({
    skip,
  }) => {
    if (process.getuid?.() !== 0) skip('Only root can mount the small disk that this test fills.');
    await run('mkdir', ['-p', stand.state('runs')]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', stand.state('runs')]);
    try {
      const work = guideRunning('touch "$HOME/result"');
      await writeFile(stand.state('runs/ballast'), Buffer.alloc(1024 * 1024)).catch(() => undefined);
      await expect(stand.start(work)).rejects.toMatchObject({
        reason: expect.stringMatching(/no-space|upload-failed|not-writable/) as string,
      });
      expect(await stand.look(work)).toMatchObject({ state: 'ready', attempts: [] });
      await rm(stand.state('runs/ballast'));
      await stand.start(work);
      expect(await stand.ended(work)).toMatchObject({ state: 'succeeded' });
    } finally {
      await run('umount', ['-l', stand.state('runs')]);
    }
  });

  it('another text than the one that was shown: refused', async () => {
    const work = guideRunning('touch "$HOME/result"');
    const forged = { ...work.command, text: `${work.command.text}# more\n` };
    await expect(stand.start({ ...work, command: forged })).rejects.toMatchObject({
      reason: 'upload-failed',
    });
  });

  it('a plan that changed: refused until somebody accepts it, and journaled', async () => {
    const before = guideRunning('touch "$HOME/result"');
    await stand.start(before);
    await stand.ended(before);
    const after = guideRunning('touch "$HOME/result"; true');
    await expect(stand.start(after)).rejects.toMatchObject({ reason: 'plan-changed' });
    expect(await stand.start(after, { acceptPlan: true })).toBe(2);
    await until(
      () => stand.look(after),
      ({ attempts }) => attempts[1]?.finishedAt !== undefined,
    );
    expect(await stand.journal()).toContain('"type":"plan-changed"');
  });

  it('a torn journal: mended, nothing lost, the tail kept', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    await appendFile(stand.state('runs/1.0-to-2.0/journal.jsonl'), '{"seq":5,"ti');
    expect((await stand.look(work)).run.problems).toHaveLength(1);
    await stand.start(work);
    const status = await stand.ended(work);
    expect(status.run.problems).toEqual([]);
    expect(status.attempts).toHaveLength(2);
    expect((await readdir(stand.state('runs/1.0-to-2.0'))).some((name) => name.includes('torn'))).toBe(true);
  });

  it('a login that prints a banner and noise: read past', async () => {
    await writeFile(join(stand.host.home, '.bashrc'), 'echo "%KM welcome"; echo "{\\"ok\\":true}"\n');
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    expect(await stand.ended(work)).toMatchObject({ state: 'succeeded' });
    await rm(join(stand.host.home, '.bashrc'));
  });

  it('a step that writes without end: stopped at the cap', async () => {
    const work = guideRunning('yes 0123456789012345678901234567890123456789');
    await writeFile(join(stand.host.home, '.bashrc'), 'export KM_LOG_LIMIT=1M\n');
    await stand.start(work);
    const status = await stand.ended(work);
    expect(status.state).toBe('failed');
    expect(status.attempts[0]?.logBytes).toBeLessThan(1_100_000);
    await rm(join(stand.host.home, '.bashrc'));
  });
});

describe('an attached terminal', () => {
  it('shows the log, hands on keys, leaves at Ctrl-C without harm', async () => {
    const work = guideRunning(
      'read -r -p "Go on? " answer; echo "You said $answer"; sleep 1; touch "$HOME/result"',
    );
    await stand.start(work);
    const attach = () => {
      const { file, args } = stand.runner.attach(work.guide.id, 'work', 1, 'Work');
      const quoted = [file, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      // `script` gives ssh a terminal, as an editor's terminal does.
      const child = spawn('script', ['-qefc', quoted, '/dev/null'], { stdio: 'pipe' });
      onTestFinished(() => void child.kill());
      let screen = '';
      child.stdout.on('data', (data: Buffer) => (screen += data.toString()));
      return { child, screen: () => Promise.resolve(screen) };
    };
    const close = async ({ child }: ReturnType<typeof attach>) => {
      child.stdin.write('\n');
      await until(
        () => Promise.resolve(child.exitCode),
        (code) => code !== null,
      );
    };
    const view = attach();
    await until(view.screen, (text) => text.includes('Go on?'));
    view.child.stdin.write('yes\n');
    await until(view.screen, (text) => text.includes('You said yes'));
    view.child.stdin.write('\u0003');
    await until(view.screen, (text) => text.includes('Left the view. The step goes on'));
    expect(await stand.look(work)).toMatchObject({ state: 'running' });
    await close(view);
    await stand.ended(work);
    const later = attach();
    await until(later.screen, (text) => text.includes('Succeeded. The result is there.'));
    expect(await later.screen()).toContain('You said yes');
    await close(later);
  });
});

describe('installing', () => {
  it('keeps the state private and replaces a damaged runner by its hash', async () => {
    const work = guideRunning('touch "$HOME/result"');
    await stand.start(work);
    await stand.ended(work);
    const listing = (await run('stat', ['-c', '%a', stand.state(), stand.state('bin')])).stdout;
    expect(listing).toBe('700\n700\n');
    const [name] = await readdir(stand.state('bin'));
    await chmod(stand.state('bin', name!), 0o600);
    await rm(stand.state('bin', name!));
    expect(await stand.look(work)).toMatchObject({ state: 'succeeded' });
  });
});
