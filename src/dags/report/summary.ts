import type { ReportEntry } from './reports';
import { RULES } from '../rules';
import type { Rule } from '../rules/types';
import { describeTarget, type Target } from '../rules/target';

/** The totals of a check: per rule, per file, and what the work may take. */
export interface Summary {
  readonly findings: number;
  readonly files: number;
  readonly safe: number;
  readonly unsafe: number;
  readonly manual: number;
  /** A rough estimate; safe fixes count nothing. */
  readonly minutes: number;
  readonly rules: readonly {
    readonly code: string;
    readonly title: string;
    readonly count: number;
    readonly minutes: number;
  }[];
  readonly byFile: readonly { readonly file: string; readonly count: number; readonly minutes: number }[];
}

/** Adds up report entries. */
export function summarize(entries: readonly ReportEntry[], rules: readonly Rule[] = RULES): Summary {
  const known = new Map(rules.map((rule) => [rule.code, rule]));
  const minutesOf = (entry: ReportEntry) =>
    entry.fix === 'safe' ? 0 : (known.get(entry.code)?.minutes ?? 0);
  const perRule = new Map<string, ReportEntry[]>();
  const perFile = new Map<string, ReportEntry[]>();
  for (const entry of entries) {
    perRule.set(entry.code, [...(perRule.get(entry.code) ?? []), entry]);
    perFile.set(entry.file, [...(perFile.get(entry.file) ?? []), entry]);
  }
  const total = (list: readonly ReportEntry[]) => list.reduce((sum, entry) => sum + minutesOf(entry), 0);
  const count = (fix: ReportEntry['fix']) => entries.filter((entry) => entry.fix === fix).length;
  const rows = [...perRule].map(([code, list]) => {
    return { code, title: known.get(code)?.title ?? code, count: list.length, minutes: total(list) };
  });
  const byFile = [...perFile].map(([file, list]) => ({ file, count: list.length, minutes: total(list) }));
  return {
    findings: entries.length,
    files: perFile.size,
    safe: count('safe'),
    unsafe: count('unsafe'),
    manual: count(null),
    minutes: total(entries),
    rules: rows.sort((a, b) => b.count - a.count || a.code.localeCompare(b.code)),
    byFile: byFile.sort((a, b) => b.minutes - a.minutes || b.count - a.count || a.file.localeCompare(b.file)),
  };
}

/** A summary for people. */
export function summaryText(summary: Summary, target: Target): string {
  const { findings, files, safe, unsafe, manual, minutes } = summary;
  const lines = [
    describeTarget(target),
    `${findings} findings in ${files} files: ${safe} fixed safely, ${unsafe} fixed after review, ${manual} by hand; about ${duration(minutes)} of work`,
    '',
    ...summary.rules.map((row) => `${String(row.count).padStart(5)}  ${row.code.padEnd(26)} ${row.title}`),
    '',
    ...summary.byFile.map(
      (row) => `${String(row.count).padStart(5)}  ${duration(row.minutes).padEnd(26)} ${row.file}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function duration(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
