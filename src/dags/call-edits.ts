import { normalize, type Edit } from './edits';
import { addItems, dropItems, separator, type ItemList } from './list-edits';
import type { Argument, CallExpr, PyModule, Span } from './syntax/types';

/** What happens to one argument of a call. */
export interface ArgumentChange {
  /** null: an argument is added. */
  readonly argument: Argument | null;
  /** Keywords that take its place; none: it is dropped. */
  readonly become: readonly (readonly [name: string, value: string])[];
}

/** What happens to one call. */
export interface CallChange {
  readonly call: CallExpr;
  readonly changes: readonly ArgumentChange[];
}

/** The edits for all changes of one call together: only so can neighbours be dropped without leaving a comma. */
export function callEdits(module: PyModule, { call, changes }: CallChange): readonly Edit[] {
  const { text, comments } = module;
  const list: ItemList<Argument> = { text, items: call.args, start: call.open + 1, comments };
  const dropped = new Set<Argument>();
  const edits: Edit[] = [];
  const additions: string[] = [];
  for (const { argument, become } of changes) {
    if (!argument) additions.push(...become.map(([name, value]) => `${name}=${value}`));
    else if (become.length === 0) dropped.add(argument);
    else edits.push(...replaceArgument(text, argument, become, separator(list, argument)));
  }
  const deletions = dropItems(list, dropped);
  return normalize([...edits, ...deletions, ...addItems(list, dropped, deletions, additions)]);
}

/** The parts of the text that a change takes for itself. */
export function claimsOf(text: string, { changes }: CallChange): Span[] {
  return changes.flatMap(({ argument, become }): readonly Span[] => {
    if (!argument) return [];
    const edits = become.length === 0 ? [] : replaceArgument(text, argument, become, '');
    return edits.length === 0 ? [argument] : edits;
  });
}

function replaceArgument(
  text: string,
  argument: Argument,
  become: ArgumentChange['become'],
  between: string,
): Edit[] {
  const [first] = become;
  if (become.length === 1 && first && argument.nameSpan) {
    const [name, value] = first;
    const edits: Edit[] = [];
    if (name !== argument.name) edits.push({ ...spanOf(argument.nameSpan), text: name });
    if (value !== text.slice(argument.value.from, argument.value.to)) {
      edits.push({ ...spanOf(argument.value), text: value });
    }
    return edits;
  }
  return [{ ...spanOf(argument), text: become.map(([name, value]) => `${name}=${value}`).join(between) }];
}

function spanOf({ from, to }: Span): Span {
  return { from, to };
}
