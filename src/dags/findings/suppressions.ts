import type { Edit } from '../edits/edits';
import { textRepair, type Draft, type Finding, type Repair } from './findings';
import { LineIndex } from '../lines';
import { lineBreakOf } from '../edits/list-edits';
import type { Rule } from '../rules/types';
import type { PyModule, Span } from '../syntax/types';

/** `# kaapana: ignore[CODE, …]` or `# kaapana: ignore-file[CODE, …]`; without codes it stands for all. */
interface Suppression extends Span {
  readonly wholeFile: boolean;
  /** The line that it speaks for: its own, or the next one when nothing else stands in its line. */
  readonly line: number;
  readonly codes: readonly string[];
  /** Where the codes stand, without the brackets; null when there are none. */
  readonly list: Span | null;
  readonly used: Set<string>;
}

const PATTERN = /^#\s*kaapana:\s*ignore(-file)?\b\s*(?:\[([^\]]*)\])?/;

/** Takes away what comments suppress; with `rule`, what they suppress in vain is reported. */
export function applySuppressions(module: PyModule, drafts: readonly Draft[], rule: Rule | null): Draft[] {
  if (!module.text.includes('kaapana:')) return [...drafts];
  const lines = new LineIndex(module.text);
  const suppressions = module.comments.flatMap((comment) => read(module.text, lines, comment) ?? []);
  // What is repaired together with something that is suppressed, is left alone with it.
  const repairs = new Set<Repair>();
  const left = drafts.filter(({ range, rule: { code }, repair }) => {
    const line = lines.position(range.from).line;
    const found = suppressions.filter(
      (one) => (one.wholeFile || one.line === line) && (one.codes.length === 0 || one.codes.includes(code)),
    );
    for (const one of found) one.used.add(code);
    if (found.length > 0 && repair) repairs.add(repair);
    return found.length === 0;
  });
  const kept = left.map((draft) =>
    draft.repair && repairs.has(draft.repair) ? { ...draft, repair: null, reason: SHARED } : draft,
  );
  return rule ? [...kept, ...suppressions.flatMap((one) => unused(module.text, one, rule))] : kept;
}

const SHARED = 'what would be rewritten together with it is suppressed.';

function read(text: string, lines: LineIndex, comment: Span): Suppression | null {
  const match = PATTERN.exec(text.slice(comment.from, comment.to));
  if (!match) return null;
  const { line } = lines.position(comment.from);
  const alone = text.slice(lines.start(line), comment.from).trim() === '';
  const codes = match[2]?.split(',').map((code) => code.trim()) ?? [];
  const end = comment.from + match[0].length;
  const list = match[2] === undefined ? null : { from: end - 1 - match[2].length, to: end - 1 };
  const wholeFile = match[1] !== undefined;
  return {
    ...comment,
    wholeFile,
    line: alone ? line + 1 : line,
    codes: codes.filter(Boolean),
    list,
    used: new Set(),
  };
}

function unused(text: string, one: Suppression, rule: Rule): Draft[] {
  const idle = one.codes.filter((code) => !one.used.has(code));
  if (one.codes.length === 0 ? one.used.size > 0 : idle.length === 0) return [];
  const kept = one.codes.filter((code) => one.used.has(code));
  const edits = kept.length > 0 && one.list ? [{ ...one.list, text: kept.join(', ') }] : [removal(text, one)];
  const message = idle.length > 0 ? `${rule.message} (${idle.join(', ')})` : rule.message;
  const changes = ['a comment is removed; the target version decides whether a suppression is needed.'];
  const repair = textRepair('Remove the suppression', 'unsafe', edits, changes);
  const range = { from: one.from, to: one.to };
  return [
    {
      rule,
      severity: rule.severity,
      message,
      range,
      tags: ['unnecessary'],
      related: [],
      reason: null,
      repair,
    },
  ];
}

/** The comment with the blanks before it, and its line when nothing else is in it. */
function removal(text: string, { from, to }: Span): Edit {
  const blank = /[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  const start = from - blank;
  const ownLine = start === 0 || /[\r\n]/.test(text.charAt(start - 1));
  const end = ownLine ? to + (/^(\r\n|\n|\r)?/.exec(text.slice(to))?.[0].length ?? 0) : to;
  return { from: start, to: end, text: '' };
}

/** The edit that suppresses a finding in its line or in the whole file; null where no comment can stand. */
export function suppress(module: PyModule, finding: Finding, where: 'line' | 'file'): Edit | null {
  const { text } = module;
  const lines = new LineIndex(text);
  const { line } = lines.position(finding.range.from);
  const known = module.comments
    .flatMap((comment) => read(text, lines, comment) ?? [])
    .find((one) => one.list && one.wholeFile === (where === 'file') && (one.wholeFile || one.line === line));
  if (known?.list)
    return {
      from: known.list.to,
      to: known.list.to,
      text: `${known.codes.length > 0 ? ', ' : ''}${finding.code}`,
    };
  const eol = lineBreakOf(text);
  if (where === 'file') {
    const at = /^\uFEFF?(#(!|[^\r\n]*coding[:=])[^\r\n]*(\r\n|\n|\r))*/.exec(text)?.[0].length ?? 0;
    return { from: at, to: at, text: `# kaapana: ignore-file[${finding.code}]${eol}` };
  }
  const comment = `# kaapana: ignore[${finding.code}]`;
  const end = lines.start(line) + lines.line(line).replace(/[\r\n]+$/, '').length;
  const inString = (at: number) => module.strings.some((string) => string.from < at && at < string.to);
  if (!inString(end) && text[end - 1] !== '\\') return { from: end, to: end, text: `  ${comment}` };
  const start = lines.start(line);
  if (inString(start) || /\\(\r\n|\n|\r)$/.test(text.slice(0, start))) return null;
  const indent = /^[ \t]*/.exec(text.slice(start))?.[0] ?? '';
  return { from: start, to: start, text: `${indent}${comment}${eol}` };
}
