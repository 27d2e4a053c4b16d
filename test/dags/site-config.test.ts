import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';
import { violations } from '../../src/dags/site/json-schema';
import { RULES } from '../../src/dags/rules';
import { readSiteConfig } from '../../src/dags/site/config';
import { SITE_SCHEMA } from '../../src/dags/site/schema';

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
    ['{"target": "9"}', 'target must be one of'],
    ['{"rules": {}}', 'rules must be: array'],
    ['{"rules": [1]}', 'rules[0]: must be: object'],
    ['{"rule": []}', 'rule is not known'],
    [JSON.stringify({ rules: [{ ...rule, code: 'KAP-LOCAL-INPUT' }] }), 'is taken'],
    [JSON.stringify({ rules: [{ ...rule, code: 7 }] }), 'code must be: string'],
    [JSON.stringify({ rules: [{ ...rule, message: undefined }] }), 'lacks "message"'],
    [JSON.stringify({ rules: [{ ...rule, verdict: 'sure' }] }), 'verdict must be one of'],
    [JSON.stringify({ rules: [{ ...rule, kind: 'check' }] }), 'kind must be'],
    [JSON.stringify({ rules: [{ ...rule, symbols: ['x'] }] }), 'symbols[0] must look like'],
    [JSON.stringify({ rules: [{ ...rule, arguments: { a: [{}] } }] }), 'arguments.a[0] lacks "verdict"'],
    [JSON.stringify({ rules: [{ ...rule, arguments: { a: [{ verdict: 'report' }] } }] }), 'lacks "why"'],
    [
      JSON.stringify({ rules: [{ ...rule, call: [{ verdict: 'safe', when: { value: { unlike: '(' } } }] }] }),
      'call[0].when.value.unlike is no regular expression',
    ],
  ])('says what is wrong with %s and goes on without it', (text, message) => {
    const { config, problems } = readSiteConfig(text);
    expect(problems.join()).toContain(message);
    expect(config.rules).toEqual(RULES);
  });
});

describe('the schema of it', () => {
  const validate = new Ajv({
    allErrors: true,
    strict: false,
    formats: { regex: true },
  }).compile(SITE_SCHEMA);
  const agrees = (value: unknown) =>
    expect([value, violations(value, SITE_SCHEMA).length === 0]).toEqual([value, validate(value)]);

  it('takes the example of the documentation', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../src/dags/README.md'), 'utf8');
    const example = /## A project's own file[\s\S]*?```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    expect(validate(JSON.parse(example))).toBe(true);
    expect(readSiteConfig(example).problems).toEqual([]);
  });

  it('is understood here as others understand it', () => {
    const base = { target: '0.5.3', rules: [rule] };
    agrees(base);
    for (const shipped of RULES) agrees({ rules: [shipped] });
    // Anything in the place of anything.
    const odd = [null, true, 0, '', 'x', [], {}, [null], { x: 1 }];
    const places = (value: unknown): ((with_: unknown) => unknown)[] =>
      typeof value !== 'object' || value === null
        ? [(with_) => with_]
        : [
            (with_) => with_,
            ...Object.entries(value).flatMap(([key, part]) =>
              places(part).map((put) => (with_: unknown) => {
                const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<
                  string,
                  unknown
                >;
                copy[key] = put(with_);
                return copy;
              }),
            ),
          ];
    for (const put of places(base)) for (const value of odd) agrees(put(value));
  });
});
