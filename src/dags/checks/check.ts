import type { FileFacts } from '../facts/call-facts';
import type { Draft } from '../findings/findings';
import type { CheckRule } from '../rules/types';
import type { Span } from '../syntax/types';

/** Something to look for that data alone cannot say. */
export type Check = (rule: CheckRule, facts: FileFacts) => Iterable<Draft>;

/** Place and text of a finding that says just what its rule says. */
export function plain(
  rule: CheckRule,
  { from, to }: Span,
  message: string,
): Pick<Draft, 'rule' | 'severity' | 'message' | 'range' | 'tags' | 'related'> {
  return { rule, severity: rule.severity, message, range: { from, to }, tags: [], related: [] };
}
