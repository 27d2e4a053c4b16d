import type { ModuleDraft } from './module-draft';
import { forgetResolutions } from './symbols';
import type { Span } from './types';

/** The first statements of a file, and where the rest of it begins. */
export interface Kept {
  readonly draft: ModuleDraft;
  readonly from: number;
}

/**
 * Cuts a module down to the statements that a change of its text from `unchanged` on cannot reach; null when it can
 * reach them all. The module is used up: its lists go on to be filled.
 */
export function keepBefore(draft: ModuleDraft, unchanged: number): Kept | null {
  const from = startOfRest(draft, unchanged);
  if (from === null) return null;
  // What cannot be read is told apart by what stands behind it.
  if (draft.errors.some((error) => error.from < from)) return null;
  forgetResolutions();
  const { statements, scope, names } = draft;
  while ((statements[statements.length - 1] ?? -1) >= from) statements.pop();
  for (const list of Object.values(draft) as unknown[]) if (isSpans(list)) cut(list, from);
  cut(scope.stars, from);
  cutAll(scope.bindings, from);
  cutAll(names, from);
  return { draft, from };
}

/** The beginning of the line of the statement before the one that changes: the end of a statement shows in the next. */
function startOfRest({ text, statements }: ModuleDraft, unchanged: number): number | null {
  const changed = statements.findLastIndex((start) => start <= unchanged);
  const start = statements[changed - 1];
  if (start === undefined) return null;
  return Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
}

function isSpans(list: unknown): list is Span[] {
  return Array.isArray(list) && typeof list[0] === 'object';
}

function cut(list: Span[], from: number): void {
  while ((list[list.length - 1]?.from ?? -1) >= from) list.pop();
}

function cutAll(lists: Map<string, Span[]>, from: number): void {
  for (const [name, list] of lists) {
    cut(list, from);
    if (list.length === 0) lists.delete(name);
  }
}
