import { lastPart, parent } from '../dotted';
import type { Edit } from './edits';
import { isForOthers, isNamedInText } from '../facts/exported-names';
import { isInQuotedType, typesOf } from '../facts/type-names';
import { statementEdits, type StatementChange } from './import-edits';
import { lookup } from '../syntax/scopes';
import { headOf, importedSymbol, isDottedImport, resolve } from '../syntax/symbols';
import type { Expr, ImportBinding, ImportStatement, NameExpr, PyModule, Scope } from '../syntax/types';

/** One use of a symbol that is to become another one. */
export interface Reference {
  readonly expr: Expr;
  readonly imports: readonly ImportBinding[];
  readonly dotted: string;
  readonly becomes: string;
}

/** An import that nobody uses. */
export interface UnusedImport {
  readonly binding: ImportBinding;
  readonly dotted: string;
  readonly becomes: string | null;
}

export type ImportPlan = { readonly edits: readonly Edit[] } | { readonly refused: string };

/** From which dotted name to which. */
interface Renaming {
  readonly dotted: string;
  readonly becomes: string;
}

/** All references to one symbol through one set of imports. */
interface Group extends Renaming {
  readonly imports: readonly ImportBinding[];
  readonly references: Reference[];
}

/**
 * Renames references and plans the imports of the whole file once: an import is rewritten or removed exactly when
 * nothing uses it any more, a new one is added exactly when there is none yet.
 */
export function planImports(
  module: PyModule,
  references: readonly Reference[],
  unused: readonly UnusedImport[],
  isImportedElsewhere: (name: string) => boolean,
): ImportPlan {
  const plan = new Planner(module, isImportedElsewhere);
  for (const one of unused) plan.removeUnused(one);
  for (const group of groups(references)) {
    const refused = plan.rename(group);
    if (refused !== null) return { refused };
  }
  return { edits: plan.finish() };
}

function groups(references: readonly Reference[]): Group[] {
  const found: Group[] = [];
  for (const reference of references) {
    const { imports, dotted, becomes } = reference;
    const same = found.find((one) => one.dotted === dotted && one.imports[0] === imports[0]);
    if (same) same.references.push(reference);
    else found.push({ imports, dotted, becomes, references: [reference] });
  }
  return found;
}

class Planner {
  private readonly edits: Edit[] = [];
  private readonly statements = new Map<ImportStatement, StatementChange>();
  /** Local names that this plan brings in, with what they stand for. */
  private readonly introduced = new Map<string, string>();

  constructor(
    private readonly module: PyModule,
    private readonly isImportedElsewhere: (name: string) => boolean,
  ) {}

  removeUnused({ binding, dotted, becomes }: UnusedImport): void {
    const { statement } = binding;
    // The only statement of a block cannot go; it is harmless once it names something that exists.
    if (
      becomes !== null &&
      statement.alone &&
      statement.names.length === 1 &&
      this.isFree(becomes, statement.scope)
    ) {
      this.inPlace(binding, { dotted, becomes });
    } else this.change(statement).dropped.add(binding.imported);
  }

  /** Returns why it cannot be done, or null. */
  rename(group: Group): string | null {
    const { imports, dotted, becomes, references } = group;
    const [primary] = imports;
    if (!primary) return 'it comes from a star import.';
    if (imports.some((one) => one.statement.broken)) return 'its import is not complete.';
    const own = references.map((one) => one.expr);
    const types = typesOf(this.module, imports, dotted);
    const covered = this.coversAll(imports, [...own, ...types]);
    const all = covered && !imports.some((one) => this.isWanted(one, dotted));
    const exprs = covered ? [...new Set([...own, ...types])] : own;
    const existing = this.existing(becomes, exprs, primary);
    if (existing !== null) {
      this.replaceWhole(exprs, existing);
      if (all) for (const one of imports) this.change(one.statement).dropped.add(one.imported);
      return null;
    }
    const stays = all && canStay(primary, group);
    const local = stays ? this.localInPlace(primary, group) : lastPart(becomes);
    const scopes = [primary.scope, ...exprs.flatMap((expr) => headOf(expr)?.scope ?? [])];
    const isNew = !(stays && local === primary.name);
    if (isNew && !scopes.every((scope) => this.isFree(becomes, scope, local))) {
      return `the name \`${local}\` already means something else in this file.`;
    }
    this.introduced.set(local, becomes);
    if (!stays) {
      this.addImport(primary.statement, becomes);
      this.replaceWhole(exprs, lastPart(becomes));
      if (all) for (const one of imports) this.change(one.statement).dropped.add(one.imported);
      return null;
    }
    this.inPlace(primary, group);
    for (const other of imports.slice(1)) {
      if (other.statement.branches.length > 0 || other.scope !== primary.scope) this.inPlace(other, group);
      else this.change(other.statement).dropped.add(other.imported);
    }
    this.replaceAfterInPlace(exprs, primary, becomes);
    return null;
  }

  finish(): readonly Edit[] {
    for (const [statement, change] of this.statements)
      this.edits.push(...statementEdits(this.module, statement, change));
    return this.edits;
  }

  /** Whether `exprs` are all uses that the file makes of these imports. */
  private coversAll(imports: readonly ImportBinding[], exprs: readonly Expr[]): boolean {
    const [primary] = imports;
    if (!primary) return false;
    if (isDottedImport(primary))
      return this.chainsInto(primary.imported.name).every((chain) => exprs.includes(chain));
    const heads = new Set(exprs.map(headOf));
    const names = this.module.names.get(primary.name) ?? [];
    return names.every((name) => heads.has(name) || !refersTo(name, imports));
  }

  /** Whether somebody else than the uses in the file needs the name of an import. */
  private isWanted(binding: ImportBinding, dotted: string): boolean {
    const { name } = binding;
    const changes = name === lastPart(dotted);
    return (
      isForOthers(binding, this.isImportedElsewhere) ||
      (changes && (isNamedInText(this.module, name) || isInQuotedType(this.module, name, true)))
    );
  }

  /** The shortest chains that go through a module imported by its full name. */
  private chainsInto(module: string): Expr[] {
    const inside = this.module.attributes.filter(
      (chain) => this.textOf(chain).replace(/[\s\\]+/g, '') === module,
    );
    return inside.map((chain) => this.module.attributes.find((outer) => outer.object === chain) ?? chain);
  }

  /** The local name under which `becomes` is already imported where every use can see it. */
  private existing(becomes: string, exprs: readonly Expr[], old: ImportBinding): string | null {
    for (const statement of this.module.imports) {
      if (statement.kind !== 'from' || statement.broken || statement.branches.length > 0) continue;
      for (const imported of statement.names) {
        const local = imported.alias ?? imported.name;
        if (`${statement.module}.${imported.name}` !== becomes) continue;
        const first = Math.min(...exprs.map((expr) => expr.from));
        const inTime = statement.from < first || statement.from < old.from;
        const seen = exprs.every((expr) => {
          const scope = headOf(expr)?.scope;
          const found = scope ? lookup(local, scope) : [];
          return (
            found.length > 0 && found.every((one) => one.kind === 'import' && importedSymbol(one) === becomes)
          );
        });
        if (inTime && seen) return local;
      }
    }
    return null;
  }

  /** Whether `local` can come to mean `symbol` in a scope. */
  private isFree(symbol: string, scope: Scope, local = lastPart(symbol)): boolean {
    const planned = this.introduced.get(local);
    if (planned !== undefined && planned !== symbol) return false;
    return lookup(local, scope).every(
      (one) =>
        one.kind === 'import' && (importedSymbol(one) === symbol || importedSymbol(one) === parent(symbol)),
    );
  }

  private localInPlace(binding: ImportBinding, { dotted, becomes }: Renaming): string {
    if (binding.imported.alias) return binding.imported.alias;
    if (isDottedImport(binding)) return binding.name;
    return isModule(binding, dotted) ? lastPart(parent(becomes)) : lastPart(becomes);
  }

  /** Lets the statement stand and changes what it names. */
  private inPlace(binding: ImportBinding, { dotted, becomes }: Renaming): void {
    const { statement, imported } = binding;
    const replace = (span: { from: number; to: number }, text: string) => {
      if (this.textOf(span) !== text) this.edits.push({ from: span.from, to: span.to, text });
    };
    if (statement.kind === 'import') {
      replace(imported.nameSpan, parent(becomes));
      return;
    }
    const symbol = isModule(binding, dotted) ? parent(becomes) : becomes;
    if (statement.moduleSpan && statement.module !== parent(symbol))
      replace(statement.moduleSpan, parent(symbol));
    replace(imported.nameSpan, lastPart(symbol));
  }

  private replaceAfterInPlace(exprs: readonly Expr[], binding: ImportBinding, becomes: string): void {
    for (const expr of exprs) {
      if (expr.kind === 'attribute' && (binding.imported.alias || isDottedImport(binding))) {
        if (isDottedImport(binding)) this.replaceWhole([expr], becomes);
        else this.edits.push({ from: expr.nameSpan.from, to: expr.nameSpan.to, text: lastPart(becomes) });
      } else if (expr.kind === 'attribute') {
        this.replaceWhole([expr], `${lastPart(parent(becomes))}.${lastPart(becomes)}`);
      } else if (!binding.imported.alias) this.replaceWhole([expr], lastPart(becomes));
    }
  }

  private replaceWhole(exprs: readonly Expr[], text: string): void {
    for (const { from, to } of exprs)
      if (this.module.text.slice(from, to) !== text) this.edits.push({ from, to, text });
  }

  private change(statement: ImportStatement): StatementChange {
    const known = this.statements.get(statement) ?? { dropped: new Set(), added: new Map() };
    this.statements.set(statement, known);
    return known;
  }

  private addImport(statement: ImportStatement, symbol: string): void {
    const { added } = this.change(statement);
    added.set(parent(symbol), (added.get(parent(symbol)) ?? new Set()).add(lastPart(symbol)));
  }

  private textOf({ from, to }: { from: number; to: number }): string {
    return this.module.text.slice(from, to);
  }
}

function refersTo(name: NameExpr, imports: readonly ImportBinding[]): boolean {
  return resolve(name).some(
    (one) => one.aliases.length === 0 && one.imports.some((binding) => imports.includes(binding)),
  );
}

/** Whether the import brings in the module that holds the symbol, not the symbol. */
function isModule(binding: ImportBinding, dotted: string): boolean {
  return importedSymbol(binding) !== dotted;
}

/** Whether the statement can be changed where it stands without touching its other names, or what a name stands for. */
function canStay(binding: ImportBinding, { dotted, becomes }: Renaming): boolean {
  const { statement, imported } = binding;
  // Behind `import kaapana.operators as ops` the old module is named at every use.
  const isPackage = isModule(binding, dotted) && importedSymbol(binding) !== parent(dotted);
  if (imported.alias !== null && isPackage) return false;
  if (statement.kind === 'import' || statement.names.length === 1) return true;
  return statement.module === parent(isModule(binding, dotted) ? parent(becomes) : becomes);
}
