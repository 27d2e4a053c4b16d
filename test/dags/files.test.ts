import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findPythonFiles, isFound, readPython, replacePython, type Problem } from '../../src/dags/files';

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

  it.each(CASES)('%s', (_, files) => {
    for (const name of NAMES) write(name);
    for (const [name, text] of Object.entries(files)) write(name, text);
    const git = (...args: string[]) => spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    expect(git('init', '-q').status).toBe(0);
    const listed = git(
      '-c',
      'core.excludesFile=',
      'ls-files',
      '-co',
      '--exclude-standard',
      '-z',
      '--',
      '*.py',
    );
    const expected = listed.stdout.split('\0').filter(Boolean).sort();
    expect(found()).toEqual(expected);
    for (const name of NAMES)
      expect([name, isFound(folder, join(folder, name))]).toEqual([name, expected.includes(name)]);
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
    symlinkSync(join(folder, 'a/b.py'), join(folder, 'a/link.py'));
    expect(found()).toEqual(['a/b.py', 'a/link.py']);
  });

  it('tells what cannot be read, and goes on', () => {
    const problems: Problem[] = [];
    write('a.py');
    findPythonFiles([join(folder, 'gone'), folder], { onProblem: (problem) => problems.push(problem) });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('ENOENT');
    expect(readPython(join(folder, 'gone.py'))).toHaveProperty('problem');
    expect(readPython(folder)).toHaveProperty('problem');
    // Root may read everything.
    if (process.getuid?.() === 0) return;
    const path = write('secret.py');
    chmodSync(path, 0);
    expect(readPython(path)).toHaveProperty('problem');
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
    expect(found()).toEqual([]);
  });
});
