import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keep, kept, quickStage, state } from './lifecycle';
import { pause, type Stage } from './stage';

const STEP = 'custom-dags';
const OLD = 'from kaapana.operators.LocalMinioOperator import LocalMinioOperator\n';
const dags = (at: Stage, name: string) => join(at.machine.fastDataDir, 'workflows/dags', name);
const answer = (at: Stage, name: string, text: string) =>
  writeFile(state(at, `sql/postgres-airflow/${name}`), text);

/** A new platform, and the workflow files that were still there when the old one was gone. */
async function prepared(left: Readonly<Record<string, string>>): Promise<Stage> {
  const at = await quickStage(STEP, { platform: { version: '0.4.1' } });
  await answer(at, 'last_parsed_time', '24\n');
  await answer(at, 'import_error', '');
  let list = '';
  for (const [name, text] of Object.entries(left)) {
    await mkdir(join(dags(at, name), '..'), { recursive: true });
    await writeFile(dags(at, name), text);
    list += `${createHash('sha256').update(text).digest('hex')}  ./${name}\n`;
  }
  await keep(at, 'workflow-files', list);
  return at;
}

test('lists what is the site’s own, what needs work, and what 0.3.5 left behind', async () => {
  const at = await prepared({
    'dag_our_own.py': OLD,
    'ward 7/helper.py': 'import os\n',
    'dag_send_dicom.py': '# of 0.3.5\n',
    'dag_collect_metadata.py': '# of 0.3.5\n',
  });
  // The new platform brings one of them itself.
  await writeFile(dags(at, 'dag_collect_metadata.py'), '# of 0.4.1\n');
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence:
      '2 workflow files of this site, 1 of them with calls that 0.4 does not have: dag_our_own.py; left behind by 0.3.5: dag_send_dicom.py.',
  });
  const { code, said } = await at.run('run');
  expect(code).toBe(0);
  expect(said).toContain('to adapt dag_our_own.py');
  expect(await readFile(kept(at, 'custom-dags.txt'), 'utf8')).toMatch(/in order {5}ward 7\/helper\.py/);

  await writeFile(dags(at, 'dag_our_own.py'), 'from airflow import DAG\n');
  await rm(dags(at, 'dag_send_dicom.py'));
  expect(await at.check()).toMatchObject({
    status: 'done',
    evidence: expect.stringContaining('2 workflow files of this site, none with a call') as string,
  });
});

test('plugins that an undeployment without its hooks left behind are listed, where 0.4 did not replace them', async () => {
  const plugin = (name: string) => dags(at, join('../plugins/kaapana/operators', name));
  const lay = (name: string, text: string) => writeFile(plugin(name), text);
  const at = await prepared({ 'dag_our_own.py': 'import os\n' });
  await mkdir(plugin(''), { recursive: true });
  await lay('LocalGetRefSeriesOperator.py', '# of 0.3.5\n');
  await lay('KaapanaBaseOperator.py', '# the same in both\n');
  const names = ['KaapanaBaseOperator', 'LocalGetRefSeriesOperator', 'LocalGoneOperator'];
  const list = names.map((name) => `${'0'.repeat(64)}  ./kaapana/operators/${name}.py\n`).join('');
  await pause(20); // the clock of files has steps
  await keep(at, 'plugin-files', list);
  await pause(20);
  await lay('KaapanaBaseOperator.py', '# the same in both\n');
  await lay('OurOwnOperator.py', '# of the site, since then\n');
  // The hooks have run: what is there belongs to the site.
  expect(await at.check()).toMatchObject({ status: 'done' });
  await keep(at, 'workflow-files', `${'0'.repeat(64)}  ./dag_send_dicom.py\n`);
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringMatching(
      /left behind by 0\.3\.5: \.\.\/plugins\/kaapana\/operators\/LocalGetRefSeriesOperator\.py\.$/,
    ) as string,
  });
  await rm(plugin('LocalGetRefSeriesOperator.py'));
  expect((await at.check()).status).toBe('not-needed');
});

test('a file that the platform cannot load keeps it open, whoever it belongs to', async () => {
  const at = await prepared({ 'dag_our_own.py': 'import gone\n' });
  await answer(at, 'import_error', "dag_our_own.py\tModuleNotFoundError: No module named 'gone'\n");
  expect(await at.check()).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining(
      "the platform cannot load 1: dag_our_own.py, ModuleNotFoundError: No module named 'gone'",
    ) as string,
  });
});

test('no error counts only when Airflow has read its workflows lately', async () => {
  const at = await prepared({});
  expect(await at.check()).toMatchObject({
    status: 'not-needed',
    evidence: expect.stringContaining('no workflow files of its own') as string,
  });
  await answer(at, 'last_parsed_time', '0\n');
  expect((await at.check()).status).toBe('unknown');
  await rm(state(at, 'exec/services/postgres-airflow'));
  expect((await at.check()).status).toBe('unknown');
  expect((await at.run('run')).code).toBe(1);
});

test('without the list of the undeployment, all files with an old call are listed', async () => {
  const at = await prepared({ 'dag_our_own.py': OLD, 'dag_fine.py': 'import os\n' });
  await rm(kept(at, 'workflow-files'));
  expect((await at.check()).evidence).toContain(
    '1 of them with calls that 0.4 does not have: dag_our_own.py',
  );
  expect((await at.run('run')).said).toContain('was not written down');
});

test('on the old platform it cannot tell', async () => {
  const at = await quickStage(STEP);
  expect(await at.check()).toMatchObject({
    status: 'unknown',
    evidence: expect.stringContaining('0.3.5') as string,
  });
});

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const MENDED = 'from kaapana.operators.MinioOperator import MinioOperator\n';
const GONE = 'nothing';
const there = (at: Stage, name: string) => readFile(dags(at, name), 'utf8').catch(() => GONE);

/** Has an editor hand changed files over, as it does once somebody has looked at them. */
async function hand(at: Stage, files: readonly { name: string; before: string; after: string }[]) {
  await mkdir(kept(at, 'dag-files/files'), { recursive: true });
  for (const { after } of files) await keep(at, `dag-files/files/${hash(after)}`, after);
  const lines = files.map(({ name, before, after }) => `${hash(before)}\t${hash(after)}\t${name}\n`);
  await keep(at, 'dag-files/handed', lines.join(''));
}

/** Puts a program before the machine's own. */
const standIn = (at: Stage, name: string, text: string) =>
  writeFile(join(at.machine.bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });

describe('for the editor, the step', () => {
  test('keeps each file that needs work, with what is known of it, and says which it cannot', async () => {
    const at = await prepared({
      'ward 7/dag a.py': OLD,
      'dag_large.py': OLD + '#'.repeat(1_000_000),
      'dag_binary.py': `${OLD}\0`,
      'dag_latin.py': OLD,
      'dag_broken.py': 'import gone\n',
      'dag_fine.py': 'import os\n',
    });
    await writeFile(dags(at, 'dag_latin.py'), Buffer.from(`${OLD}# J\xe4ger\n`, 'latin1'));
    await answer(at, 'import_error', "dag_broken.py\tModuleNotFoundError: No module named 'gone'\n");
    expect((await at.check()).items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'file:ward 7/dag a.py', verdict: 'no-go' }),
        expect.objectContaining({ id: 'file:dag_broken.py', verdict: 'no-go' }),
      ]),
    );
    expect((await at.run('run')).code).toBe(0);
    const [folder, ...lines] = (await readFile(kept(at, 'dag-files/fetched'), 'utf8')).trimEnd().split('\n');
    expect(folder).toBe(`folder\t${dags(at, '')}`.replace(/\/$/, ''));
    expect(lines.toSorted()).toEqual(
      [
        `${hash(OLD)}\tcalls\tward 7/dag a.py`,
        '-\tit is too large for a workflow file, 1.0 MB\tdag_large.py',
        '-\tit is no text\tdag_binary.py',
        '-\tit is not written in UTF-8, which an editor would spoil\tdag_latin.py',
        `${hash('import gone\n')}\tModuleNotFoundError: No module named 'gone'\tdag_broken.py`,
      ].toSorted(),
    );
    const copy = kept(at, `dag-files/files/${hash(OLD)}`);
    expect(await readFile(copy, 'utf8')).toBe(OLD);
    expect((await stat(copy)).mode & 0o077).toBe(0);
  });

  test('where sudo asks for a password, keeps them when it is run in the terminal', async () => {
    const at = await quickStage(STEP, { platform: { version: '0.4.1' }, sudo: 'password' });
    await answer(at, 'last_parsed_time', '24\n');
    await answer(at, 'import_error', '');
    await writeFile(dags(at, 'dag_our_own.py'), OLD);
    await keep(at, 'workflow-files', `${hash(OLD)}  ./dag_our_own.py\n`);
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining('run the step in the terminal') as string,
    });
    await at.runInTerminal('run', [['password for kaapana', at.machine.sudoPassword]]);
    expect(await readFile(kept(at, 'dag-files/fetched'), 'utf8')).toContain(
      `${hash(OLD)}\tcalls\tdag_our_own.py`,
    );
    expect(await readFile(kept(at, `dag-files/files/${hash(OLD)}`), 'utf8')).toBe(OLD);
  });

  test('replaces what was handed over as a file of the same owner and mode, keeps the original, and takes it back', async () => {
    const at = await prepared({ 'ward 7/dag a.py': OLD, 'dag_b.py': OLD });
    await chmod(dags(at, 'ward 7/dag a.py'), 0o640);
    await hand(at, [{ name: 'ward 7/dag a.py', before: OLD, after: MENDED }]);
    expect((await at.check()).evidence).toContain('1 workflow file that an editor handed over');
    const { code, said } = await at.run('run');
    expect(code, said).toBe(0);
    expect(said).toContain('replaced ward 7/dag a.py');
    expect(await there(at, 'ward 7/dag a.py')).toBe(MENDED);
    expect(await there(at, 'dag_b.py')).toBe(OLD);
    expect((await stat(dags(at, 'ward 7/dag a.py'))).mode & 0o777).toBe(0o640);
    expect(await readdir(dags(at, 'ward 7'))).toEqual(['dag a.py']);
    expect(await readFile(kept(at, `dag-files/files/${hash(OLD)}`), 'utf8')).toBe(OLD);
    expect((await at.check()).evidence).toContain('1 of them with calls that 0.4 does not have: dag_b.py');
    // Changed once more: the way back leads to the very first text.
    await hand(at, [{ name: 'ward 7/dag a.py', before: MENDED, after: `${MENDED}# better\n` }]);
    expect((await at.run('run')).code).toBe(0);
    expect(await there(at, 'ward 7/dag a.py')).toBe(`${MENDED}# better\n`);
    expect((await at.run('undo')).code).toBe(0);
    expect(await there(at, 'ward 7/dag a.py')).toBe(OLD);
    expect((await at.run('undo')).said).toContain('has replaced no workflow file');
  });

  test('overwrites nothing that somebody has changed meanwhile: all files or none', async () => {
    const at = await prepared({ 'dag_a.py': OLD, 'dag_b.py': OLD });
    await hand(at, [
      { name: 'dag_a.py', before: OLD, after: MENDED },
      { name: 'dag_b.py', before: OLD, after: MENDED },
    ]);
    await writeFile(dags(at, 'dag_b.py'), '# of a colleague\n');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('dag_b.py: somebody has changed it on the host since');
    expect(await there(at, 'dag_a.py')).toBe(OLD);
    expect(await there(at, 'dag_b.py')).toBe('# of a colleague\n');
    // What was handed over is forgotten: the next run lists anew.
    expect((await at.run('run')).code).toBe(0);
    expect(await there(at, 'dag_a.py')).toBe(OLD);
  });

  test('takes back nothing that somebody has changed since', async () => {
    const at = await prepared({ 'dag_a.py': OLD });
    await hand(at, [{ name: 'dag_a.py', before: OLD, after: MENDED }]);
    await at.run('run');
    await writeFile(dags(at, 'dag_a.py'), '# of a colleague\n');
    const { code, said } = await at.run('undo');
    expect(code).toBe(1);
    expect(said).toContain('somebody has changed it on the host since');
    expect(await there(at, 'dag_a.py')).toBe('# of a colleague\n');
  });

  test.each<[string, string, (at: Stage) => Promise<unknown>, string]>([
    ['is gone', 'dag_a.py', (at) => rm(dags(at, 'dag_a.py')), 'it is not there any more'],
    [
      'is a link',
      'dag_a.py',
      async (at) => {
        await rename(dags(at, 'dag_a.py'), dags(at, 'real.py'));
        await symlink('real.py', dags(at, 'dag_a.py'));
      },
      'it is a link',
    ],
    [
      'leads out of the folder',
      'out/dag_a.py',
      async (at) => {
        await mkdir(join(at.machine.root, 'elsewhere'));
        await writeFile(join(at.machine.root, 'elsewhere/dag_a.py'), OLD);
        await symlink(join(at.machine.root, 'elsewhere'), dags(at, 'out'));
      },
      'it leads out of the folder',
    ],
    [
      'is named from outside',
      '../plugins/dag_a.py',
      () => Promise.resolve(),
      'does not name a workflow file',
    ],
    [
      'arrived torn',
      'dag_a.py',
      (at) => keep(at, `dag-files/files/${hash(MENDED)}`, MENDED.slice(0, 9)),
      'did not arrive whole',
    ],
  ])('replaces no file that %s', async (_, name, disturb, reason) => {
    const at = await prepared({ 'dag_a.py': OLD });
    await hand(at, [{ name, before: OLD, after: MENDED }]);
    await disturb(at);
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain(reason);
    expect([OLD, GONE]).toContain(await there(at, name));
  });

  test('that is killed in the middle has a whole file there, the old or the new, and goes on', async () => {
    const at = await prepared({ 'dag_a.py': OLD, 'dag_b.py': OLD });
    const files = ['dag_a.py', 'dag_b.py'].map((name) => ({ name, before: OLD, after: MENDED }));
    // Killed right before, and right after, a file is switched.
    for (const [when, wanted] of [
      ['kill -9 $PPID; exit', [OLD, OLD]],
      ['/usr/bin/mv "$@"; kill -9 $PPID; exit', [MENDED, OLD]],
    ] as const) {
      await hand(at, files);
      await standIn(at, 'mv', `case "\${@: -1}" in */dags/*.py) ${when} ;; esac\nexec /usr/bin/mv "$@"`);
      expect((await at.run('run')).code).not.toBe(0);
      expect([await there(at, 'dag_a.py'), await there(at, 'dag_b.py')]).toEqual(wanted);
    }
    await rm(join(at.machine.bin, 'mv'));
    await hand(at, files);
    const { code, said } = await at.run('run');
    expect(code, said).toBe(0);
    expect(said).toContain('is there already dag_a.py');
    expect([await there(at, 'dag_a.py'), await there(at, 'dag_b.py')]).toEqual([MENDED, MENDED]);
    expect((await readdir(dags(at, ''))).filter((name) => name.endsWith('.new'))).toEqual([]);
    expect((await at.run('undo')).code).toBe(0);
    expect([await there(at, 'dag_a.py'), await there(at, 'dag_b.py')]).toEqual([OLD, OLD]);
  });

  test('leaves the old file where the new one cannot be written', async () => {
    const at = await prepared({ 'dag_a.py': OLD });
    await hand(at, [{ name: 'dag_a.py', before: OLD, after: MENDED }]);
    await standIn(at, 'sync', 'exit 1');
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('is the disk full?');
    expect(await there(at, 'dag_a.py')).toBe(OLD);
    expect(await readdir(dags(at, ''))).not.toContain('.dag_a.py.new');
  });

  test('replaces nothing on the old platform', async () => {
    const at = await quickStage(STEP);
    await writeFile(dags(at, 'dag_a.py'), OLD);
    await hand(at, [{ name: 'dag_a.py', before: OLD, after: MENDED }]);
    expect((await at.run('run')).code).toBe(1);
    expect(await there(at, 'dag_a.py')).toBe(OLD);
  });
});
