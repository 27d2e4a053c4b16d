import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';
import type { Finding } from '../../src/dags/findings/findings';
import { compileErrors, requirePython } from './python';

/** Python as nobody should write a DAG, one file a subject: it may be left alone, but never be broken. */
const FOLDER = join(import.meta.dirname, 'odd');
const FILES = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));
const TARGETS = ['0.4.1', '0.5.3', '0.6.0'];
const ACCEPTED = {
  safe: ({ fix }: Finding) => fix?.verdict === 'safe',
  all: ({ fix }: Finding) => fix !== null,
};

const comments = (text: string) => analyze(text).module.comments.map(({ from, to }) => text.slice(from, to));

describe.each(FILES)('$name', ({ name, text }) => {
  it('is read without an error', () => {
    expect(analyze(text).module.errors).toEqual([]);
    expect(analyze(text).findings).not.toEqual([]);
  });

  it.each(TARGETS)('needs one pass only and loses no comment, for %s', (target) => {
    for (const accept of Object.values(ACCEPTED)) {
      const fixed = applyEdits(text, analyze(text, { target }).fix(accept));
      expect(analyze(fixed, { target }).fix(accept)).toEqual([]);
      expect(comments(fixed)).toEqual(expect.arrayContaining(comments(text)));
    }
  });

  it('compiles after every fix, and after all of them', () => {
    // What this Python does not know yet, it cannot judge.
    if (!requirePython() || name.endsWith('-312.py')) return;
    const texts: Record<string, string> = { before: text };
    for (const target of TARGETS) {
      const analysis = analyze(text, { target });
      for (const [kind, accept] of Object.entries(ACCEPTED))
        texts[`${target} ${kind}`] = applyEdits(text, analysis.fix(accept));
      for (const [index, { fix }] of analysis.findings.entries())
        if (fix) texts[`${target} ${index}`] = applyEdits(text, fix.edits);
    }
    expect(compileErrors(texts)).toEqual({});
  });
});

const HEAD = 'from kaapana.operators.LocalMinioOperator import LocalMinioOperator\n';
const reasons = (line: string) =>
  analyze(`${HEAD}${line}\n`).findings.map(({ fix, reason }) => fix?.changes ?? reason);
const fixed = (text: string) =>
  applyEdits(
    text,
    analyze(text).fix(() => true),
  );

describe('a value that does something', () => {
  it.each([
    ['action_operators=[Other_Operator_Factory()]', 'give its value a name first'],
    ['action_operators=[(x := a)]', 'give its value a name first'],
    ['action_operators=[a], minio_host=(h := "a")', 'move it to a line of its own first'],
    ['action_operators=[a], minio_port=SomeOperator(dag=dag)', 'move it to a line of its own first'],
  ])('is neither doubled nor dropped: %s', (args, reason) => {
    const line = `put = LocalMinioOperator(dag=dag, action="put", bucket_name="b", ${args})`;
    expect(reasons(line)).toEqual([expect.stringContaining(reason)]);
    expect(fixed(`${HEAD}${line}\n`)).toBe(`${HEAD}${line}\n`);
  });
});

describe('in an f-string', () => {
  it('takes the quotes that may stand there', () => {
    const text = `${HEAD}x = f"{LocalMinioOperator(dag=dag, bucket_name='analysis-scripts', action='get', action_files=['a'])}"\n`;
    expect(fixed(text)).toContain("bucket_name='template-analysis-scripts'");
    expect(fixed(text.replaceAll("'", '~').replaceAll('"', "'").replaceAll('~', '"'))).toContain(
      'bucket_name="template-analysis-scripts"',
    );
  });

  it('leaves alone what would need quotes that may not', () => {
    const text = `${HEAD}x = f"{f'{LocalMinioOperator(dag=dag, action_files=W)}'}"\n`;
    expect(fixed(text)).toBe(text);
    expect(analyze(text).findings[0]?.reason).toContain('f-string');
  });
});

it('keeps an import that is found by its text', () => {
  expect(fixed(`${HEAD}__all__ = ["LocalMinioOperator"]\n`)).toContain(HEAD);
  expect(fixed(`${HEAD}make = globals()["LocalMinioOperator"]\n`)).toContain(HEAD);
  expect(fixed(`${HEAD}name = "LocalMinioOperator"\n`)).not.toContain(HEAD);
});
