import { sharedReason } from '../facts/aliases';
import { callRepair, renamedFor, repairOf } from '../edits/call-repairs';
import { outcomeOf, symbolOf, type FileFacts } from '../facts/call-facts';
import { lastPart } from '../dotted';
import { base, capital, importsOf, unique } from './texts';
import type { Draft, Related, Repair } from './findings';
import { guardedImports } from './import-guards';
import { inMap } from '../in-map';
import { renamedImport, unusedImport } from './import-findings';
import { partialCalls, partialChanges, withoutFirst } from '../facts/partials';
import type { SymbolRule } from '../rules/types';
import type { CallExpr, Expr } from '../syntax/types';
import { isCall, unboundNames, type Use } from '../facts/uses';

/** What a rule says about the uses and imports of its symbols in one file. */
export function* symbolFindings(rule: SymbolRule, facts: FileFacts): Generator<Draft> {
  const { imports, uses } = facts;
  const guarded = guardedImports(facts.module, imports, rule);
  const own = uses.filter(
    (use) => symbolOf(rule, use.resolution.dotted) && !use.resolution.imports.some((one) => guarded.has(one)),
  );
  const byCall = rule.arguments !== undefined || rule.call !== undefined;
  const shared = new Map<Expr, SharedRepair>();
  if (byCall) {
    for (const use of own) yield* useFindings(rule, use, own, facts, shared);
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
  shared: Map<Expr, SharedRepair>,
): Generator<Draft> {
  const dotted = use.resolution.dotted;
  const related = importsOf(use);
  if (
    use.role === 'alias' &&
    all.some((other) => other.resolution.aliases.some((alias) => alias.value === use.expr))
  )
    return;
  if (use.role === 'annotation' && rule.becomes && use.certain) {
    yield* typeFindings(rule, use, all, facts);
    return;
  }
  if (use.role === 'partial' && use.call && rule.becomes) {
    yield partialFinding(rule, use, use.call, facts);
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
  const outcome = outcomeOf(rule, use, use.call, facts);
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
      ? `\`${facts.module.text.slice(use.expr.from, use.expr.to)}\` can mean several things in this file.`
      : useReason(use, unique(reports));
  if (reason) {
    yield { ...draft, reason, repair: null };
    return;
  }
  const outcomes = (one: Use) => (one === use ? outcome : one.call && outcomeOf(rule, one, one.call, facts));
  const at = renamedFor(use);
  const { repair, reason: together } = inMap(shared, at, (): SharedRepair => {
    const uses = all.filter((other) => renamedFor(other) === at);
    const apart = sharedReason(uses, facts);
    const made = apart === null ? callRepair(rule, uses.filter(isCall), outcomes) : null;
    return {
      repair: made,
      reason: made ? null : (apart ?? 'another call through the same name has no fix.'),
    };
  });
  yield { ...draft, reason: together, repair };
}

/** The repair of all uses that are renamed in one place, or why there is none. */
interface SharedRepair {
  readonly repair: Repair | null;
  readonly reason: string | null;
}

/** A type follows the calls; it is spoken of where there is nothing to follow. */
function* typeFindings(rule: SymbolRule, use: Use, all: readonly Use[], facts: FileFacts): Generator<Draft> {
  const same = all.filter((other) => comesWith(other, use));
  if (same.some((other) => other.role !== 'annotation')) return;
  const about = { ...base(rule, use.expr, use.resolution.dotted, facts, []), related: importsOf(use) };
  const reason = useReason(use, []);
  const repair = reason ? null : repairOf(rule, same, [], []);
  yield { ...about, reason: repair ? null : (reason ?? roleReason(use, facts)), repair };
}

/** Whether two uses are of the same symbol through the same import. */
function comesWith({ resolution: a }: Use, { resolution: b }: Use): boolean {
  return (
    a.dotted === b.dotted &&
    a.star === b.star &&
    (a.star !== null || a.imports.some((one) => b.imports.includes(one)))
  );
}

/** `partial` holds some arguments, the calls of what it gives bring the others. */
function partialFinding(rule: SymbolRule, use: Use, call: CallExpr, facts: FileFacts): Draft {
  const calls = use.certain && use.resolution.aliases.length === 0 ? partialCalls(facts.module, call) : null;
  const wholes = calls?.map(({ whole }) => whole) ?? [withoutFirst(call)];
  const outcomes = wholes.map((whole) => outcomeOf(rule, use, whole, facts));
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

function roleReason({ expr, role }: Use, { module }: FileFacts): string {
  const name = module.text.slice(expr.from, expr.to);
  switch (role) {
    case 'base':
      return `a class derives from \`${name}\`: what it overrides does not exist in the new operator.`;
    case 'partial':
      return '`partial` holds some of the arguments, and where the others are given cannot be followed.';
    case 'alias':
    case 'annotation':
    case 'other':
    case 'call':
      return `\`${name}\` is used here without being called; rewrite it by hand.`;
  }
}
