import { inside } from './exported-names';
import { lookup } from '../syntax/scopes';
import { resolve } from '../syntax/symbols';
import type { Expr, ImportBinding, PyModule, Scope } from '../syntax/types';
import { within } from '../syntax/within';

/** Where annotations name a symbol that some imports bring in: they follow once nothing else uses the old name. */
export function typesOf(
  { annotations, scope }: PyModule,
  imports: readonly ImportBinding[],
  dotted: string,
): readonly Expr[] {
  const found: Expr[] = [];
  for (const annotation of annotations) {
    for (const part of within(annotation)) {
      if (part.kind === 'string' && part.value !== null && isBound(part.value, scope, imports)) {
        const { value, from, to } = part;
        const quotes = (to - from - value.length) / 2;
        found.push({ kind: 'name', id: value, scope, from: from + quotes, to: to - quotes });
      } else if (part.kind === 'name' || part.kind === 'attribute') {
        const isMeant = resolve(part).some(
          (one) =>
            one.dotted === dotted &&
            one.aliases.length === 0 &&
            one.imports.some((binding) => imports.includes(binding)),
        );
        if (isMeant && !found.some((one) => inside(part, one))) found.push(part);
      }
    }
  }
  return found;
}

function isBound(name: string, scope: Scope, imports: readonly ImportBinding[]): boolean {
  return lookup(name, scope).some((one) => one.kind === 'import' && imports.includes(one));
}

/** Whether an annotation in quotes is about a name; with `more`, only where it says more than the name. */
export function isInQuotedType({ annotations }: PyModule, name: string, more = false): boolean {
  return annotations.some((annotation) =>
    [...within(annotation)].some(
      (part) =>
        part.kind === 'string' &&
        part.value !== null &&
        (part.value === name ? !more : part.value.split(/\W+/).includes(name)),
    ),
  );
}
