import { textRepair, type Draft } from './findings';
import type { StringRule } from './rules/types';
import { quote } from './syntax/literals';
import type { Expr, PyModule, StringExpr } from './syntax/types';

/** The string literals of a file by what they say. */
export function textIndex(module: PyModule): ReadonlyMap<string, readonly StringExpr[]> {
  const index = new Map<string, StringExpr[]>();
  for (const string of module.strings) {
    if (string.value === null) continue;
    const known = index.get(string.value);
    if (known) known.push(string);
    else index.set(string.value, [string]);
  }
  return index;
}

/** What a rule says about the string literals of a file. `own` are texts that the file may call its own. */
export function* stringFindings(
  rule: StringRule,
  module: PyModule,
  texts: ReadonlyMap<string, readonly StringExpr[]>,
  own: ReadonlySet<string>,
): Generator<Draft> {
  const found = matches(rule, texts).filter(({ value }) => !own.has(value));
  const keys = rule.where === 'key' && found.length > 0 ? keysOf(module, rule.of) : null;
  for (const { string, text, value } of found) {
    if (keys && !keys.has(string)) continue;
    const { from, to } = string;
    const becomes = rule.texts[text] ?? null;
    const base = {
      rule,
      severity: rule.severity,
      message: `"${value}": ${rule.message}`,
      range: { from, to },
      tags: [],
      related: [],
    };
    if (becomes === null || rule.verdict === 'report') yield { ...base, reason: rule.advice, repair: null };
    else {
      const source = module.text.slice(from, to);
      const edit = { from, to, text: source.startsWith("'") ? `'${becomes}'` : quote(becomes) };
      const changes = rule.verdict === 'unsafe' ? [rule.advice] : [];
      const title = `Replace by "${becomes}"`;
      yield { ...base, reason: null, repair: textRepair(title, rule.verdict, [edit], changes) };
    }
  }
}

interface Match {
  readonly string: StringExpr;
  readonly text: string;
  readonly value: string;
}

function matches(rule: StringRule, texts: ReadonlyMap<string, readonly StringExpr[]>): Match[] {
  return Object.keys(rule.texts).flatMap((text) => {
    const values = rule.prefix
      ? [...texts.keys()].filter((value) => value === text || value.startsWith(`${text}/`))
      : [text];
    return values.flatMap((value) => (texts.get(value) ?? []).map((string) => ({ string, text, value })));
  });
}

/** Strings that are keys: of a dict, in `x[…]`, first argument of `x.get(…)` and `x.pop(…)`, left of `in`. */
function keysOf(module: PyModule, of: string | undefined): Set<Expr> {
  const keys = new Set<Expr>();
  const concerns = (owner: Expr) => of === undefined || module.text.slice(owner.from, owner.to).includes(of);
  const add = (key: Expr | null | undefined) => {
    if (key?.kind === 'string') keys.add(key);
  };
  if (of === undefined) for (const { entries } of module.dicts) for (const { key } of entries) add(key);
  for (const { object, index } of module.subscripts) if (concerns(object)) add(index[0]);
  for (const { callee, args } of module.calls) {
    if (callee.kind === 'attribute' && /^(get|pop)$/.test(callee.name) && concerns(callee.object))
      add(args[0]?.value);
  }
  for (const string of module.strings) if (isTested(string, module, of)) keys.add(string);
  return keys;
}

/** `"key" in conf`, which the expression tree does not keep. */
function isTested(string: StringExpr, { text }: PyModule, of: string | undefined): boolean {
  const behind = /^\s*(?:not\s+)?in\s+([\w.]+)/.exec(text.slice(string.to, string.to + 80));
  return behind !== null && (of === undefined || (behind[1] ?? '').includes(of));
}
