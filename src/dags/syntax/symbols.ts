import { dottedParts, unwrap } from './literals';
import { remembered } from './remembered';
import { enclosing, lookup } from './scopes';
import type { AssignBinding, Expr, ImportBinding, ImportStatement } from './types';

/** What a name or an attribute chain stands for, as far as this file tells. */
export interface Resolution {
  /** The full dotted name, such as `kaapana.operators.LocalMinioOperator.LocalMinioOperator`. */
  readonly dotted: string;
  /** The imports that bring it in; empty for a star import. */
  readonly imports: readonly ImportBinding[];
  readonly star: ImportStatement | null;
  /** Assignments like `Op = LocalMinioOperator` on the way, outermost first. */
  readonly aliases: readonly AssignBinding[];
}

/** A name may mean several things: other branches, later assignments. */
export const resolve = remembered((expr: Expr): readonly Resolution[] => follow(expr, 0));

function follow(expr: Expr, depth: number): readonly Resolution[] {
  const parts = dottedParts(unwrap(expr));
  const head = headOf(unwrap(expr));
  if (!parts || !head || depth > 8) return [];
  const rest = parts.slice(1);
  const bindings = lookup(head.id, head.scope);
  if (bindings.length === 0) {
    const stars = [...enclosing(head.scope)].flatMap((scope) => scope.stars);
    return stars.map((star) => ({
      dotted: [star.module, ...parts].join('.'),
      imports: [],
      star,
      aliases: [],
    }));
  }
  const found: Resolution[] = [];
  const plain = bindings.filter((binding) => binding.kind === 'import' && isDottedImport(binding));
  for (const binding of bindings) {
    if (binding.kind === 'import') {
      const dotted = [importedSymbol(binding), ...rest].join('.');
      const covering =
        plain.length > 1 && plain.includes(binding) && !isPrefix(binding.imported.name, dotted);
      if (!covering) found.push({ dotted, imports: [binding], star: null, aliases: [] });
    } else if (binding.kind === 'assign') {
      for (const target of follow(binding.value, depth + 1)) {
        const dotted = [target.dotted, ...rest].join('.');
        found.push({ ...target, dotted, aliases: [binding, ...target.aliases] });
      }
    }
  }
  return merge(found);
}

/** Whether every meaning that the name of `expr` can have is among `resolutions`. */
export function isCertain(expr: Expr, resolutions: readonly Resolution[]): boolean {
  const head = headOf(unwrap(expr));
  if (!head || resolutions.length !== 1) return false;
  return lookup(head.id, head.scope).every(
    (binding) =>
      (binding.kind === 'import' && (isDottedImport(binding) || resolutions[0]?.imports.includes(binding))) ||
      (binding.kind === 'assign' && resolutions[0]?.aliases.includes(binding)),
  );
}

/** The name that an expression such as `a.b.c` starts with. */
export function headOf(expr: Expr): Extract<Expr, { kind: 'name' }> | null {
  let at = expr;
  while (at.kind === 'attribute') at = at.object;
  return at.kind === 'name' ? at : null;
}

/** What the name bound by an import stands for. */
export function importedSymbol(binding: ImportBinding): string {
  const { statement, imported } = binding;
  if (statement.kind === 'import') return imported.alias ? imported.name : binding.name;
  return statement.module.endsWith('.')
    ? statement.module + imported.name
    : `${statement.module}.${imported.name}`;
}

/** `import a.b.c` without an alias: it binds `a`, the rest is spelled out at every use. */
export function isDottedImport(binding: ImportBinding): boolean {
  return binding.statement.kind === 'import' && binding.imported.alias === null;
}

/** Whether `dotted` is `prefix` or lies inside it. */
export function isPrefix(prefix: string, dotted: string): boolean {
  return dotted === prefix || dotted.startsWith(`${prefix}.`);
}

/** Resolutions of the same symbol by several imports are one. */
function merge(found: readonly Resolution[]): readonly Resolution[] {
  const merged = new Map<string, Resolution>();
  for (const one of found) {
    const known = merged.get(one.dotted);
    merged.set(one.dotted, known ? { ...known, ...union(known, one) } : one);
  }
  return [...merged.values()];
}

function union(a: Resolution, b: Resolution): Pick<Resolution, 'imports' | 'aliases'> {
  return {
    imports: [...new Set([...a.imports, ...b.imports])],
    aliases: [...new Set([...a.aliases, ...b.aliases])],
  };
}
