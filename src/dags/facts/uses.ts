import { inMap } from '../in-map';
import type { SymbolSet } from '../rules/rule-set';
import { lastName, literalValue, unwrap } from '../syntax/literals';
import { lookup } from '../syntax/scopes';
import { headOf, importedSymbol, isCertain, isPrefix, resolve, type Resolution } from '../syntax/symbols';
import type {
  AttributeExpr,
  CallExpr,
  Expr,
  ImportBinding,
  ImportStatement,
  NameExpr,
  PyModule,
} from '../syntax/types';
import { within } from '../syntax/within';

/** How a symbol is used: called, derived from, given another name, pre-filled by `partial`, as a type, or otherwise. */
export type Role = 'call' | 'base' | 'alias' | 'partial' | 'annotation' | 'other';

/** One place where a symbol of interest is used. */
export interface Use {
  readonly expr: NameExpr | AttributeExpr | CallExpr;
  readonly resolution: Resolution;
  /** The name cannot mean anything else here. */
  readonly certain: boolean;
  readonly role: Role;
  /** The call that is made, also through `partial`. */
  readonly call: CallExpr | null;
  /** Reached by its name in a string: `getattr(module, "Name")`. */
  readonly indirect: boolean;
}

/** Whether the symbol is called, not only given to something that may call it. */
export function isCall({ role, call }: Use): boolean {
  return role === 'call' && call !== null;
}

/** A {@link Use} of which the role is still to be found. */
type Draft = { -readonly [key in keyof Use]: Use[key] };

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
  if (locals.size > 0) addAliases(module, locals);
  return { imports, uses: usesOf(module, symbols, locals) };
}

function bindingsOf(statement: ImportStatement): ImportBinding[] {
  return statement.names.flatMap((imported) => {
    const local =
      imported.alias ?? (statement.kind === 'import' ? imported.name.replace(/\..*/, '') : imported.name);
    // In a function that declares the name `global`, that is the one of the module.
    const found = lookup(local, statement.scope);
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
  for (const attribute of locals.size > 0 ? module.attributes : []) {
    const head = headOf(attribute);
    if (!head || !locals.has(head.id)) continue;
    inMap(chains, head, () => []).push(attribute);
  }
  const found = new Map<Expr, Draft>();
  for (const local of locals) {
    for (const name of module.names.get(local) ?? []) {
      for (const expr of [name, ...(chains.get(name) ?? [])]) {
        const resolutions = resolve(expr);
        const resolution = resolutions.find((one) => symbols.has(one.dotted));
        if (!resolution) continue;
        const certain = isCertain(expr, resolutions);
        found.set(expr, { expr, resolution, certain, role: 'other', call: null, indirect: false });
        break;
      }
    }
  }
  for (const use of indirectUses(module, symbols)) found.set(use.expr, use);
  if (found.size > 0) findRoles(module, found);
  return [...found.values()].sort((a, b) => a.expr.from - b.expr.from);
}

/** `getattr(kaapana.operators.LocalMinioOperator, "LocalMinioOperator")`. */
function* indirectUses(module: PyModule, symbols: ReadonlySet<string>): Generator<Draft> {
  if (!module.names.has('getattr')) return;
  for (const expr of module.calls) {
    const [owner, name] = expr.args;
    if (expr.callee.kind !== 'name' || expr.callee.id !== 'getattr' || !owner || !name) continue;
    const attribute = literalValue(name.value);
    for (const one of typeof attribute === 'string' ? resolve(unwrap(owner.value)) : []) {
      const resolution = { ...one, dotted: `${one.dotted}.${String(attribute)}` };
      if (symbols.has(resolution.dotted))
        yield { expr, resolution, certain: false, role: 'other', call: null, indirect: true };
    }
  }
}

/** Says of each use what is done with it. */
function findRoles(module: PyModule, uses: ReadonlyMap<Expr, Draft>): void {
  const take = (expr: Expr, role: Role, call: CallExpr | null) => {
    const use = uses.get(unwrap(expr));
    if (!use) return;
    use.role = role;
    use.call = call;
  };
  for (const annotation of module.annotations)
    for (const part of within(annotation)) take(part, 'annotation', null);
  for (const call of module.calls) {
    const { callee, args } = call;
    take(callee, 'call', call);
    const [first] = args;
    if (first?.name === null && uses.has(unwrap(first.value)) && isPartial(callee))
      take(first.value, 'partial', call);
  }
  for (const definition of module.classes) for (const base of definition.bases) take(base, 'base', null);
  for (const { value } of module.assignments) take(value, 'alias', null);
}

/** `functools.partial`, under whatever name it is imported. */
function isPartial(callee: Expr): boolean {
  return (
    lastName(callee) === 'partial' || resolve(callee).some(({ dotted }) => dotted === 'functools.partial')
  );
}

/** Uses of a name that nothing in the file gives a meaning. */
export function unboundNames(module: PyModule, id: string): readonly NameExpr[] {
  if (module.stars.length > 0) return [];
  return (module.names.get(id) ?? []).filter((name) => lookup(id, name.scope).length === 0);
}

function lastOf(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}
