import type { Binding, Scope } from './types';

/** A new scope inside `parent`. */
export function createScope(kind: Scope['kind'], parent: Scope | null): Scope {
  return { kind, parent, bindings: new Map(), stars: [] };
}

/** Records that `binding.name` gets a meaning in its scope. */
export function bind(binding: Binding): void {
  const known = binding.scope.bindings.get(binding.name);
  if (known) known.push(binding);
  else binding.scope.bindings.set(binding.name, [binding]);
}

/** The scope that gives a name its meaning, by Python's rule: classes are skipped from inside their functions. */
export function lookup(id: string, scope: Scope): readonly Binding[] {
  for (let at: Scope | null = scope, first = true; at; at = at.parent, first = false) {
    if (at.kind === 'class' && !first) continue;
    const found = at.bindings.get(id);
    if (found) return found;
  }
  return [];
}

/** The scope and those around it, innermost first. */
export function* enclosing(scope: Scope): Generator<Scope> {
  for (let at: Scope | null = scope; at; at = at.parent) yield at;
}
