import type { Binding, Scope } from './types';

/** A new scope inside `parent`. */
export function createScope(kind: Scope['kind'], parent: Scope | null): Scope {
  return { kind, parent, bindings: new Map(), stars: [], declared: null };
}

/** Records that `binding.name` gets a meaning: in its scope, or in the module where it is declared `global`. */
export function bind(binding: Binding): void {
  const { name, scope } = binding;
  const { bindings } = scope.declared?.has(name) ? moduleOf(scope) : scope;
  const known = bindings.get(name);
  if (known) known.push(binding);
  else bindings.set(name, [binding]);
}

function moduleOf(scope: Scope): Scope {
  return scope.parent ? moduleOf(scope.parent) : scope;
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
