import type { FileFacts } from './call-facts';
import type { Draft } from './findings';
import type { RuleSet } from './rule-set';
import type { CheckRule } from './rules/types';
import type { Span } from './syntax/types';
import type { Uses } from './uses';

/** What a check may look at. */
export interface CheckInput extends FileFacts {
  readonly uses: Uses;
  readonly set: RuleSet;
}

/** Something to look for that data alone cannot say. */
export type Check = (rule: CheckRule, input: CheckInput) => Iterable<Draft>;

/** Place and text of a finding that says just what its rule says. */
export function plain(
  rule: CheckRule,
  { from, to }: Span,
  message: string,
): Pick<Draft, 'rule' | 'severity' | 'message' | 'range' | 'tags' | 'related'> {
  return { rule, severity: rule.severity, message, range: { from, to }, tags: [], related: [] };
}
