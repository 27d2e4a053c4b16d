import type { Expr } from './types';

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The value of a Python string literal, or null where that takes more than reading it. */
export function stringValue(source: string): string | null {
  let start = 0;
  let raw = false;
  for (; source[start] !== '"' && source[start] !== "'"; start++) {
    const letter = source[start];
    if (letter === 'r' || letter === 'R') raw = true;
    else if (letter !== 'u' && letter !== 'U') return null;
  }
  const quote = source.charAt(start);
  const length = source.startsWith(quote.repeat(3), start) ? 3 : 1;
  const end = source.length - length;
  if (end < start + length || !source.endsWith(quote.repeat(length))) return null;
  const text = source.slice(start + length, end);
  const body = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return raw || !body.includes('\\') ? body : unescape(body);
}

function unescape(body: string): string | null {
  let known = true as boolean;
  const value = body.replace(/\\([\s\S])/g, (whole, letter: string) => {
    if (/[0-7xNuU]/.test(letter)) known = false;
    return ESCAPES[letter] ?? whole;
  });
  return known ? value : null;
}

/** The expression without the parentheses around it. */
export function unwrap(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrap(expr.inner) : expr;
}

/** What a literal expression stands for; undefined for everything that is not a plain literal. */
export function literalValue(expr: Expr): string | number | boolean | null | undefined {
  const plain = unwrap(expr);
  if (plain.kind === 'literal') return plain.value;
  if (plain.kind === 'string') return plain.value ?? undefined;
  return undefined;
}

/** Python source of a string, in the double quotes that Kaapana's DAGs use. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

/** `value` of `"key": value` in a dict literal. */
export function dictValue(expr: Expr, key: string): Expr | undefined {
  const plain = unwrap(expr);
  if (plain.kind !== 'dict') return undefined;
  return plain.entries.find((entry) => entry.key && literalValue(entry.key) === key)?.value;
}

/** What a callee is called, wherever it comes from: `b` of `b` and `a.b`; empty for everything else. */
export function lastName(callee: Expr): string {
  return callee.kind === 'name' ? callee.id : callee.kind === 'attribute' ? callee.name : '';
}

/** `a.b.c` as its parts, or null when the expression is anything else. */
export function dottedParts(expr: Expr): string[] | null {
  const parts: string[] = [];
  let at = expr;
  while (at.kind === 'attribute') {
    parts.unshift(at.name);
    at = at.object;
  }
  return at.kind === 'name' ? [at.id, ...parts] : null;
}
