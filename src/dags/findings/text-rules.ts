import { textRepair, type Draft } from './findings';
import { inMap } from '../in-map';
import type { RuleSet } from '../rules/rule-set';
import type { Rule, StringRule } from '../rules/types';
import { quote } from '../syntax/literals';
import type { Expr, PyModule, StringExpr } from '../syntax/types';

/** A string literal of which a rule speaks, and the text of the rule. */
interface Match {
  readonly string: StringExpr;
  readonly text: string;
  readonly value: string;
}

/** The string literals of a file of which some rule speaks, by the rule. `own` are texts that the file may call its own. */
export function spokenTexts(
  { strings }: PyModule,
  { byText, byPath }: RuleSet,
  own: ReadonlySet<string>,
): ReadonlyMap<Rule, readonly Match[]> {
  const found = new Map<Rule, Match[]>();
  const add = (rules: readonly Rule[], match: Match) => {
    for (const rule of rules) inMap(found, rule, () => []).push(match);
  };
  for (const string of strings) {
    const { value } = string;
    if (value === null || own.has(value)) continue;
    const rules = byText.get(value);
    if (rules) add(rules, { string, text: value, value });
    for (const [path, rules] of byPath)
      if (value.startsWith(path)) add(rules, { string, text: path.slice(0, -1), value });
  }
  return found;
}

/** What a rule says about the string literals of which it speaks. */
export function* stringFindings(
  rule: StringRule,
  module: PyModule,
  found: readonly Match[],
): Generator<Draft> {
  const keys = rule.where === 'key' ? keysOf(module, rule.of) : null;
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

/** Strings that are keys: of a dict, in `x[…]`, first argument of `x.get(…)`, `x.pop(…)` and `x.setdefault(…)`, left of `in`. */
function keysOf(module: PyModule, of: string | undefined): Set<Expr> {
  const keys = new Set<Expr>();
  const concerns = (owner: Expr) => of === undefined || module.text.slice(owner.from, owner.to).includes(of);
  const add = (key: Expr | null | undefined) => {
    if (key?.kind === 'string') keys.add(key);
  };
  if (of === undefined) for (const { entries } of module.dicts) for (const { key } of entries) add(key);
  for (const { object, index } of module.subscripts) if (concerns(object)) add(index[0]);
  for (const { callee, args } of module.calls) {
    if (callee.kind === 'attribute' && /^(get|pop|setdefault)$/.test(callee.name) && concerns(callee.object))
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
