import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from './bundle';

const OLD = `from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

get_input = LocalGetInputDataOperator(dag=dag, dataset_limit=None)
`;
const UNSAFE = OLD.replace('dataset_limit=None', 'check_modality=True');
const NEW = `from kaapana.operators.GetInputOperator import GetInputOperator

get_input = GetInputOperator(dag=dag)
`;

let cli: ReturnType<typeof bundle>;
let folder: string;

beforeAll(() => {
  cli = bundle('cli');
});
afterAll(() => cli.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dags-'));
  return () => rmSync(folder, { recursive: true });
});

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli.file, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('kaapana-dags check', () => {
  it('exits 0 when there is nothing to say', () => {
    write('clean.py', 'import os\n');
    expect(run('check', '.')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('exits 1 with findings, as text', () => {
    mkdirSync(join(folder, 'sub'));
    write('sub/dag.py', OLD);
    const { status, stdout } = run('check', '.');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^sub\/dag\.py:3:13: warning KAP-LOCAL-INPUT .* \[fixable\]\n$/);
  });

  it('gives JSON in the agreed form', () => {
    write('dag.py', UNSAFE);
    const { status, stdout } = run('check', '--format', 'json', 'dag.py');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual([
      {
        file: 'dag.py',
        line: 3,
        column: 13,
        endLine: 3,
        endColumn: 38,
        code: 'KAP-LOCAL-INPUT',
        severity: 'warning',
        message: expect.stringContaining('project separation') as string,
        fix: 'unsafe',
      },
    ]);
  });
});

describe('what the project says', () => {
  it('counts trigger rules, derived classes and the configuration', () => {
    write('triggered.py', OLD.replace('\n\n', '\n\ndag = DAG(dag_id="watch-inbox")\n'));
    write('watch_inbox_trigger_rule.json', '{}');
    write('Mine.py', `${OLD.split('\n')[0]}\nclass Mine(LocalGetInputDataOperator):\n    pass\n`);
    write('user.py', 'import kaapana\nfrom Mine import Mine\n');
    const { stdout } = run('check', '.');
    expect(stdout).toMatch(/triggered\.py:4:13: warning KAP-LOCAL-INPUT .*a trigger rule starts this DAG/);
    expect(stdout).toMatch(/user\.py:2:18: warning KAP-SUBCLASS `Mine` derives from .* \(in Mine\.py\)/);
    write('.kaapana-dags.json', '{"target": "0.6.0"}');
    write('kube.py', 'from kaapana.kubetools.pod import Pod\nPod()\n');
    expect(run('check', 'kube.py').stdout).toContain('KAP-KUBETOOLS');
    expect(run('check', '--target', '0.4.1', 'kube.py').status).toBe(0);
  });

  it('knows operators that one file hands on to another', () => {
    write('ops.py', OLD);
    write(
      'user.py',
      'from ops import LocalGetInputDataOperator\n\nagain = LocalGetInputDataOperator(dag=dag)\n',
    );
    write('own.py', 'from elsewhere import LocalGetInputDataOperator\n');
    const before = read('user.py');
    const { status, stdout } = run('fix', '.');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ops\.py:2:57: warning KAP-LOCAL-INPUT .*rewrite those first\.$/m);
    expect(stdout).toMatch(/^user\.py:1:17: warning KAP-FOREIGN-CLASS .*`ops`, which hands on the operator/m);
    expect(stdout).toMatch(/^own\.py:1:23: information KAP-FOREIGN-CLASS .*not the operator of Kaapana\.$/m);
    // The new operator is used, the old name is still there for the other file.
    expect(read('ops.py')).toBe(`${NEW.split('\n')[0]}\n${OLD.split('\n')[0]}\n\n${NEW.split('\n')[2]}\n`);
    expect(read('user.py')).toBe(before);
    expect(run('fix', '.').stdout).toBe(stdout);
  });

  it('sums up', () => {
    write('a.py', OLD);
    write('b.py', UNSAFE);
    const { status, stdout } = run('check', '--summary', '.');
    expect(status).toBe(1);
    expect(stdout).toContain(
      '2 findings in 2 files: 1 fixed safely, 1 fixed after review, 0 by hand; about 5 min',
    );
  });
});

describe('kaapana-dags fix', () => {
  it('fixes in place what is safe', () => {
    write('a.py', OLD);
    write('b.py', UNSAFE);
    const { status, stdout } = run('fix', '.');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^b\.py:3:13: .*\[fixable with --unsafe\]\n$/);
    expect(read('a.py')).toBe(NEW);
    expect(read('b.py')).toBe(UNSAFE);
  });

  it('fixes everything with --unsafe and exits 0 when nothing is left but attention', () => {
    write('a.py', OLD);
    expect(run('fix', '--unsafe', 'a.py')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(read('a.py')).toBe(NEW);
  });

  it('shows a diff that patch applies, and writes nothing', () => {
    write('a.py', OLD);
    const { stdout, status } = run('fix', '--diff', 'a.py');
    expect(status).toBe(0);
    expect(read('a.py')).toBe(OLD);
    expect(stdout).toBe(`--- a/a.py
+++ b/a.py
@@ -1,3 +1,3 @@
-from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
+from kaapana.operators.GetInputOperator import GetInputOperator
 
-get_input = LocalGetInputDataOperator(dag=dag, dataset_limit=None)
+get_input = GetInputOperator(dag=dag)
`);
  });
});

describe('bad input', () => {
  it.each([
    [['check'], 'name at least one file'],
    [['mend', 'x.py'], 'must be check or fix'],
    [['check', '--target', '9.9.9', '.'], 'unknown target 9.9.9'],
    [['check', '--format', 'xml', '.'], 'unknown format xml'],
    [['check', '--unsafe', '.'], 'go with fix'],
    [['check', '--colour', '.'], '--colour'],
    [['check', 'missing.py'], 'missing.py'],
  ])('%j exits 2 and says why', (args, message) => {
    const { status, stderr, stdout } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  it('names files that are no text and goes on with the others', () => {
    write('a.py', OLD);
    write('binary.py', Buffer.concat([Buffer.from('LocalGetInputDataOperator'), Buffer.from([0, 1, 2])]));
    write('latin.py', Buffer.from('# LocalGetInputDataOperator für alle', 'latin1'));
    write('huge.py', OLD + '#'.repeat(10 << 20));
    symlinkSync(folder, join(folder, 'loop'));
    const { status, stdout, stderr } = run('check', '.');
    expect(status).toBe(2);
    expect(stdout).toMatch(/^a\.py:3:13: /);
    expect(stderr).toContain('binary.py: not a text file.');
    expect(stderr).toContain('latin.py: not UTF-8');
    expect(stderr).toContain('huge.py: larger than 4 MB');
    expect(stderr.split('\n').filter(Boolean)).toHaveLength(3);
  });

  it('names what it may not read or write, and goes on', () => {
    // Root may do everything: then somebody else runs the command.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    write('a.py', OLD);
    write('secret.py', OLD);
    mkdirSync(join(folder, 'closed'));
    write('closed/b.py', OLD);
    chmodSync(dirname(cli.file), 0o755);
    chmodSync(folder, 0o555);
    chmodSync(join(folder, 'a.py'), 0o444);
    chmodSync(join(folder, 'secret.py'), 0);
    chmodSync(join(folder, 'closed'), 0);
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli.file, 'fix', '.'], {
      cwd: folder,
      encoding: 'utf8',
      ...nobody,
    });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'closed'), 0o755);
    expect(status).toBe(2);
    expect(stderr).toMatch(/secret\.py: .*EACCES/);
    expect(stderr).toMatch(/closed: .*EACCES/);
    expect(stderr).toMatch(/a\.py: .*EACCES/);
    expect([stdout, read('a.py')]).toEqual(['', OLD]);
  });

  it('reads a file that is cut off in the middle', () => {
    write('cut.py', OLD.slice(0, -10));
    const { status, stdout } = run('fix', 'cut.py');
    expect(status).toBe(1);
    expect(stdout).toContain('the call is not complete');
    expect(read('cut.py')).toBe(OLD.slice(0, -10));
  });
});
