import { normalize, type Edit } from '../edits/edits';
import { LineIndex } from '../lines';

const CONTEXT = 3;

interface Change {
  /** Lines [first, last) of the old text. */
  readonly first: number;
  readonly last: number;
  readonly lines: readonly string[];
}

/** The edits as a unified diff, as `patch` and `git apply` read it. */
export function unifiedDiff(path: string, text: string, edits: readonly Edit[]): string {
  const index = new LineIndex(text);
  const changes = lineChanges(text, index, edits);
  let diff = '';
  let shift = 0;
  for (let i = 0; i < changes.length;) {
    let end = i + 1;
    while (end < changes.length && (changes[end]?.first ?? 0) - (changes[end - 1]?.last ?? 0) <= 2 * CONTEXT)
      end++;
    const hunk = changes.slice(i, end);
    const first = Math.max(0, (hunk[0]?.first ?? 0) - CONTEXT);
    const last = Math.min(lineCount(text, index), (hunk[hunk.length - 1]?.last ?? 0) + CONTEXT);
    const grown = hunk.reduce((sum, change) => sum + change.lines.length - (change.last - change.first), 0);
    diff += `@@ -${range(first, last - first)} +${range(first + shift, last - first + grown)} @@\n`;
    diff += hunkBody(index, hunk, first, last);
    shift += grown;
    i = end;
  }
  return diff && `--- a/${path}\n+++ b/${path}\n${diff}`;
}

function hunkBody(index: LineIndex, hunk: readonly Change[], first: number, last: number): string {
  const out: string[] = [];
  let at = first;
  for (const change of hunk) {
    for (; at < change.first; at++) out.push(marked(' ', index.line(at)));
    for (; at < change.last; at++) out.push(marked('-', index.line(at)));
    for (const line of change.lines) out.push(marked('+', line));
  }
  for (; at < last; at++) out.push(marked(' ', index.line(at)));
  return out.join('');
}

function marked(mark: string, line: string): string {
  return /[\r\n]$/.test(line) ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`;
}

/** Whole lines that change; edits in the same line are one change. */
function lineChanges(text: string, index: LineIndex, edits: readonly Edit[]): Change[] {
  const groups: { first: number; last: number; edits: Edit[] }[] = [];
  for (const edit of normalize(edits)) {
    const first = index.position(edit.from).line;
    const end = index.position(edit.to);
    const last = edit.to > edit.from && end.character === 0 ? end.line : end.line + 1;
    const group = groups[groups.length - 1];
    if (group && first < group.last) {
      group.last = Math.max(group.last, last);
      group.edits.push(edit);
    } else groups.push({ first, last, edits: [edit] });
  }
  return groups.map(({ first, last, edits: own }) => {
    let changed = '';
    let at = index.start(first);
    for (const edit of own) {
      changed += text.slice(at, edit.from) + edit.text;
      at = edit.to;
    }
    changed += text.slice(at, index.start(last));
    return { first, last, lines: changed.match(/[^\r\n]*(\r\n|\n|\r)|[^\r\n]+$/g) ?? [] };
  });
}

function lineCount(text: string, index: LineIndex): number {
  return index.start(index.count - 1) === text.length ? index.count - 1 : index.count;
}

function range(first: number, count: number): string {
  const start = count === 0 ? first : first + 1;
  return count === 1 ? String(start) : `${start},${count}`;
}
