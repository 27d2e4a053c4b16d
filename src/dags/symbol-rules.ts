import { namelessCalls, outcomeOf, symbolOf, type FileFacts } from './call-facts';
import { guardedImports } from './import-guards';
import type { CallChange } from './call-edits';
import type { Draft, Related, Repair } from './findings';
import { isNamedInText, lastPart, type Reference } from './import-plan';
import { namedArguments, worst, type CallOutcome } from './operators';
import { partialCalls, partialChanges, withoutFirst } from './partials';
import type { Severity, SymbolRule } from './rules/types';
import { acceptance, pluginClass, signature } from './signatures';
import { lookup } from './syntax/scopes';
import type { CallExpr, ImportBinding, PyModule, Span } from './syntax/types';
import { unboundNames, type Use, type Uses } from './uses';

/** What a rule says about the uses and imports of its symbols in one file. */
export function* symbolFindings(
  rule: SymbolRule,
  { imports, uses }: Uses,
  facts: FileFacts,
): Generator<Draft> {
  const guarded = guardedImports(facts.module, imports, rule);
  const own = uses.filter(
    (use) => symbolOf(rule, use.resolution.dotted) && !use.resolution.imports.some((one) => guarded.has(one)),
  );
  const byCall = rule.arguments !== undefined || rule.call !== undefined;
  const aliases = new Map<string, Repair | null>();
  if (byCall) {
    const counts = namelessCalls(rule, uses, facts.target);
    for (const use of own) yield* useFindings(rule, use, own, facts, counts, aliases);
  }
  if (byCall && rule.becomes) yield* notImported(rule, facts);
  for (const { binding, dotted } of imports) {
    if (!symbolOf(rule, dotted) || guarded.has(binding)) continue;
    const used = own.filter((use) => use.resolution.imports.includes(binding));
    if (used.length === 0 && (rule.becomes || !byCall)) yield unusedImport(rule, binding, dotted, facts);
    else if (!byCall) yield renamedImport(rule, binding, dotted, used, facts);
  }
}

function* useFindings(
  rule: SymbolRule,
  use: Use,
  all: readonly Use[],
  facts: FileFacts,
  nameless: number,
  aliases: Map<string, Repair | null>,
): Generator<Draft> {
  const dotted = use.resolution.dotted;
  const related = importsOf(use);
  if (
    use.role === 'alias' &&
    all.some((other) => other.resolution.aliases.some((alias) => alias.value === use.expr))
  )
    return;
  if (use.role === 'partial' && use.call && rule.becomes) {
    yield partialFinding(rule, use, use.call, facts, nameless);
    return;
  }
  if (use.role !== 'call' || !use.call) {
    if (!rule.becomes) return;
    const told = use.role === 'base' ? facts.subclass : null;
    const about = base(rule, use.expr, dotted, facts, []);
    const message = told ? `${told.message} ${about.message}` : about.message;
    yield { ...about, rule: told ?? rule, message, related, reason: roleReason(use, facts), repair: null };
    return;
  }
  if (!rule.becomes && use.call.broken) return;
  const outcome = outcomeOf(rule, use, use.call, facts, nameless);
  if (!rule.becomes && outcome.remarks.length === 0) return;
  const remarks: Related[] = outcome.remarks.map(({ from, to, text }) => ({ from, to, message: text }));
  const draft = {
    ...base(rule, use.expr, dotted, facts, outcome.remarks, use.call),
    related: [...related, ...remarks],
  };
  const reports = outcome.remarks
    .filter((remark) => remark.verdict === 'report')
    .map((remark) => remark.text);
  const reason = use.indirect
    ? 'it is reached through `getattr`; rewrite it by hand.'
    : !use.certain
      ? `\`${textOf(facts.module, use.expr)}\` can mean several things in this file.`
      : useReason(use, unique(reports));
  if (reason) {
    yield { ...draft, reason, repair: null };
    return;
  }
  const outcomes = (one: Use) =>
    one === use ? outcome : one.call && outcomeOf(rule, one, one.call, facts, nameless);
  const [alias] = use.resolution.aliases;
  const siblings = alias ? all.filter((other) => other.resolution.aliases[0] === alias && other.call) : [use];
  const key = `${alias?.from ?? -use.expr.from - 1}`;
  const known = aliases.get(key);
  const repair = known === undefined ? callRepair(rule, siblings, outcomes) : known;
  aliases.set(key, repair);
  yield { ...draft, reason: repair ? null : 'another call through the same name has no fix.', repair };
}

/** `partial` holds some arguments, the calls of what it gives bring the others. */
function partialFinding(
  rule: SymbolRule,
  use: Use,
  call: CallExpr,
  facts: FileFacts,
  nameless: number,
): Draft {
  const calls = use.certain && use.resolution.aliases.length === 0 ? partialCalls(facts.module, call) : null;
  const wholes = calls?.map(({ whole }) => whole) ?? [withoutFirst(call)];
  const outcomes = wholes.map((whole) => outcomeOf(rule, use, whole, facts, nameless));
  const remarks = outcomes.flatMap((one) => one.remarks);
  const about = base(rule, use.expr, use.resolution.dotted, facts, remarks, ...wholes);
  const notes = remarks.map(({ from, to, text }) => ({ from, to, message: text }));
  const draft = { ...about, related: [...importsOf(use), ...notes] };
  if (!calls) return { ...draft, reason: roleReason(use, facts), repair: null };
  const reports = remarks.filter((one) => one.verdict === 'report').map((one) => one.text);
  const changes = partialChanges(call, calls, outcomes);
  const reason =
    useReason(use, unique(reports)) ??
    (changes ? null : 'the calls of what `partial` gives need different arguments.');
  const repair = reason || !changes ? null : repairOf(rule, [use], outcomes, changes);
  return { ...draft, reason: repair ? null : (reason ?? roleReason(use, facts)), repair };
}

/** Python stops at such a name; it is found all the same, as the import may be lost. */
function* notImported(rule: SymbolRule, facts: FileFacts): Generator<Draft> {
  for (const symbol of rule.symbols) {
    for (const name of unboundNames(facts.module, lastPart(symbol))) {
      const reason = `\`${name.id}\` is not imported in this file.`;
      yield { ...base(rule, name, symbol, facts, []), related: [], reason, repair: null };
    }
  }
}

function useReason(use: Use, reports: readonly string[]): string | null {
  if (reports.length > 0) return reports.map((text, index) => (index === 0 ? text : capital(text))).join(' ');
  if (use.resolution.star)
    return `it comes from \`from ${use.resolution.star.module} import *\`; import it by name first.`;
  return null;
}

function roleReason(use: Use, { module }: FileFacts): string {
  const name = textOf(module, use.expr);
  switch (use.role) {
    case 'base':
      return `a class derives from \`${name}\`: what it overrides does not exist in the new operator.`;
    case 'partial':
      return '`partial` holds some of the arguments, and where the others are given cannot be followed.';
    case 'alias':
    case 'other':
    case 'call':
      return `\`${name}\` is used here without being called; rewrite it by hand.`;
  }
}

/** One repair for all calls that go through one alias, or null when one of them has none. */
function callRepair(
  rule: SymbolRule,
  uses: readonly Use[],
  outcomeFor: (use: Use) => CallOutcome | null,
): Repair | null {
  const outcomes = uses.flatMap((use) => outcomeFor(use) ?? []);
  const calls = uses.flatMap(({ call }, index) =>
    call ? [{ call, changes: outcomes[index]?.changes ?? [] }] : [],
  );
  return repairOf(rule, uses, outcomes, calls);
}

function repairOf(
  rule: SymbolRule,
  uses: readonly Use[],
  outcomes: readonly CallOutcome[],
  calls: readonly CallChange[],
): Repair | null {
  const verdict = worst([rule.verdict, ...outcomes.map((one) => one.verdict)]);
  if (verdict === 'report') return null;
  const remarks = outcomes.flatMap((one) => one.remarks);
  const changes = unique(remarks.flatMap((one) => (one.verdict === 'unsafe' ? [one.text] : [])));
  if (!rule.becomes && calls.every((one) => one.changes.length === 0)) return null;
  return {
    title: fixTitle(rule) + dropped(rule, calls),
    verdict,
    changes,
    edits: [],
    calls,
    references: references(rule, uses),
    unused: [],
  };
}

/** What else the title of a replacement has to say: which arguments go. */
function dropped({ becomes }: SymbolRule, calls: readonly CallChange[]): string {
  if (!becomes) return '';
  const names = calls.flatMap(({ changes }) =>
    changes.flatMap(({ argument, become }) =>
      become.length === 0 && argument?.name ? [`\`${argument.name}\``] : [],
    ),
  );
  return names.length > 0 ? `, drop ${unique(names).join(', ')}` : '';
}

function references(rule: SymbolRule, uses: readonly Use[]): Reference[] {
  const found = new Map<number, Reference>();
  for (const { expr, resolution } of uses) {
    const becomes = symbolOf(rule, resolution.dotted)?.becomes;
    if (!becomes) continue;
    const at = resolution.aliases[resolution.aliases.length - 1]?.value ?? expr;
    found.set(at.from, { expr: at, imports: resolution.imports, dotted: resolution.dotted, becomes });
  }
  return [...found.values()];
}

function unusedImport(rule: SymbolRule, binding: ImportBinding, dotted: string, facts: FileFacts): Draft {
  const becomes = symbolOf(rule, dotted)?.becomes ?? null;
  const span = { from: binding.from, to: binding.to };
  const draft = { ...base(rule, span, dotted, facts, []), related: [] };
  const repair: Repair = {
    title: `Remove the unused import of \`${binding.imported.name}\``,
    verdict: 'safe',
    changes: [],
    edits: [],
    calls: [],
    references: [],
    unused: [{ binding, dotted, becomes }],
  };
  if (binding.statement.broken) return { ...draft, reason: 'the import is not complete.', repair: null };
  if (isMentioned(binding, facts.module)) {
    const mentioned = `\`${binding.name}\` is not called here, but the file mentions it elsewhere.`;
    return { ...draft, reason: rule.becomes ? mentioned : rule.advice, repair: null };
  }
  return { ...draft, tags: ['deprecated', 'unnecessary'], reason: null, repair };
}

/** Whether the name of an import stands in the file once more, where it can mean the import. */
function isMentioned(binding: ImportBinding, module: PyModule): boolean {
  const uses = module.names.get(binding.name) ?? [];
  return (
    isNamedInText(module, binding.name) ||
    uses.some((name) => lookup(binding.name, name.scope).includes(binding))
  );
}

function renamedImport(
  rule: SymbolRule,
  binding: ImportBinding,
  dotted: string,
  uses: readonly Use[],
  facts: FileFacts,
): Draft {
  const span = { from: binding.from, to: binding.to };
  const draft = { ...base(rule, span, dotted, facts, []), related: [] };
  if (rule.verdict === 'report') return { ...draft, reason: rule.advice, repair: null };
  if (!uses.every((use) => use.certain)) {
    return { ...draft, reason: `\`${binding.name}\` can mean several things in this file.`, repair: null };
  }
  const changes = rule.verdict === 'unsafe' ? [rule.advice] : [];
  const title = fixTitle(rule, symbolOf(rule, dotted)?.becomes ?? undefined);
  const renamed = references(rule, uses);
  return {
    ...draft,
    reason: null,
    repair: { title, verdict: rule.verdict, changes, edits: [], calls: [], references: renamed, unused: [] },
  };
}

/** Message, severity and place of a finding. */
function base(
  rule: SymbolRule,
  span: Span,
  dotted: string,
  { target }: FileFacts,
  remarks: readonly { text: string; severity: Severity | null }[],
  ...calls: readonly CallExpr[]
): Pick<Draft, 'rule' | 'severity' | 'message' | 'range' | 'tags'> {
  const errors = remarks.flatMap((remark) => (remark.severity === 'error' ? [capital(remark.text)] : []));
  const oldClass = pluginClass(dotted);
  if (oldClass && rule.becomes && !signature(oldClass, target)) {
    errors.push(
      `\`${oldClass}\` does not exist in Kaapana ${target}: the DAG file fails with an ImportError.`,
    );
  } else if (oldClass && rule.becomes) {
    const names = unique(calls.flatMap(namedArguments).map((arg) => arg.name));
    const lost = names.filter((name) => acceptance(oldClass, name, target) !== 'accepted');
    const verb = lost.length === 1 ? 'is' : 'are';
    if (lost.length > 0)
      errors.push(
        `${lost.map((name) => `\`${name}\``).join(', ')} ${verb} no longer accepted in Kaapana ${target}: the DAG file does not import.`,
      );
  }
  const severity = errors.length > 0 ? 'error' : rule.severity;
  const message = [...new Set([...errors, rule.message])].join(' ');
  return {
    rule,
    severity,
    message,
    range: { from: span.from, to: span.to },
    tags: rule.becomes ? ['deprecated'] : [],
  };
}

function importsOf(use: Use): Related[] {
  const statements = use.resolution.star
    ? [use.resolution.star]
    : use.resolution.imports.map((one) => one.imported);
  return statements.map(({ from, to }) => ({
    from,
    to,
    message: `\`${lastPart(use.resolution.dotted)}\` is imported here.`,
  }));
}

function fixTitle(rule: SymbolRule, becomes = rule.becomes): string {
  return rule.fixTitle ?? (becomes ? `Replace by \`${lastPart(becomes)}\`` : rule.advice);
}

function textOf(module: PyModule, span: Span): string {
  return module.text.slice(span.from, span.to);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
