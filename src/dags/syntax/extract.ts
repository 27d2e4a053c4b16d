import type { Tree, TreeCursor } from '@lezer/common';
import { ExpressionBuilder } from './expressions';
import { bind, createScope } from './scopes';
import type { Branch, Expr, PyModule, Scope, Span } from './types';
import { readImport } from './imports';

/** Where a statement stands: what it needs to know of its surroundings. */
interface Place {
  readonly scope: Scope;
  readonly alone: boolean;
  readonly joined: boolean;
  readonly branches: readonly Branch[];
}

const NOT_A_STATEMENT = new Set([':', ';', 'Comment']);

/** Walks the tree of @lezer/python once and keeps what the analysis asks for. */
export class Extractor extends ExpressionBuilder {
  extract(tree: Tree): PyModule {
    const cursor = tree.cursor();
    const place: Place = { scope: this.scope, alone: false, joined: false, branches: [] };
    this.each(cursor, () => this.statement(cursor, place));
    return this.result;
  }

  private statement(c: TreeCursor, place: Place): void {
    switch (c.name) {
      case 'ImportStatement':
        this.importStatement(c, place);
        return;
      case 'AssignStatement':
        this.assignment(c, place.scope);
        return;
      case 'UpdateStatement':
      case 'DeleteStatement':
      case 'ScopeStatement':
        this.rebinding(c, place.scope);
        return;
      case 'FunctionDefinition':
        this.functionDefinition(c, place.scope);
        return;
      case 'ClassDefinition':
        this.classDefinition(c, place.scope);
        return;
      case 'DecoratedStatement':
        this.each(c, () => {
          if (c.name === 'Decorator') this.decorator(c, place.scope);
          else this.statement(c, place);
        });
        return;
      case 'StatementGroup':
        this.each(c, () => {
          if (!NOT_A_STATEMENT.has(c.name)) this.statement(c, { ...place, alone: false, joined: true });
        });
        return;
      case 'IfStatement':
      case 'TryStatement':
      case 'WhileStatement':
      case 'ForStatement':
      case 'WithStatement':
      case 'MatchStatement':
      case 'MatchBody':
      case 'MatchClause':
        this.compound(c, place);
        return;
      default:
        this.each(c, () => {
          if (c.name === 'Body') this.body(c, place);
          else this.expression(c, place.scope);
        });
    }
  }

  private body(c: TreeCursor, place: Place): void {
    let statements = 0;
    this.peek(c, () => {
      if (!NOT_A_STATEMENT.has(c.name)) statements++;
    });
    this.each(c, () => {
      if (!NOT_A_STATEMENT.has(c.name))
        this.statement(c, { ...place, alone: statements === 1, joined: false });
    });
  }

  /** Statements with blocks; names behind `as`, and between `for` and `in`, are bound. */
  private compound(c: TreeCursor, place: Place): void {
    const statement = c.from;
    const kind = c.name === 'IfStatement' ? 'if' : c.name === 'TryStatement' ? 'try' : null;
    let index = 0;
    let binding = false;
    this.each(c, () => {
      if (c.name === 'Body') {
        const branches = kind
          ? [...place.branches, { statement, kind, index: index++ } as const]
          : place.branches;
        this.body(c, { ...place, branches });
      } else if (c.name === 'MatchBody' || c.name === 'MatchClause') this.compound(c, place);
      else if (c.name === 'as' || c.name === 'for') binding = true;
      else if (c.name === 'in' || c.name === ',') binding = binding && c.name === ',';
      else if (binding) this.target(c, place.scope);
      else this.expression(c, place.scope);
      if (c.name === ':') binding = false;
    });
  }

  private importStatement(c: TreeCursor, place: Place): void {
    const errors = this.result.errors.length;
    const read = readImport(c, this.text, (visit) => this.each(c, visit));
    const broken = this.result.errors.length > errors || read.incomplete;
    const statement = { ...read.statement, ...place, broken };
    this.result.imports.push(statement);
    if (statement.kind === 'star') {
      place.scope.stars.push(statement);
      this.result.stars.push(statement);
    }
    for (const imported of statement.names) {
      const name =
        imported.alias ?? (statement.kind === 'import' ? imported.name.replace(/\..*/, '') : imported.name);
      bind({
        kind: 'import',
        name,
        scope: place.scope,
        from: imported.from,
        to: imported.to,
        statement,
        imported,
      });
    }
  }

  /** `a = b = value`: every plain name on the left is bound to the value, names inside patterns to the unknown. */
  private assignment(c: TreeCursor, scope: Scope): void {
    let groups = 0;
    this.peek(c, () => {
      if (c.name === 'AssignOp') groups++;
    });
    let group = 0;
    let single: { name: string; from: number; to: number } | null = null;
    let commas = false as boolean;
    const targets: { name: string; from: number; to: number }[] = [];
    const values: Expr[] = [];
    const flush = () => {
      if (single && !commas) targets.push(single);
      else if (single) this.bindUnknown(single, scope);
      single = null;
    };
    this.each(c, () => {
      if (c.name === 'AssignOp') {
        flush();
        group++;
        commas = false;
      } else if (c.name === ',') {
        commas = true;
        if (group < groups) flush();
      } else if (group === groups && groups > 0) values.push(this.expression(c, scope));
      else if (c.name === 'VariableName') single = { name: this.slice(c), from: c.from, to: c.to };
      else if (c.name === 'TypeDef') this.children(c, scope);
      else this.target(c, scope);
    });
    const first = values[0];
    const last = values[values.length - 1];
    if (!first || !last) {
      flush();
      return;
    }
    const value: Expr =
      commas || values.length > 1 ? { kind: 'tuple', from: first.from, to: last.to, items: values } : first;
    for (const target of targets) {
      const binding = { kind: 'assign' as const, scope, value, ...target };
      bind(binding);
      this.result.assignments.push(binding);
    }
  }

  /** `x += 1`, `del x`, `global x`: afterwards the name no longer surely means what it meant. */
  private rebinding(c: TreeCursor, scope: Scope): void {
    const where = c.name === 'ScopeStatement' ? this.scope : scope;
    let target = true;
    this.each(c, () => {
      if (c.name === 'UpdateOp') target = false;
      else if (target && c.name === 'VariableName')
        this.bindUnknown({ name: this.slice(c), from: c.from, to: c.to }, where);
      else this.expression(c, scope);
    });
  }

  private functionDefinition(c: TreeCursor, scope: Scope): void {
    const inner = createScope('function', scope);
    this.each(c, () => {
      if (c.name === 'VariableName') this.bindUnknown({ name: this.slice(c), from: c.from, to: c.to }, scope);
      else if (c.name === 'ParamList') this.parameters(c, scope, inner);
      else if (c.name === 'Body') this.body(c, { scope: inner, alone: false, joined: false, branches: [] });
      else this.expression(c, scope);
    });
  }

  private classDefinition(c: TreeCursor, scope: Scope): void {
    const span = { from: c.from, to: c.to };
    let nameSpan: Span = span;
    this.peek(c, () => {
      if (c.name === 'VariableName') nameSpan = { from: c.from, to: c.to };
    });
    const name = this.text.slice(nameSpan.from, nameSpan.to);
    const bases: Expr[] = [];
    const definition = { name, nameSpan, bases, scope, ...span };
    this.result.classes.push(definition);
    bind({ kind: 'class', name, scope, definition, ...nameSpan });
    const inner: Place = { scope: createScope('class', scope), alone: false, joined: false, branches: [] };
    this.each(c, () => {
      if (c.name === 'ArgList') {
        for (const arg of this.args(c, scope)) if (arg.name === null) bases.push(arg.value);
      } else if (c.name === 'Body') this.body(c, inner);
    });
  }

  /** `@a.b(x=1)` is a call as well, though the grammar does not say so. */
  private decorator(c: TreeCursor, scope: Scope): void {
    let callee = null as Expr | null;
    const from = c.from;
    this.each(c, () => {
      if (c.name === 'VariableName' && !callee) callee = this.expression(c, scope);
      else if (c.name === 'VariableName' && callee) {
        const nameSpan = { from: c.from, to: c.to };
        const { from: start } = callee;
        const object = callee;
        const attribute = {
          kind: 'attribute' as const,
          object,
          name: this.slice(c),
          nameSpan,
          from: start,
          to: c.to,
        };
        this.result.attributes.push(attribute);
        callee = attribute;
      } else if (c.name === 'ArgList' && callee) this.call(c, callee, scope, this.result.errors.length);
      else if (c.from > from) this.expression(c, scope);
    });
  }
}
