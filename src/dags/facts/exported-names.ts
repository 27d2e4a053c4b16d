import type { ImportBinding, PyModule } from '../syntax/types';

/** What finds a name by its text. */
const BY_TEXT = ['globals', 'locals', 'vars', 'eval', 'exec'];

/** Whether a string names a name of the module, for those who import it or for the file itself. */
export function isNamedInText({ scope, strings, names }: PyModule, name: string): boolean {
  const all = scope.bindings.get('__all__') ?? [];
  const lists = all.flatMap((one) => (one.kind === 'assign' ? [one.value] : []));
  // What is added to the list later may stand anywhere.
  const grows = names.has('__all__') || lists.length < all.length;
  const anywhere = grows || BY_TEXT.some((one) => names.has(one));
  if (!anywhere && lists.length === 0) return false;
  return strings.some(
    (text) => text.value === name && (anywhere || lists.some((list) => inside(text, list))),
  );
}

/** Whether an import is there for other files: who changes or removes it would break them. */
export function isForOthers(
  { name, scope, imported }: ImportBinding,
  isImportedElsewhere: (name: string) => boolean,
): boolean {
  return scope.kind === 'module' && (imported.alias === imported.name || isImportedElsewhere(name));
}

/** Whether a span lies in another one. */
export function inside(inner: { from: number; to: number }, outer: { from: number; to: number }): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}
