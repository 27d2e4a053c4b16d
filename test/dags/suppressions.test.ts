import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';
import { suppress } from '../../src/dags/findings/suppressions';

const IMPORT = 'from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator\n';

function suppressed(text: string, where: 'line' | 'file'): string {
  const { module, findings } = analyze(text);
  const edit = findings[0] ? suppress(module, findings[0], where) : null;
  return edit ? applyEdits(text, [edit]) : text;
}

describe('a suppression', () => {
  it.each([
    [
      'a = LocalGetInputDataOperator(dag=dag)\n',
      'a = LocalGetInputDataOperator(dag=dag)  # kaapana: ignore[KAP-LOCAL-INPUT]\n',
    ],
    [
      'a = LocalGetInputDataOperator(\r\n    dag=dag\r\n)\r\n',
      'a = LocalGetInputDataOperator(  # kaapana: ignore[KAP-LOCAL-INPUT]\r\n    dag=dag\r\n)\r\n',
    ],
    [
      'a = LocalGetInputDataOperator(dag=dag)',
      'a = LocalGetInputDataOperator(dag=dag)  # kaapana: ignore[KAP-LOCAL-INPUT]',
    ],
    [
      'a = LocalGetInputDataOperator(dag=dag)  # kaapana: ignore[X]\n',
      'a = LocalGetInputDataOperator(dag=dag)  # kaapana: ignore[X, KAP-LOCAL-INPUT]\n',
    ],
    [
      'a = LocalGetInputDataOperator(name="""\n""")\n',
      '# kaapana: ignore[KAP-LOCAL-INPUT]\na = LocalGetInputDataOperator(name="""\n""")\n',
    ],
    [
      'a = \\\n  LocalGetInputDataOperator \\\n  (dag=dag)\n',
      'a = \\\n  LocalGetInputDataOperator \\\n  (dag=dag)\n',
    ],
  ])('stands where Python allows a comment: %j', (call, expected) => {
    const result = suppressed(IMPORT + call, 'line');
    expect(result).toBe(IMPORT + expected);
    if (expected !== call)
      expect(analyze(result).findings.filter((one) => one.code === 'KAP-LOCAL-INPUT')).toEqual([]);
  });

  it('of a file stands below what must come first', () => {
    const text = `#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n${IMPORT}a = LocalGetInputDataOperator(dag=dag)\n`;
    const result = suppressed(text, 'file');
    expect(result.split('\n')[2]).toBe('# kaapana: ignore-file[KAP-LOCAL-INPUT]');
    expect(analyze(result).findings).toEqual([]);
    const bom = suppressed(`\uFEFF${IMPORT}a = LocalGetInputDataOperator(dag=dag)\n`, 'file');
    expect(bom.startsWith('\uFEFF# kaapana: ignore-file')).toBe(true);
  });
});
