import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { parse } from '../../src/dags/syntax/parser';
import { dottedParts } from '../../src/dags/syntax/literals';
import { readFixtures } from './fixtures';

const texts = readFixtures()
  .filter(({ name }) => !name.startsWith('broken-'))
  .map(({ text }) => text);

/** The operator calls of a text, each as its source. */
function operatorCalls(text: string): string[] {
  return parse(text).calls.flatMap((call) => {
    const name = dottedParts(call.callee)?.join('.') ?? '';
    return name.endsWith('Operator') ? [text.slice(call.from, call.to)] : [];
  });
}

interface Fault {
  readonly name: string;
  /** What is put into a line of its own at some place of the file. */
  readonly line: string;
  /** The share of other calls that must still be found exactly. */
  readonly atLeast: number;
}

const FAULTS: readonly Fault[] = [
  { name: 'unclosed call', line: 'x = LocalMinioOperator(', atLeast: 0.99 },
  { name: 'unclosed call with arguments', line: 'x = LocalMinioOperator(dag=dag,', atLeast: 0.99 },
  { name: 'unclosed list', line: 'x = [', atLeast: 0.99 },
  { name: 'unfinished function', line: 'def f(', atLeast: 0.99 },
  { name: 'unfinished import list', line: 'from x import (', atLeast: 0.99 },
  { name: 'unfinished import', line: 'from x import ', atLeast: 0.99 },
  { name: 'unterminated string', line: 'x = "abc', atLeast: 0.99 },
  { name: 'dangling assignment', line: 'x =', atLeast: 0.99 },
  { name: 'stray parenthesis', line: ')', atLeast: 0.99 },
  { name: 'bad indentation', line: '      y = 1', atLeast: 0.99 },
  { name: 'unterminated triple quote', line: 'x = """abc', atLeast: 0.99 },
  { name: 'unterminated triple quote in a call', line: "x = f('''abc", atLeast: 0.99 },
  { name: 'unterminated f-string with a field', line: 'x = f"{a', atLeast: 0.99 },
  { name: 'unfinished class', line: 'class C(', atLeast: 0.99 },
  { name: 'unfinished dict', line: 'x = {"a": [1, (2,', atLeast: 0.99 },
  { name: 'wrong bracket', line: 'x = f(a]', atLeast: 0.99 },
  { name: 'statement without its block', line: 'if x:', atLeast: 0.99 },
  { name: 'Python 2', line: 'print "a" % f(x)', atLeast: 0.99 },
];

/** Offsets at which a line begins outside of brackets and strings: where somebody starts to type. */
function statementStarts(text: string): number[] {
  const module = parse(text);
  const starts = [...text.matchAll(/^(?=[A-Za-z])/gm)].map((match) => match.index);
  const inside = (at: number) =>
    module.calls.some((call) => call.open < at && at <= call.close) ||
    module.imports.some((one) => one.from < at && at <= one.to) ||
    module.strings.some((one) => one.from < at && at < one.to);
  return starts.filter((at, index) => index % 2 === 0 && !inside(at));
}

describe('calls are found beside a fault', () => {
  it.each(FAULTS)('$name', ({ line, atLeast }) => {
    let expected = 0;
    let found = 0;
    for (const text of texts) {
      const calls = operatorCalls(text);
      for (const at of statementStarts(text)) {
        const broken = `${text.slice(0, at)}${line}\n${text.slice(at)}`;
        const left = operatorCalls(broken);
        expected += calls.length;
        found += calls.filter((call) => left.includes(call)).length;
      }
    }
    expect(expected).toBeGreaterThan(400);
    expect(found / expected).toBeGreaterThanOrEqual(atLeast);
  });

  it('cut off at any place', () => {
    let expected = 0;
    let found = 0;
    for (const text of texts) {
      const calls = parse(text).calls.filter((call) =>
        (dottedParts(call.callee)?.join('.') ?? '').endsWith('Operator'),
      );
      for (let at = 0; at < text.length; at += 61) {
        const left = new Set(operatorCalls(text.slice(0, at)));
        const whole = calls.filter((call) => call.to <= at);
        expected += whole.length;
        found += whole.filter((call) => left.has(text.slice(call.from, call.to))).length;
      }
    }
    expect(found / expected).toBeGreaterThanOrEqual(0.99);
  });
});

it('never throws and never edits a broken call, wherever a file is cut off', () => {
  for (const text of texts) {
    for (let at = 0; at < text.length; at += 97) {
      const cut = text.slice(0, at);
      const analysis = analyze(cut);
      for (const finding of analysis.findings) {
        const open = analysis.module.calls.find(
          (call) => call.broken && call.callee.from === finding.range.from,
        );
        if (open) expect(finding.fix).toBeNull();
      }
      analysis.fix(() => true);
    }
  }
});

describe('a string that is never closed', () => {
  const head = 'from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator\n';
  const call = 'a = LocalGetInputDataOperator(dag=dag)\n';

  it('hides nothing, and nothing behind it is edited', () => {
    const { findings, fix } = analyze(`${head}${call}x = """abc\n${call}`);
    expect(findings.map((finding) => finding.fix?.verdict ?? finding.reason)).toEqual([
      'safe',
      'a string further up is never closed.',
    ]);
    expect(fix(() => true).every((edit) => edit.to < head.length + call.length)).toBe(true);
  });

  it('is told from the strings behind it that it turns inside out', () => {
    const doc = 'def f():\n    """It\'s (not) code."""\n    return 1\n\n';
    const text = `${head}${doc}x = """abc\n${doc}${call}${doc}${call}`;
    expect(analyze(text).findings).toHaveLength(2);
  });

  it('is not suspected where all strings are closed', () => {
    const { findings, module } = analyze(`${head}x = """\n${call}"""\n${call}`);
    expect(findings).toHaveLength(1);
    expect(module.unclosed).toBeNull();
  });
});

it.each(['f(\n', 'x = [\n', '"""\ny = 1\n', '((((\n', 'class C(\n', "f'{\n", '{[(\n', 'x = (\ny = 1\n'])(
  'is not slowed down by %j everywhere',
  (line) => {
    expect(parse(line.repeat(20_001)).errors.length).toBeGreaterThan(0);
  },
);

it('survives deep nesting and long lines', () => {
  const head = 'from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator\n';
  const deep = `${head}x = ${'['.repeat(500)}${']'.repeat(500)}\na = LocalGetInputDataOperator(dag=dag)\n`;
  expect(analyze(deep).findings).toHaveLength(1);
  const long = `${head}x = ${Array.from({ length: 20_000 }, (_, index) => String(index)).join(' + ')}\n`;
  expect(() => analyze(long)).not.toThrow();
});
