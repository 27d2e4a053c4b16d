import type { CallChange } from './call-edits';
import { symbolOf } from '../facts/call-facts';
import { lastPart } from '../dotted';
import type { Repair } from '../findings/findings';
import { unique } from '../findings/texts';
import type { Reference } from './import-plan';
import { worst, type CallOutcome } from '../findings/operators';
import type { SymbolRule } from '../rules/types';
import type { Expr } from '../syntax/types';
import type { Use } from '../facts/uses';

/** One repair for all calls that go through one alias, or null when one of them has none. */
export function callRepair(
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

/** What fixes some uses together; null when one of them has no fix. */
export function repairOf(
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

/** What is renamed for a use: itself, or what the first of its aliases was given. */
export function renamedFor({ expr, resolution: { aliases } }: Use): Expr {
  return aliases[aliases.length - 1]?.value ?? expr;
}

/** What is to be renamed, each place once. */
export function references(rule: SymbolRule, uses: readonly Use[]): Reference[] {
  const found = new Map<Expr, Reference>();
  for (const use of uses) {
    const { dotted, imports } = use.resolution;
    const becomes = symbolOf(rule, dotted)?.becomes;
    const expr = renamedFor(use);
    if (becomes) found.set(expr, { expr, imports, dotted, becomes });
  }
  return [...found.values()];
}

/** What a fix is called. */
export function fixTitle(rule: SymbolRule, becomes = rule.becomes): string {
  return rule.fixTitle ?? (becomes ? `Replace by \`${lastPart(becomes)}\`` : rule.advice);
}
