import type { ModuleDraft } from './module-draft';
import { moveCall, moveDict, moveImport, moveSpan } from './move';
import { forget } from './remembered';
import type { Span } from './types';

/** What a change of a text left as it was: so many characters at its beginning, and so many at its end. */
export interface Unchanged {
  readonly before: number;
  readonly behind: number;
}

/** The statements behind those that are read again. */
export interface Behind {
  readonly statements: readonly number[];
  /** What was taken from which list. */
  readonly lists: readonly (readonly [list: Span[], items: readonly Span[]])[];
  readonly named: readonly (readonly [lists: Map<string, Span[]>, name: string, items: Span[]])[];
}

/** Where reading has to begin again after a change; null when that is at the beginning. */
export function startOfRest({ text, statements, errors }: ModuleDraft, { before }: Unchanged): number | null {
  const changed = statements.findLastIndex((start) => start <= before);
  // The end of a statement shows in the next one.
  const start = statements[changed - 1];
  if (start === undefined) return null;
  const from = Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
  // What cannot be read is told apart by what stands behind it.
  return errors.some((error) => error.from < from) ? null : from;
}

/** Words that go on with the statement before them. */
const FOLLOWER = /(?:elif|else|except|finally)\b/y;

/** Tells of a place in the new text whether a statement begins there that was read before, as were all behind it. */
export function wasRead(
  { text: old, statements, errors, unclosed }: ModuleDraft,
  text: string,
  { behind }: Unchanged,
): (at: number) => boolean {
  if (unclosed !== null) return () => false;
  const by = text.length - old.length;
  const lastError = errors.reduce((last, { to }) => Math.max(last, to), 0);
  const unknown = Math.max(text.length - behind, lastError + by);
  return (at) => {
    if (at <= unknown || !/[\r\n]/.test(text.charAt(at - 1))) return false;
    FOLLOWER.lastIndex = at;
    return statements[indexOf(statements, at - by, (start) => start)] === at - by && !FOLLOWER.test(text);
  };
}

/**
 * Takes out of a module what stands between two places, and what stands behind them, to be put back; without `to`,
 * nothing stands behind. The module is used up: its lists go on to be filled.
 */
export function takeOut(draft: ModuleDraft, from: number, to: number | null): Behind {
  forget();
  const end = to ?? Infinity;
  const statements = draft.statements.splice(indexOf(draft.statements, end, (start) => start));
  draft.statements.length = indexOf(draft.statements, from, (start) => start);
  const lists = listsOf(draft).map((list) => [list, split(list, from, end)] as const);
  const named = [draft.names, draft.scope.bindings].flatMap((map) => splitEach(map, from, end));
  return { statements, lists, named };
}

/** Puts back what was taken out from behind, so many characters further on. */
export function putBack(draft: ModuleDraft, { statements, lists, named }: Behind, by: number): void {
  const moves = new Map<Span[], (item: never, by: number) => void>([
    [draft.places, moveSpan],
    [draft.comments, moveSpan],
    [draft.calls, moveCall],
    [draft.dicts, moveDict],
    [draft.imports, moveImport],
  ]);
  for (const start of statements) draft.statements.push(start + by);
  for (const [list, items] of lists) {
    const move = by === 0 ? undefined : moves.get(list);
    for (const item of items) {
      move?.(item as never, by);
      list.push(item);
    }
  }
  for (const [lists, name, items] of named) {
    const known = lists.get(name);
    if (known) known.push(...items);
    else lists.set(name, items);
  }
}

/** All lists of a module, each in the order of the statements. */
function listsOf(draft: ModuleDraft): Span[][] {
  const lists = Object.values(draft) as unknown[];
  return [...lists.filter(isSpans), draft.scope.stars];
}

function isSpans(list: unknown): list is Span[] {
  return Array.isArray(list) && typeof list[0] === 'object';
}

/** Cuts a list down to what stands before `from`; answers what stands at `end` or behind it. */
function split<T extends Span>(list: T[], from: number, end: number): T[] {
  const behind = list.splice(indexOf(list, end, startOf));
  list.length = indexOf(list, from, startOf);
  return behind;
}

function splitEach(
  lists: Map<string, Span[]>,
  from: number,
  end: number,
): (readonly [typeof lists, string, Span[]])[] {
  const behind: (readonly [typeof lists, string, Span[]])[] = [];
  for (const [name, list] of lists) {
    if ((list[list.length - 1]?.from ?? -1) < from) continue;
    const items = split(list, from, end);
    if (items.length > 0) behind.push([lists, name, items]);
    if (list.length === 0) lists.delete(name);
  }
  return behind;
}

const startOf = ({ from }: Span): number => from;

/** The index of the first item that begins at a place or behind it, in a list where all behind it do. */
function indexOf<T>(list: readonly T[], place: number, start: (item: T) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start(list[middle] as T) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
