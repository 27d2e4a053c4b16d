import { describe, expect, it } from 'vitest';
import {
  handOver,
  isInnerName,
  parseReplacements,
  parseWorkflowFiles,
} from '../../src/migration/workflowFiles';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

describe('the list of workflow files', () => {
  it('names the folder, and each file with what is known of it', () => {
    expect(
      parseWorkflowFiles(
        `folder\t/data/fast/workflows/dags\n${A}\tcalls\tward 7/dag_a.py\n-\tit is no text\tdag_b.py\n`,
      ),
    ).toEqual({
      folder: '/data/fast/workflows/dags',
      files: [
        { name: 'ward 7/dag_a.py', why: 'calls', sha256: A },
        { name: 'dag_b.py', why: 'it is no text' },
      ],
    });
  });

  it.each([
    '../dag.py',
    'a/../../dag.py',
    '/etc/dag.py',
    'a//dag.py',
    './dag.py',
    'C:/dag.py',
    'a\\dag.py',
    '',
  ])('takes no file with a name that leads elsewhere: %j', (name) => {
    expect(isInnerName(name)).toBe(false);
    expect(parseWorkflowFiles(`folder\t/x\n${A}\tcalls\t${name}\n`).files[0]?.sha256).toBeUndefined();
  });

  it('is empty where nothing needs work', () => {
    expect(parseWorkflowFiles('folder\t/x\n')).toEqual({ folder: '/x', files: [] });
    expect(parseWorkflowFiles('')).toEqual({ folder: '', files: [] });
  });
});

it('what is handed over is read as it was written', () => {
  const replacements = [{ name: 'ward 7/dag a.py', before: A, after: B }];
  expect(parseReplacements(handOver(replacements))).toEqual(replacements);
  expect(handOver([])).toBe('');
});
