import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { guidesFolder } from '../../src/build/guides';
import { composeDetection, parseDetection } from '../../src/migration/command';
import { createMachine, type MachineOptions } from '../rehearsal/machine';
import { GUIDE, loadedGuide, stage } from './stage';

const run = promisify(execFile);
const LIB = join(guidesFolder, 'lib.sh');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'km-lib-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs bash text after lib.sh; positional arguments are $1 and on. */
async function bash(
  text: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const file = join(folder, 'text.sh');
  await writeFile(file, `. '${LIB}'\n${text}\n`);
  return run('/bin/bash', [file, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );
}

describe('answers', () => {
  test('any text survives as JSON', async () => {
    const texts = fc
      .sample(fc.string({ unit: 'binary', maxLength: 60 }), 300)
      .map((text) => text.replaceAll('\0', ''));
    texts.push(
      '"',
      '\\',
      '\\"',
      "'",
      '&',
      '\n\r\t\b\f\u0001\u001f\u007f',
      '$(id) `id` ${HOME}',
      'Jäger 医 🧠',
      '%s%n',
    );
    const file = join(folder, 'texts');
    await writeFile(file, texts.map((text) => `${text}\0`).join(''));
    const { stdout } = await bash(
      `while IFS= read -r -d '' text; do km_json "$text"; printf '\\n'; done <"$1"`,
      [file],
    );
    const read = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as string);
    expect(read).toEqual(texts);
  });

  test('are one line on stdout, with the items, whatever the check prints besides', async () => {
    const { stdout, stderr, code } = await bash(
      `check() { echo chatter; km_item a 'A "title"' no-go $'two\\nlines' 'do \\this'; km_answer blocked "it's"; echo never; }
       km_main check`,
    );
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({
      status: 'blocked',
      evidence: "it's",
      items: [{ id: 'a', title: 'A "title"', verdict: 'no-go', found: 'two\nlines', remedy: 'do \\this' }],
    });
    expect(stderr).toBe('chatter\n');
  });

  test.each([
    ['fails', 'false; km_answer done never', 1],
    ['ends itself', 'exit 7', 7],
    ['forgets to answer', ':', 0],
    ['uses what is not set', 'echo "$not_set"', 1],
    ['fails inside a pipe', 'cat /nonexistent | sort; km_answer done never', 1],
  ])('a check that %s is unknown, never silent', async (_, body, broke) => {
    const { stdout, code } = await bash(`check() { ${body}; }\nkm_main check`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      status: 'unknown',
      evidence: `The check broke off with code ${broke} before it had an answer.`,
    });
  });

  test('a run that fails says what failed, in what state things are, and what to do', async () => {
    const { code, stderr } = await bash(
      `run() { km_die 'It failed.' 'Nothing was changed.' 'Try again.'; }\nkm_main run`,
    );
    expect(code).toBe(1);
    expect(stderr).toBe('\nFailed:  It failed.\nState:   Nothing was changed.\nNext:    Try again.\n');
  });

  test('an unknown mode explains the usage; a step without undo says so', async () => {
    expect(await bash('km_main')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('run | check | undo | patches') as string,
    });
    expect(await bash('km_main undo')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no undo') as string,
    });
  });
});

describe('a step file', () => {
  test('runs by hand', async () => {
    const at = await stage('snapshot-backup');
    const file = join(guidesFolder, GUIDE, 'steps/snapshot-backup.sh');
    const env = {
      ...at.env,
      FAST_DATA_DIR: at.machine.fastDataDir,
      SLOW_DATA_DIR: at.machine.slowDataDir,
      BACKUP_DIR: join(at.machine.backupDisk, 'b'),
    };
    const check = async () =>
      (JSON.parse((await run('/bin/bash', [file, 'check'], { env })).stdout) as { status: string }).status;
    expect(await check()).toBe('pending');
    await run('/bin/bash', [file, 'run'], { env });
    expect(await check()).toBe('done');
  });

  test('does not run twice in the composed text, whatever the environment says', async () => {
    const at = await stage('snapshot-backup');
    at.env['KM_BY_HAND'] = 'yes';
    expect((await at.run('check')).output.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('small helpers', () => {
  test.each([
    ['km_size 0', '0 bytes'],
    ['km_size 999', '999 bytes'],
    ['km_size 1500', '1.5 kB'],
    ['km_size 61400000000', '61.4 GB'],
    ['km_version_base 0.3.5-12-gabc', '0.3.5'],
    ['km_version_base v3.17', '3.17'],
    ['km_version_ge 0.4.1 0.4.1 && echo yes', 'yes'],
    ['km_version_ge 0.4.10 0.4.9 && echo yes', 'yes'],
    ['km_version_ge 0.4.0 0.4.1 || echo no', 'no'],
    ['km_inside /a/b /a && echo yes', 'yes'],
    ['km_inside /a/b/../../c /a || echo no', 'no'],
    ['km_inside /ab /a || echo no', 'no'],
    ['km_inside /anything / && echo yes', 'yes'],
  ])('%s → %s', async (text, expected) => {
    expect((await bash(text)).stdout.trim()).toBe(expected);
  });

  test('a tool that hangs is given up, one that fails is quoted, one that is missing is named', async () => {
    const env = { ...process.env, KM_TIMEOUT: '3' };
    const { stdout } = await bash(
      `km_ask sleep 60 || echo "$KM_WHY"; km_ask ls /nonexistent || echo "$KM_WHY"; km_ask no-such-tool || echo "$KM_WHY"; km_ask echo fine && echo "$KM_OUT"`,
      [],
      env,
    );
    expect(stdout.split('\n')).toEqual([
      'sleep gave no answer within 3 seconds',
      expect.stringMatching(/^ls failed with code 2: .*No such file/) as string,
      'it was not found',
      'fine',
      '',
    ]);
  });
});

describe('detected values', () => {
  const detect = async (options: MachineOptions = {}) => {
    const machine = await createMachine(options);
    onTestFinished(machine.remove);
    const guide = await loadedGuide();
    const file = join(machine.root, 'detect.sh');
    await writeFile(file, composeDetection(guide).text);
    const names = guide.parameters.map(({ name }) => name);
    const { stdout } = await run('/bin/bash', [file, ...names], { env: { ...machine.env, KM_TIMEOUT: '3' } });
    return { machine, found: parseDetection(stdout) };
  };

  test('come from the running platform, with their source', async () => {
    const { machine, found } = await detect();
    expect(Object.fromEntries(found)).toEqual({
      FAST_DATA_DIR: {
        value: machine.fastDataDir,
        source: 'from the running platform: helm and its volumes agree',
      },
      SLOW_DATA_DIR: {
        value: machine.slowDataDir,
        source: 'from the running platform: helm and its volumes agree',
      },
      BACKUP_DIR: {
        value: join(machine.backupDisk, 'kaapana-migration-backup'),
        source: expect.stringContaining('3.1 TB free on') as string,
      },
      WORK_DIR: {
        value: join(machine.backupDisk, 'kaapana-migration-work'),
        source: expect.stringContaining('most room') as string,
      },
      SCRIPTS_DIR: { value: join(machine.home, 'kaapana'), source: 'a deploy script lies there' },
    });
  });

  test('match the patterns that the guide demands', async () => {
    const { found } = await detect();
    for (const { name, pattern, example, detect: detected, default: usual } of (await loadedGuide())
      .parameters) {
      const whole = new RegExp(`^(?:${pattern})$`, 'u');
      expect(detected === undefined ? usual : found.get(name)?.value).toMatch(whole);
      expect(example).toMatch(whole);
      for (const bad of ['', '/', 'relative', '/ends/']) expect(bad).not.toMatch(whole);
    }
  });

  test('are left open where helm and the volumes disagree', async () => {
    const { found } = await detect({ platform: { fastDataDirInHelm: '/home/kaapana' } });
    expect(found.has('FAST_DATA_DIR')).toBe(false);
    expect(found.has('SLOW_DATA_DIR')).toBe(true);
  });

  test.each<[string, MachineOptions, string | undefined]>([
    ['helm hangs', { hanging: ['helm'] }, 'from the running platform: volume os-data-pv-volume'],
    ['kubectl hangs', { hanging: ['microk8s.kubectl'] }, 'from the running platform: helm'],
    ['jq is missing', { absent: ['jq'] }, 'from the running platform: volume os-data-pv-volume'],
    ['there is no platform', { platform: false }, undefined],
  ])('when %s', async (_, options, source) => {
    const { machine, found } = await detect(options);
    expect(found.get('FAST_DATA_DIR')).toEqual(
      source === undefined ? undefined : { value: machine.fastDataDir, source },
    );
    expect(found.has('SCRIPTS_DIR')).toBe(true);
    expect(found.has('BACKUP_DIR')).toBe(true);
  });

  test('the scripts folder falls back to the home directory', async () => {
    const { machine, found } = await detect({ scripts: [] });
    expect(found.get('SCRIPTS_DIR')).toEqual({
      value: machine.home,
      source: 'your home directory; no deploy script was found in it',
    });
  });
});
