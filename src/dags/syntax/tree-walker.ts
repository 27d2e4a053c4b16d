import type { TreeCursor } from '@lezer/common';
import { bind, createScope } from './scopes';
import type {
  AssignBinding,
  AttributeExpr,
  BinaryExpr,
  CallExpr,
  ClassDef,
  DictExpr,
  Expr,
  ImportStatement,
} from './types';
import type { NameExpr, PyModule, Scope, Span, StringExpr, SubscriptExpr } from './types';

/** A {@link PyModule} while it is being filled. */
interface Draft extends PyModule {
  readonly imports: ImportStatement[];
  readonly stars: ImportStatement[];
  readonly calls: CallExpr[];
  readonly assignments: AssignBinding[];
  readonly classes: ClassDef[];
  readonly names: Map<string, NameExpr[]>;
  readonly attributes: AttributeExpr[];
  readonly strings: StringExpr[];
  readonly dicts: DictExpr[];
  readonly subscripts: SubscriptExpr[];
  readonly shifts: BinaryExpr[];
  readonly comments: Span[];
  readonly errors: Span[];
}

/** Walks a tree of @lezer/python; comments and errors are taken note of wherever they stand. */
export abstract class TreeWalker {
  protected readonly scope = createScope('module', null);
  protected readonly result: Draft;

  constructor(protected readonly text: string) {
    const lists = {
      imports: [],
      stars: [],
      assignments: [],
      calls: [],
      classes: [],
      strings: [],
      attributes: [],
      dicts: [],
      subscripts: [],
      shifts: [],
    };
    this.result = { text, scope: this.scope, names: new Map(), comments: [], errors: [], ...lists };
  }

  /** Visits the children of the node under the cursor; comments and errors are taken note of. */
  protected each(c: TreeCursor, visit: () => void): void {
    if (!c.firstChild()) return;
    do {
      if (c.name === 'Comment') this.result.comments.push({ from: c.from, to: c.to });
      else {
        if (c.type.isError) this.result.errors.push({ from: c.from, to: c.to });
        visit();
      }
    } while (c.nextSibling());
    c.parent();
  }

  /** Like {@link each}, for a look ahead. */
  protected peek(c: TreeCursor, visit: () => void): void {
    if (!c.firstChild()) return;
    do visit();
    while (c.nextSibling());
    c.parent();
  }

  protected slice(c: TreeCursor): string {
    return this.text.slice(c.from, c.to);
  }

  protected bindUnknown(name: Span & { name: string }, scope: Scope): void {
    bind({ kind: 'other', scope, ...name });
  }

  protected abstract expression(c: TreeCursor, scope: Scope): Expr;

  /** A place that is assigned to: names are bound, everything else is used. */
  protected target(c: TreeCursor, scope: Scope): void {
    if (c.name === 'VariableName') this.bindUnknown({ name: this.slice(c), from: c.from, to: c.to }, scope);
    else if (/^(Tuple|Array|Parenthesized)Expression$/.test(c.name))
      this.each(c, () => this.target(c, scope));
    else this.expression(c, scope);
  }

  protected children(c: TreeCursor, scope: Scope): Expr[] {
    const found: Expr[] = [];
    this.each(c, () => {
      if (isOperand(c)) found.push(this.expression(c, scope));
    });
    return found;
  }

  protected loopTarget(c: TreeCursor, scope: Scope): void {
    if (c.name === 'VariableName') this.bindUnknown({ name: this.slice(c), from: c.from, to: c.to }, scope);
    else this.peek(c, () => this.loopTarget(c, scope));
  }
}

const operands = new Map<number, boolean>();

/** Whether the node under the cursor is an expression: operators and punctuation have other names. */
export function isOperand(c: TreeCursor): boolean {
  const known = operands.get(c.type.id);
  if (known !== undefined) return known;
  const answer = /^[A-Z]/.test(c.name) && !c.name.endsWith('Op');
  operands.set(c.type.id, answer);
  return answer;
}
