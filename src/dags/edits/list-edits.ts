import type { Edit } from './edits';
import type { Span } from '../syntax/types';

/** An item of a comma separated list: an argument of a call, a name of an import. */
export interface ListItem extends Span {
  readonly commaEnd: number | null;
}

/** A comma separated list in a text. */
export interface ItemList<T extends ListItem = ListItem> {
  readonly text: string;
  readonly items: readonly T[];
  /** Where the list begins: behind the opening parenthesis. */
  readonly start: number;
  readonly comments: readonly Span[];
}

/**
 * Deletions that take `dropped` out of the list together with the commas and lines that nobody needs any more.
 * Comments outside of the items survive. Deletions may overlap each other; `normalize` joins them.
 */
export function dropItems<T extends ListItem>(list: ItemList<T>, dropped: ReadonlySet<T>): Edit[] {
  return list.items.flatMap((item, index) => (dropped.has(item) ? dropItem(list, dropped, item, index) : []));
}

function dropItem<T extends ListItem>(
  list: ItemList<T>,
  dropped: ReadonlySet<T>,
  item: T,
  index: number,
): Edit[] {
  const { text } = list;
  const end = item.commaEnd ?? item.to;
  const kept = list.items.slice(0, index).findLast((one) => !dropped.has(one));
  if (item.commaEnd === null && kept && !holdsComment(list, kept.to, item.from)) return cut(kept.to, item.to);
  if (holdsComment(list, item.to, end)) return [...cut(item.from, item.to), ...cut(end - 1, end)];
  const after = end + (/^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0);
  const breakLength = lineBreakLength(text, after);
  const indent = ownLineIndent(list, item);
  if (indent !== null) {
    if (breakLength > 0) return cut(item.from - indent.length, after + breakLength);
    if (text[after] === '#') return cut(item.from, after);
  }
  const next = list.items[index + 1];
  if (next && !/[\r\n#]/.test(text.slice(end, next.from))) return cut(item.from, next.from);
  if (indent === null && (!next || breakLength > 0 || text[after] === '#')) {
    const blank = /[ \t]*$/.exec(text.slice(list.start, item.from))?.[0].length ?? 0;
    return cut(item.from - blank, end);
  }
  return cut(item.from, end);
}

/** Insertions that put `additions` behind the last item that stays, in the layout of the list. */
export function addItems<T extends ListItem>(
  list: ItemList<T>,
  dropped: ReadonlySet<T>,
  deletions: readonly Edit[],
  additions: readonly string[],
): Edit[] {
  if (additions.length === 0) return [];
  const last = list.items.findLast((one) => !dropped.has(one));
  if (!last) return [insert(list.start, additions.join(', '))];
  const { commaEnd } = last;
  const hasComma = commaEnd !== null && !deletions.some((one) => one.from < commaEnd && commaEnd <= one.to);
  const at = hasComma ? commaEnd : last.to;
  const indent = ownLineIndent(list, last);
  if (indent === null) {
    return [
      hasComma
        ? insert(at, additions.map((one) => ` ${one},`).join(''))
        : insert(at, additions.map((one) => `, ${one}`).join('')),
    ];
  }
  const eol = lineBreakOf(list.text);
  const rest = /^[ \t]*(#[^\r\n]*)?/.exec(list.text.slice(at))?.[0].length ?? 0;
  const lineEnd = lineBreakLength(list.text, at + rest) > 0 ? at + rest : at;
  const lines = additions.map((one) => eol + indent + one);
  if (hasComma) return [insert(lineEnd, lines.map((line) => `${line},`).join(''))];
  if (lineEnd === at) return [insert(at, `,${lines.join(',')}`)];
  return [insert(at, ','), insert(lineEnd, lines.join(','))];
}

/** What separates two items that replace `item`: a line of its own if it has one. */
export function separator(list: ItemList, item: ListItem): string {
  const indent = ownLineIndent(list, item);
  return indent === null ? ', ' : `,${lineBreakOf(list.text)}${indent}`;
}

/** The line break that a text uses. */
export function lineBreakOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

/** The indentation of an item that is the first in its line, else null. */
function ownLineIndent(list: ItemList, item: Span): string | null {
  const before = list.text.slice(list.start, item.from);
  return /[\r\n]([ \t]*)$/.exec(before)?.[1] ?? null;
}

function lineBreakLength(text: string, at: number): number {
  if (text.startsWith('\r\n', at)) return 2;
  return text[at] === '\n' || text[at] === '\r' ? 1 : 0;
}

function holdsComment(list: ItemList, from: number, to: number): boolean {
  return list.comments.some((comment) => comment.from >= from && comment.from < to);
}

function cut(from: number, to: number): Edit[] {
  return [{ from, to, text: '' }];
}

function insert(at: number, text: string): Edit {
  return { from: at, to: at, text };
}
