import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readPython, replacePython, type Problem } from '../../src/dags/files/files';
import { findPythonFiles, isFound } from '../../src/dags/files/walk';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dags-'));
  return () => rmSync(folder, { recursive: true });
});

function write(name: string, content: string | Buffer = 'import os\n'): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const found = (exclude: readonly string[] = []) =>
  findPythonFiles([folder], { exclude }).map((path) => relative(folder, path));

describe("what is nobody's DAG", () => {
  it.each([
    [
      'the data and models beside the DAGs of a platform',
      'mounted/workflows/data/s/a.py',
      'mounted/workflows/models/a.py',
    ],
    ["the platform's own package", 'mounted/workflows/plugins/kaapana/operators/a.py'],
    ['environments', 'venv/a.py', 'node_modules/x/a.py', '.hidden/a.py'],
  ])('%s', (_what, ...names) => {
    for (const name of names) write(name);
    write('mounted/workflows/dags/data/dag_a.py');
    write('mounted/workflows/plugins/own.py');
    expect(found()).toEqual(['mounted/workflows/dags/data/dag_a.py', 'mounted/workflows/plugins/own.py']);
    for (const name of names) expect(isFound(folder, join(folder, name)), name).toBe(false);
  });
});

describe('what git ignores', () => {
  const NAMES = [
    'a.py',
    'b.py',
    'keep.py',
    'out/a.py',
    'out/deep/a.py',
    'src/out/a.py',
    'src/a.py',
    'src/gen_1.py',
    'src/gen_x.py',
    'src/deep/a.py',
    'src/deep/deeper/a.py',
    'src/deep/keep.py',
    'doc/[x].py',
    'doc/x.py',
    'doc/a b.py',
    'doc/!n.py',
    'doc/#n.py',
    'lib/a.py',
    'lib/sub/a.py',
  ];
  const CASES: readonly (readonly [name: string, files: Readonly<Record<string, string>>])[] = [
    ['a name at any depth', { '.gitignore': 'a.py\n' }],
    ['a name at the top', { '.gitignore': '/a.py\n' }],
    ['a folder at any depth', { '.gitignore': 'out/\n' }],
    ['a folder at the top', { '.gitignore': '/out\n' }],
    ['a path', { '.gitignore': 'src/deep\n' }],
    ['a negation', { '.gitignore': '*.py\n!keep.py\n' }],
    ['a negation below a folder that is gone', { '.gitignore': 'src/\n!src/deep/keep.py\n' }],
    ['a negation that a later line takes back', { '.gitignore': '!a.py\na.py\n' }],
    ['stars', { '.gitignore': 'src/*.py\ngen_?.py\n' }],
    ['two stars before', { '.gitignore': '**/deep/a.py\n' }],
    ['two stars behind', { '.gitignore': 'src/**\n' }],
    ['two stars between', { '.gitignore': 'src/**/a.py\n' }],
    ['sets', { '.gitignore': 'gen_[0-9].py\ndoc/[!a-w].py\n' }],
    ['escapes', { '.gitignore': '\\!n.py\n\\#n.py\n\\[x].py\n' }],
    ['comments, blank lines and blanks at the end', { '.gitignore': '# a.py\n\nb.py   \n\ndoc/a\\ b.py\n' }],
    ['Windows line ends', { '.gitignore': 'b.py\r\nout/\r\n' }],
    ['files in folders of their own', { '.gitignore': 'a.py\n', 'lib/.gitignore': '!a.py\nsub/\n' }],
    ['paths of a file in a folder', { 'src/.gitignore': '/a.py\ndeep/a.py\n' }],
    ['a set that is never closed', { '.gitignore': 'gen_[1.py\nb.py\n' }],
    ['a lone star', { '.gitignore': '*\n!*/\n!keep.py\n' }],
  ];

  /** git, as an account whose home is in the folder. */
  const git = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  };
  const agree = (names: readonly string[]) => {
    const listed = git('ls-files', '-co', '--exclude-standard', '-z', '--', '*.py');
    const expected = listed.split('\0').filter(Boolean).sort();
    expect(found()).toEqual(expected);
    for (const name of names)
      expect([name, isFound(folder, join(folder, name))]).toEqual([name, expected.includes(name)]);
    return expected;
  };

  beforeEach(() => {
    vi.stubEnv('HOME', join(folder, '.home'));
    vi.stubEnv('XDG_CONFIG_HOME', undefined);
    vi.stubEnv('GIT_CONFIG_GLOBAL', undefined);
    vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
    return () => vi.unstubAllEnvs();
  });

  it.each(CASES)('%s', (_, files) => {
    for (const name of NAMES) write(name);
    for (const [name, text] of Object.entries(files)) write(name, text);
    git('init', '-q');
    agree(NAMES);
  });

  const LISTS: typeof CASES = [
    ['the list of the clone', { '.git/info/exclude': 'b.py\nout/\n' }],
    [
      'a .gitignore before the list of the clone',
      { '.git/info/exclude': '*.py\n', '.gitignore': '!keep.py' },
    ],
    ['the list of the user, where it lies by default', { '.home/.config/git/ignore': 'b.py\n/lib\n' }],
    [
      'the list that the user names',
      {
        '.home/.gitconfig': '[user]\n\tname = x\n[core] # c\n\texcludesFile = ~/mine # m\n',
        '.home/mine': 'b.py',
      },
    ],
    [
      'the list that the user names, in quotes, last',
      { '.home/.config/git/config': '[Core]\nexcludesfile="~/my own"\n', '.home/my own': 'src/\n' },
    ],
    [
      'the list of the clone before that of the user',
      { '.home/.config/git/ignore': '*.py\n', '.git/info/exclude': '!a.py\n' },
    ],
    [
      'another section of the same key',
      { '.home/.gitconfig': '[other]\nexcludesFile = ~/mine\n', '.home/mine': 'b.py' },
    ],
  ];

  it.each(LISTS)('%s', (_, files) => {
    for (const name of NAMES) write(name);
    git('init', '-q');
    for (const [name, text] of Object.entries(files)) write(name, text);
    agree(NAMES);
  });

  it('the list that the clone names, in a second working tree as well', () => {
    write('mine', 'b.py\n');
    for (const name of ['a.py', 'b.py']) write(name);
    git('init', '-q');
    git('config', 'core.excludesFile', join(folder, 'mine'));
    write('.git/info/exclude', 'c.py\n');
    expect(agree(['a.py', 'b.py'])).toEqual(['a.py']);
    git('-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '-q', '--allow-empty', '-m', 'x');
    const tree = `${folder}-tree`;
    git('worktree', 'add', '-q', tree);
    onTestFinished(() => rmSync(tree, { recursive: true }));
    for (const name of ['a.py', 'b.py', 'c.py']) writeFileSync(join(tree, name), '');
    expect(findPythonFiles([tree])).toEqual([join(tree, 'a.py')]);
  });

  it('each repository of a folder by its own lists', () => {
    for (const name of ['one/a.py', 'one/b.py', 'two/a.py', 'two/b.py']) write(name);
    for (const name of ['one', 'two']) git('init', '-q', name);
    write('one/.git/info/exclude', 'a.py\n');
    expect(found()).toEqual(['one/b.py', 'two/a.py', 'two/b.py']);
    expect(isFound(folder, join(folder, 'one/a.py'))).toBe(false);
  });

  it('reads the files above the folder, up to the top of the repository', () => {
    write('.gitignore', 'gen/\n');
    mkdirSync(join(folder, '.git'));
    write('dags/a.py');
    write('dags/gen/b.py');
    const inner = join(folder, 'dags');
    expect(findPythonFiles([inner])).toEqual([join(inner, 'a.py')]);
    rmSync(join(folder, '.git'), { recursive: true });
    expect(findPythonFiles([inner])).toHaveLength(2);
  });
});

it('leaves out what the editor does not show', () => {
  for (const name of ['a.py', 'x/a.py', 'x/y/b.py', 'z/c.py', 'z/d_test.py']) write(name);
  expect(found(['**/y'])).toEqual(['a.py', 'x/a.py', 'z/c.py', 'z/d_test.py']);
  expect(found(['x/**'])).toEqual(['a.py', 'z/c.py', 'z/d_test.py']);
  expect(found(['a.py', '**/*_{test,old}.py'])).toEqual(['x/a.py', 'x/y/b.py', 'z/c.py']);
  expect(isFound(folder, join(folder, 'x/y/b.py'), { exclude: ['x'] })).toBe(false);
});

it('takes a file by name, whatever says that it is left out', () => {
  write('.gitignore', '*.py\n');
  const path = write('a.py');
  expect(findPythonFiles([path])).toEqual([path]);
});

describe('a disk as it is', () => {
  it('gets out of loops of symbolic links', () => {
    write('a/b.py');
    symlinkSync(folder, join(folder, 'a/loop'));
    symlinkSync('self.py', join(folder, 'a/self.py'));
    expect(found()).toEqual(['a/b.py']);
  });

  it('takes a file once, also where a link leads to it', () => {
    const outside = mkdtempSync(join(tmpdir(), 'dags-'));
    onTestFinished(() => rmSync(outside, { recursive: true }));
    write('a/b.py');
    symlinkSync('b.py', join(folder, 'a/a.py'));
    writeFileSync(join(outside, 'c.py'), '');
    symlinkSync(join(outside, 'c.py'), join(folder, 'a/c.py'));
    expect(found()).toEqual(['a/b.py', 'a/c.py']);
  });

  it('tells what cannot be read, and goes on', () => {
    const problems: Problem[] = [];
    write('a.py');
    findPythonFiles([join(folder, 'gone'), folder], { onProblem: (problem) => problems.push(problem) });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('ENOENT');
    expect(readPython(join(folder, 'gone.py'))).toHaveProperty('problem');
    expect(readPython(folder)).toHaveProperty('problem');
  });

  it('tells which file cannot be read, and goes on', () => {
    write('a.py');
    mkdirSync(join(folder, 'folder.py'));
    symlinkSync('gone', join(folder, 'dangling.py'));
    // Reading it fails, for root as well.
    symlinkSync('/proc/self/mem', join(folder, 'broken.py'));
    expect(found()).toEqual(['a.py', 'broken.py']);
    const problem = (name: string) => {
      const read = readPython(join(folder, name));
      return 'problem' in read ? read.problem : null;
    };
    expect(problem('broken.py')).toContain('EIO');
    expect(problem('folder.py')).toContain('EISDIR');
    expect(problem('dangling.py')).toContain('ENOENT');
  });

  it('does not take for Python what only is called so', () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1, 2]);
    expect(readPython(write('a.py', png))).toEqual({ problem: 'not a text file.' });
    expect(readPython(write('b.py', Buffer.from('# caf\xe9\n', 'latin1')))).toEqual({
      problem: 'not UTF-8, not analysed.',
    });
    const large = write('c.py', 'x = 1\n'.repeat(2_000_000));
    expect(readPython(large)).toEqual({ problem: 'larger than 4 MB, not analysed.' });
  });

  it('does not overwrite what changed or vanished after it was read', () => {
    const path = write('a.py', 'old\n');
    expect(replacePython(path, 'older\n', 'new\n')).toBe('changed in the meantime, left alone.');
    expect(readPython(path)).toEqual({ text: 'old\n' });
    rmSync(path);
    expect(replacePython(path, 'old\n', 'new\n')).toContain('ENOENT');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('replaces a file whole, and what else it has stays', () => {
    const path = write('a.py', 'old\n');
    chmodSync(path, 0o750);
    symlinkSync('a.py', join(folder, 'link.py'));
    expect(replacePython(join(folder, 'link.py'), 'old\n', 'new\n')).toBeNull();
    expect(readPython(path)).toEqual({ text: 'new\n' });
    expect(statSync(path).mode & 0o777).toBe(0o750);
    expect(readdirSync(folder)).toEqual(['a.py', 'link.py']);
  });
});
