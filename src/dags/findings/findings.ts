import type { CallChange } from '../edits/call-edits';
import type { Edit } from '../edits/edits';
import type { Reference, UnusedImport } from '../edits/import-plan';
import type { Rule, Severity, Verdict } from '../rules/types';
import type { Span } from '../syntax/types';

/** A place that belongs to a finding: an import, an argument. */
export interface Related extends Span {
  readonly message: string;
}

/** What would be changed. Complete in itself: applied alone it leaves a valid file. */
export interface Fix {
  readonly title: string;
  readonly verdict: Exclude<Verdict, 'report'>;
  /** What is different afterwards when the DAG runs, one sentence each. */
  readonly changes: readonly string[];
  readonly edits: readonly Edit[];
}

/** One thing that a rule has to say about a file. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly range: Span;
  readonly tags: readonly ('deprecated' | 'unnecessary')[];
  readonly related: readonly Related[];
  readonly fix: Fix | null;
  /** Why there is no fix; null when there is one. */
  readonly reason: string | null;
}

/** What a fix wants to do, before the imports of the file are planned. Findings that must be fixed together share one. */
export interface Repair {
  readonly title: string;
  readonly verdict: Exclude<Verdict, 'report'>;
  readonly changes: readonly string[];
  readonly edits: readonly Edit[];
  readonly calls: readonly CallChange[];
  readonly references: readonly Reference[];
  readonly unused: readonly UnusedImport[];
}

/** A finding as a rule makes it. */
export interface Draft extends Omit<Finding, 'fix' | 'code'> {
  readonly rule: Rule;
  readonly repair: Repair | null;
}

/** A repair that only replaces text. */
export function textRepair(
  title: string,
  verdict: Repair['verdict'],
  edits: readonly Edit[],
  changes: readonly string[] = [],
): Repair {
  return { title, verdict, changes, edits, calls: [], references: [], unused: [] };
}
