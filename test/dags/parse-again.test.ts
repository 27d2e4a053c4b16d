import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { parse, parseAgain } from '../../src/dags/syntax/parser';
import { OpenDocument } from '../../src/dags/server/documents';
import { readFixtures } from './fixtures';

const ODD = join(import.meta.dirname, 'odd');
const TEXTS = [
  ...readFixtures().map(({ text }) => text),
  ...readdirSync(ODD).map((name) => readFileSync(join(ODD, name), 'utf8')),
];

/** What people type, and what changes the meaning of what stands around it. */
const TYPED = [
  ...[
    '',
    'x',
    ' ',
    '    ',
    '\n',
    '\r\n',
    '\n\n',
    '\t',
    '#',
    '# note\n',
    '\\',
    '\\\n',
    ';',
    ',',
    ':',
    '.',
    '=',
  ],
  ...['(', ')', '[', ']', '{', '}', '"', "'", '"""', "'''", 'f"{', 'f"""', '}"', '\f'],
  ...[
    'else:',
    '\nelse:\n',
    'elif x:\n',
    'except:\n',
    'finally:',
    'if x:\n    ',
    'def f(',
    'class A(B):\n',
    '@d\n',
  ],
  ...['import kaapana.operators\n', 'from a import b', 'with a as b:\n', 'match x:\n', 'global get_input\n'],
  ...[
    'LocalMinioOperator(dag=dag)\n',
    'LocalMinioOperator = 1\n',
    'del dag\n',
    'x: int = 1\n',
    'return',
    'async ',
  ],
];

const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    /** Where lines begin, statements end and begin. */
    atLine: fc.boolean(),
    gone: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(3), fc.nat(60)),
    typed: fc.constantFrom(...TYPED),
  }),
  { minLength: 1, maxLength: 8 },
);

it('what is parsed again is what would be parsed anew', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TEXTS), edits, (text, changes) => {
      let module = parse(text);
      for (const { at, atLine, gone, typed } of changes) {
        const place = Math.floor(at * text.length);
        const start = atLine ? text.lastIndexOf('\n', place) + 1 : place;
        const behind = text.slice(start + gone);
        text = text.slice(0, start) + typed + behind;
        module = parseAgain(text, module, { before: start, behind: behind.length });
        expect(isDeepStrictEqual(module, parse(text)), JSON.stringify(text)).toBe(true);
      }
    }),
    { numRuns: 250 },
  );
});

it('a document that is edited has the findings of its text', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TEXTS),
      fc.array(edits, { minLength: 1, maxLength: 4 }),
      (text, rounds) => {
        const document = new OpenDocument('file:///dag.py', 1, text);
        const options = {};
        for (const [round, changes] of rounds.entries()) {
          // Several changes arrive at once, each counted in the text that the one before it left.
          const events = changes.map(({ at, atLine, gone, typed }) => {
            const lines = text.split(/\r\n|\n|\r/);
            const line = Math.floor(at * lines.length);
            const { length } = lines[line] ?? '';
            const character = atLine ? 0 : Math.floor(at * length);
            const start = { line, character };
            const range = { start, end: { line, character: Math.min(length, character + gone) } };
            const before = new OpenDocument('file:///before.py', 1, text);
            before.update([{ range, text: typed }], 2);
            text = before.text;
            return { range, text: typed };
          });
          document.update(events, round + 2);
          expect(document.text).toBe(text);
          const found = document.analysis(options)?.findings;
          if (found) expect(found).toEqual(analyze(text, { file: document.uri }).findings);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it.each([
  ['if a:\n    x = 1\n', 'y = 2\n', 'else:\n    '],
  ['def f():\n    x = 1\n', 'y = 2\n', '    '],
  ['class A:\n    x = 1\n', 'def f(): pass\n', '\t'],
  ['try:\n    x = 1\n', 'y = 2\n', 'except E: '],
  ['', 'x = 1\n\nelse:\n    y = 2\n', 'if a:\n    '],
])('a statement can take in what follows it: %j', (first, next, typed) => {
  const [before, after] = [`z = 0\n${first}`, `${next}w = 3\n`];
  const text = before + typed + after;
  const unchanged = { before: before.length, behind: after.length };
  expect(isDeepStrictEqual(parseAgain(text, parse(before + after), unchanged), parse(text))).toBe(true);
});

const BEHIND = `
from a import (
    b,
    c as d,
)
if b:
    import e
else:
    import f  # note
x = [g(h, i=1, **{"j": 2}), {"k": 3, **l}, m[n], o >> p, f"{q!r}", -r]
class S(T):
    u: int = 1
`;

it.each([['x'], ['#'], ['\n\n']])('what follows is not read again when %j is typed', (typed) => {
  const [before, old] = ['y = 0\nz = 1\n', '#\n'];
  const text = before + typed + BEHIND;
  const module = parse(before + old + BEHIND);
  const call = module.calls.at(-1);
  const again = parseAgain(text, module, { before: before.length, behind: BEHIND.length });
  expect(isDeepStrictEqual(again, parse(text))).toBe(true);
  expect(again.calls.at(-1)).toBe(call);
});

it('an error at the end of a statement stays, which shows where the next one starts', () => {
  const [before, after] = ['x:\n    y = 1\n', 'w = 3\n'];
  const module = parse(before + after);
  const again = parseAgain(`${before}u = 4\n${after}`, module, {
    before: before.length,
    behind: after.length,
  });
  expect(again).toEqual(parse(`${before}u = 4\n${after}`));
});

it('an error behind the change stays', () => {
  const [before, after] = ['y = 0\nz = 1\n', '\nx = 1\nw = = 2\nv = (3\nu = 4\n'];
  const module = parse(before + after);
  const again = parseAgain(`${before}x${after}`, module, { before: before.length, behind: after.length });
  expect(again).toEqual(parse(`${before}x${after}`));
});
