import type { ModuleDraft } from './module-draft';
import { moveCall, moveDict, moveImport, moveSpan } from './move';
import { forget } from './remembered';
import type { Scope, Span } from './types';

/** What a change of a text left as it was: so many characters at its beginning, and so many at its end. */
export interface Unchanged {
  readonly before: number;
  readonly behind: number;
}

/** Where reading has to begin again after a change; null when that is at the beginning. */
export function startOfRest({ text, statements, errors }: ModuleDraft, { before }: Unchanged): number | null {
  const changed = statements.findLastIndex(({ from }) => from <= before);
  // The end of a statement shows in the next one.
  const start = statements[changed - 1]?.from;
  if (start === undefined) return null;
  // What cannot be read is told apart by what stands behind it; what is missing, is missed where the next one starts.
  if (errors.some((error) => error.from <= start)) return null;
  return Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
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
    return statements[indexOf(statements, at - by)]?.from === at - by && !FOLLOWER.test(text);
  };
}

/** The part of a module that is read again, in its old text; without `to`, to the end. */
export interface Part {
  readonly from: number;
  readonly to: number | null;
}

/**
 * A module with one part of it read again, and what stands behind that moved `by` so many characters. The module is
 * used up. `read` gets the scope of the module to read in.
 */
export function readPart(
  draft: ModuleDraft,
  part: Part,
  by: number,
  read: (scope: Scope) => ModuleDraft,
): ModuleDraft {
  forget();
  const scope = draft.scope as { -readonly [key in keyof Scope]: Scope[key] };
  const { bindings, stars } = scope;
  scope.bindings = new Map();
  scope.stars = [];
  const fresh = read(scope);
  replaceEach(draft.names, part, fresh.names);
  replaceEach(bindings, part, scope.bindings);
  replace(stars, part, scope.stars);
  scope.bindings = bindings;
  scope.stars = stars;
  for (const key of LISTS) {
    const list: Span[] = draft[key];
    const next = replace(list, part, fresh[key]);
    const move = by === 0 ? undefined : MOVES[key];
    if (move) for (const item of list.slice(next)) move(item as never, by);
  }
  const { text, unclosed, errors } = fresh;
  return { ...draft, text, unclosed, errors };
}

/** The lists of a module, each in the order of its statements. */
const LISTS = [
  'statements',
  'imports',
  'stars',
  'assignments',
  'calls',
  'classes',
  'strings',
  'attributes',
  'annotations',
  'dicts',
  'subscripts',
  'shifts',
  'comments',
  'places',
] as const;

/** What moves with the items of a list. Where the items are themselves, the list of all places knows. */
const MOVES: Partial<Record<keyof ModuleDraft, (item: never, by: number) => void>> = {
  places: moveSpan,
  comments: moveSpan,
  calls: moveCall,
  dicts: moveDict,
  imports: moveImport,
};

/** Replaces what a list has in a part; answers the index of what stands behind it. */
function replace<T extends Span>(list: T[], part: Part, fresh: readonly T[]): number {
  const [from, to] = rangeOf(list, part);
  list.splice(from, to - from);
  for (let at = 0; at < fresh.length; at += AT_ONCE)
    list.splice(from + at, 0, ...fresh.slice(at, at + AT_ONCE));
  return from + fresh.length;
}

/** So many items at once can be handed to a function without harm. */
const AT_ONCE = 1000;

function replaceEach<T extends Span>(lists: Map<string, T[]>, part: Part, fresh: Map<string, T[]>): void {
  for (const [name, list] of lists) {
    if ((list[list.length - 1]?.from ?? -1) < part.from) continue;
    const [from, to] = rangeOf(list, part);
    if (to - from === list.length) lists.delete(name);
    else if (to > from) list.splice(from, to - from);
  }
  for (const [name, items] of fresh) {
    const known = lists.get(name);
    if (known) replace(known, part, items);
    else lists.set(name, items);
  }
}

function rangeOf(list: readonly Span[], { from, to }: Part): [number, number] {
  return [indexOf(list, from), to === null ? list.length : indexOf(list, to)];
}

/** The index of the first item that begins at a place or behind it, in a list where all behind it do. */
function indexOf(list: readonly Span[], place: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.from ?? Infinity) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
