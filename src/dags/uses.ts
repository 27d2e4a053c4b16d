import type { SymbolSet } from './rule-set';
import { dottedParts, unwrap } from './syntax/literals';
import { lookup } from './syntax/scopes';
import { headOf, importedSymbol, isCertain, isPrefix, resolve, type Resolution } from './syntax/symbols';
import type {
  AttributeExpr,
  CallExpr,
  Expr,
  ImportBinding,
  ImportStatement,
  NameExpr,
  PyModule,
} from './syntax/types';

/** How a symbol is used: called, derived from, given another name, pre-filled by `partial`, or anything else. */
export type Role = 'call' | 'base' | 'alias' | 'partial' | 'other';

/** One place where a symbol of interest is used. */
export interface Use {
  readonly expr: NameExpr | AttributeExpr;
  readonly resolution: Resolution;
  /** The name cannot mean anything else here. */
  readonly certain: boolean;
  readonly role: Role;
  /** The call that is made, also through `partial`. */
  readonly call: CallExpr | null;
}

/** An import of a symbol of interest, or of its module. */
export interface SymbolImport {
  readonly binding: ImportBinding;
  readonly dotted: string;
}

/** What the file does with symbols of interest. */
export interface Uses {
  readonly imports: readonly SymbolImport[];
  readonly uses: readonly Use[];
}

/** Finds every import and every use of some symbols. */
export function findUses(module: PyModule, { symbols, prefixes, modules }: SymbolSet): Uses {
  const imports: SymbolImport[] = [];
  const locals = new Set<string>();
  for (const statement of module.imports) {
    if (statement.kind === 'star') {
      for (const symbol of symbols)
        if (symbol.startsWith(`${statement.module}.`)) locals.add(symbol.slice(statement.module.length + 1));
      continue;
    }
    for (const binding of bindingsOf(statement)) {
      const dotted = binding.statement.kind === 'import' ? binding.imported.name : importedSymbol(binding);
      for (const module of modules)
        if (isPrefix(module, dotted)) imports.push({ binding, dotted: `${module}.*` });
      if (!prefixes.has(dotted)) continue;
      locals.add(binding.name);
      if (symbols.has(dotted)) imports.push({ binding, dotted });
      else if (symbols.has(`${dotted}.${lastOf(dotted)}`)) {
        imports.push({ binding, dotted: `${dotted}.${lastOf(dotted)}` });
      }
    }
  }
  addAliases(module, locals);
  return { imports, uses: usesOf(module, symbols, locals) };
}

function bindingsOf(statement: ImportStatement): ImportBinding[] {
  return statement.names.flatMap((imported) => {
    const local =
      imported.alias ?? (statement.kind === 'import' ? imported.name.replace(/\..*/, '') : imported.name);
    const found = statement.scope.bindings.get(local) ?? [];
    return found.filter((one): one is ImportBinding => one.kind === 'import' && one.imported === imported);
  });
}

/** `Op = LocalMinioOperator` makes `Op` interesting as well. */
function addAliases(module: PyModule, locals: Set<string>): void {
  for (let grown = true; grown;) {
    grown = false;
    for (const { name, value } of module.assignments) {
      const head = headOf(unwrap(value));
      if (!head || !locals.has(head.id) || locals.has(name)) continue;
      locals.add(name);
      grown = true;
    }
  }
}

function usesOf(module: PyModule, symbols: ReadonlySet<string>, locals: ReadonlySet<string>): Use[] {
  const chains = new Map<NameExpr, AttributeExpr[]>();
  for (const attribute of module.attributes) {
    const head = headOf(attribute);
    if (!head || !locals.has(head.id)) continue;
    const known = chains.get(head);
    if (known) known.push(attribute);
    else chains.set(head, [attribute]);
  }
  const roles = rolesOf(module);
  const uses: Use[] = [];
  for (const local of locals) {
    for (const name of module.names.get(local) ?? []) {
      for (const expr of [name, ...(chains.get(name) ?? [])]) {
        const resolutions = resolve(expr);
        const resolution = resolutions.find((one) => symbols.has(one.dotted));
        if (!resolution) continue;
        const role = roles.get(expr) ?? { role: 'other', call: null };
        uses.push({ expr, resolution, certain: isCertain(expr, resolutions), ...role });
        break;
      }
    }
  }
  return uses.sort((a, b) => a.expr.from - b.expr.from);
}

function rolesOf(module: PyModule): Map<Expr, Pick<Use, 'role' | 'call'>> {
  const roles = new Map<Expr, Pick<Use, 'role' | 'call'>>();
  for (const call of module.calls) {
    roles.set(unwrap(call.callee), { role: 'call', call });
    const [first] = call.args;
    if (first?.name !== null) continue;
    const parts = dottedParts(call.callee);
    if (parts?.[parts.length - 1] === 'partial') roles.set(unwrap(first.value), { role: 'partial', call });
  }
  for (const definition of module.classes) {
    for (const base of definition.bases) roles.set(unwrap(base), { role: 'base', call: null });
  }
  for (const { value } of module.assignments) {
    const plain = unwrap(value);
    if (plain.kind === 'name' || plain.kind === 'attribute') roles.set(plain, { role: 'alias', call: null });
  }
  return roles;
}

/** Uses of a name that nothing in the file gives a meaning. */
export function unboundNames(module: PyModule, id: string): readonly NameExpr[] {
  if (module.stars.length > 0) return [];
  return (module.names.get(id) ?? []).filter((name) => lookup(id, name.scope).length === 0);
}

function lastOf(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}
