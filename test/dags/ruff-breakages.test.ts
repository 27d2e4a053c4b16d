import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';

/**
 * The shapes in which fixes of ruff's Airflow rules leave a broken file, or never come to an end. Here each of them
 * is either fixed rightly or left alone with a reason.
 */
const HEAD = 'from airflow.models import DAG\n';
const OLD_IMPORT = 'from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator\n';

function fixAll(text: string): { text: string; reasons: (string | null)[] } {
  const analysis = analyze(text);
  return {
    text: applyEdits(
      text,
      analysis.fix(() => true),
    ),
    reasons: analysis.findings.map((finding) => finding.reason),
  };
}

describe('ruff breaks, we do not', () => {
  it.each([
    ['action_files=["a"], source_files=["a"]', 'source_files'],
    ['action="put", action_operators=[a], batch_input_operators=[a]', 'batch_input_operators'],
    ['action="put", action_operators=[a], bucket_name="a", minio_prefix="a"', 'minio_prefix'],
  ])('1. never passes a keyword twice: %s', (args, name) => {
    const text = `${HEAD}from kaapana.operators.LocalMinioOperator import LocalMinioOperator\nput = LocalMinioOperator(dag=dag, ${args})\n`;
    const fixed = fixAll(text);
    expect(fixed.text).toBe(text);
    expect(fixed.reasons.join()).toContain(`\`${name}\` would be passed twice`);
  });

  it('2. uses the name under which the new operator is imported', () => {
    const text = `from kaapana.operators.GetInputOperator import GetInputOperator as Get\n${OLD_IMPORT}a = LocalGetInputDataOperator(dag=dag)\n`;
    expect(fixAll(text).text).toBe(
      'from kaapana.operators.GetInputOperator import GetInputOperator as Get\na = Get(dag=dag)\n',
    );
  });

  it.each([
    ['import kaapana.operators.LocalGetInputDataOperator\n', 'kaapana.operators.LocalGetInputDataOperator.'],
    ['import kaapana.operators.LocalGetInputDataOperator as m\n', 'm.'],
    ['from kaapana.operators import LocalGetInputDataOperator as m\n', 'm.'],
    ['from kaapana.operators import LocalGetInputDataOperator\n', 'LocalGetInputDataOperator.'],
    ['from kaapana import operators\n', 'operators.LocalGetInputDataOperator.'],
    ['from kaapana import operators as o\n', 'o.LocalGetInputDataOperator.'],
    ['import kaapana.operators as ops\n', 'ops.LocalGetInputDataOperator.'],
    ['import kaapana as k\n', 'k.operators.LocalGetInputDataOperator.'],
  ])('3. comes to an end with module attributes: %j', (statement, prefix) => {
    const fixed = fixAll(`${statement}a = ${prefix}LocalGetInputDataOperator(dag=dag)\n`).text;
    expect(fixed).not.toContain('Local');
    expect(fixed).toMatch(/GetInputOperator import|import .*GetInputOperator/);
    expect(analyze(fixed).findings).toEqual([]);
  });

  it('4. never leaves an empty block', () => {
    const text = `from kaapana.operators.GetInputOperator import GetInputOperator\nif x:\n    pass\nelse:\n    ${OLD_IMPORT}`;
    expect(fixAll(text).text).toMatch(
      /else:\n {4}from kaapana\.operators\.GetInputOperator import GetInputOperator\n$/,
    );
    const used = `${text}    a = LocalGetInputDataOperator(dag=dag)\n`.replace('if x', 'if y');
    expect(fixAll(used).text).toMatch(/else:\n {4}a = GetInputOperator\(dag=dag\)\n$/);
    const unused = `if x:\n    ${OLD_IMPORT}else:\n    y = 1\n`;
    expect(fixAll(unused).text).toBe(
      'if x:\n    from kaapana.operators.GetInputOperator import GetInputOperator\nelse:\n    y = 1\n',
    );
  });

  it.each([
    'GetInputOperator = 1\n',
    'def GetInputOperator():\n    pass\n',
    'from other import GetInputOperator\n',
  ])('5. leaves the file alone when the new name is taken: %j', (taken) => {
    const text = `${OLD_IMPORT}${taken}a = LocalGetInputDataOperator(dag=dag)\n`;
    const fixed = fixAll(text);
    expect(fixed.text).toBe(text);
    expect(fixed.reasons).toEqual(['the name `GetInputOperator` already means something else in this file.']);
  });

  it('is not deaf while the file has a syntax error elsewhere', () => {
    const text = `${OLD_IMPORT}def f(\n\na = LocalGetInputDataOperator(dag=dag, dataset_limit=None)\n`;
    expect(analyze(text).findings.map((finding) => finding.fix?.verdict)).toEqual(['safe']);
  });

  it('keeps an import inside of its function', () => {
    const text = `def f(dag):\n    ${OLD_IMPORT}    return LocalGetInputDataOperator(dag=dag)\n`;
    expect(fixAll(text).text).toMatch(/^def f\(dag\):\n {4}from kaapana\.operators\.GetInputOperator import/);
  });
});
