import { normalize, type Edit } from './edits';
import { addItems, dropItems, separator, type ItemList } from './list-edits';
import { literalValue, quote, unwrap } from '../syntax/literals';
import { remembered } from '../syntax/remembered';
import type { Argument, CallExpr, PyModule, Span } from '../syntax/types';

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
  const dicts = new Set(changes.flatMap(({ argument }) => argument?.dict ?? []));
  const edits = [...dicts].flatMap((dict) => {
    const items = dictArguments(call).filter((one) => one.dict === dict);
    const own = changes.filter(({ argument }) => argument?.dict === dict);
    return listEdits(module, items, dict.from + 1, own);
  });
  const own = changes.filter(({ argument }) => !argument?.dict);
  return normalize([...edits, ...listEdits(module, call.args, call.open + 1, own)]);
}

function listEdits(
  { text, comments }: PyModule,
  items: readonly Argument[],
  start: number,
  changes: readonly ArgumentChange[],
): Edit[] {
  const list: ItemList<Argument> = { text, items, start, comments };
  const dropped = new Set<Argument>();
  const edits: Edit[] = [];
  const additions: string[] = [];
  for (const { argument, become } of changes) {
    if (!argument) additions.push(...become.map(([name, value]) => `${name}=${value}`));
    else if (become.length === 0) dropped.add(argument);
    else edits.push(...replaceArgument(text, argument, become, separator(list, argument)));
  }
  const deletions = dropItems(list, dropped);
  return [...edits, ...deletions, ...addItems(list, dropped, deletions, additions)];
}

/**
 * The entries of `**{"name": value}` in a call as if they were arguments. Of a dict with entries that cannot be read, or
 * with two of one name, there are none.
 */
export const dictArguments = remembered(({ args }: CallExpr): readonly Argument[] =>
  args.flatMap((arg): readonly Argument[] => {
    const dict = unwrap(arg.value);
    if (arg.star !== '**' || dict.kind !== 'dict') return [];
    const read = dict.entries.flatMap(({ key, value, commaEnd }): readonly Argument[] => {
      const name = key ? literalValue(key) : undefined;
      if (!key || typeof name !== 'string') return [];
      const nameSpan = { from: key.from, to: key.to };
      return [{ name, nameSpan, value, star: '', commaEnd, dict, from: key.from, to: value.to }];
    });
    return new Set(read.map(({ name }) => name)).size === dict.entries.length ? read : [];
  }),
);

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
  const named = (name: string) => (argument.dict ? quote(name) : name);
  const [first] = become;
  if (become.length === 1 && first && argument.nameSpan) {
    const [name, value] = first;
    const edits: Edit[] = [];
    if (name !== argument.name) edits.push({ ...spanOf(argument.nameSpan), text: named(name) });
    if (value !== text.slice(argument.value.from, argument.value.to)) {
      edits.push({ ...spanOf(argument.value), text: value });
    }
    return edits;
  }
  const assign = argument.dict ? ': ' : '=';
  const texts = become.map(([name, value]) => named(name) + assign + value);
  return [{ ...spanOf(argument), text: texts.join(between) }];
}

function spanOf({ from, to }: Span): Span {
  return { from, to };
}
