import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits';
import { RULES } from '../../src/dags/rules';
import { readSiteConfig } from '../../src/dags/site-config';

const rule = {
  kind: 'symbol',
  code: 'SITE-READER',
  title: 'Our reader moved',
  message: 'OldReader is gone.',
  advice: 'Use NewReader.',
  verdict: 'safe',
  symbols: ['ourlib.readers.OldReader'],
  becomes: 'ourlib.readers.NewReader',
  arguments: {
    depth: [{ do: { become: { levels: '{value}' } }, verdict: 'safe', why: 'it is called levels now.' }],
  },
};

describe('the file of a site', () => {
  it('adds a pair without any code', () => {
    const { config, problems } = readSiteConfig(JSON.stringify({ target: '0.5.3', rules: [rule] }));
    expect(problems).toEqual([]);
    expect(config.target).toBe('0.5.3');
    const text = 'from ourlib.readers import OldReader, Writer\nx = OldReader(dag=dag, depth=3)\n';
    const analysis = analyze(text, { rules: config.rules });
    expect(
      applyEdits(
        text,
        analysis.fix(() => true),
      ),
    ).toBe('from ourlib.readers import NewReader, Writer\nx = NewReader(dag=dag, levels=3)\n');
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'not an object.'],
    ['{"target": "9"}', '"target" must be one of'],
    ['{"rules": {}}', '"rules" must be a list.'],
    ['{"rules": [1]}', 'rules[0]: not an object.'],
    [JSON.stringify({ rules: [{ ...rule, code: 'KAP-LOCAL-INPUT' }] }), 'is taken'],
    [JSON.stringify({ rules: [{ ...rule, verdict: 'sure' }] }), '"verdict" must be'],
    [JSON.stringify({ rules: [{ ...rule, symbols: ['x'] }] }), '"symbols" must be'],
    [JSON.stringify({ rules: [{ ...rule, arguments: { a: [{}] } }] }), '"arguments.a" must be'],
  ])('says what is wrong with %s and goes on without it', (text, message) => {
    const { config, problems } = readSiteConfig(text);
    expect(problems.join()).toContain(message);
    expect(config.rules).toEqual(RULES);
  });
});
