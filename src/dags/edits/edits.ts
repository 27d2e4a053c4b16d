import type { Span } from '../syntax/types';

/** Replaces a span of the text; an insertion has an empty span. */
export interface Edit extends Span {
  readonly text: string;
}

/** Edits in the order of the text, with deletions that touch or overlap made one. Overlapping replacements are a bug. */
export function normalize(edits: readonly Edit[]): readonly Edit[] {
  const sorted = [...edits].sort((a, b) => a.from - b.from || a.to - b.to);
  const result: Edit[] = [];
  for (const edit of sorted) {
    const last = result[result.length - 1];
    if (last && edit.from < last.to) {
      if (edit.text === last.text && edit.from === last.from && edit.to === last.to) continue;
      if (edit.text !== '' || last.text !== '') throw new Error(`Edits overlap at ${edit.from}.`);
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, edit.to), text: '' };
    } else result.push(edit);
  }
  return result;
}

/** The text after the edits. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of normalize(edits)) {
    result += text.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return result + text.slice(at);
}
