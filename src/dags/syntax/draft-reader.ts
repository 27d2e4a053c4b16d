import { moduleDraft, type ModuleDraft } from './module-draft';
import { bind, createScope } from './scopes';
import { TokenReader } from './token-reader';
import type { Tokens } from './tokens';
import type { Expr, LiteralExpr, NameExpr, OtherExpr, Scope, Span } from './types';

/** Most expressions have nothing inside of them. */
export const NOTHING: readonly Expr[] = [];

/** Walks over tokens and fills a module with what they make. */
export class DraftReader extends TokenReader {
  protected readonly result: ModuleDraft;

  constructor(text: string, tokens: Tokens, scope = createScope('module', null)) {
    super(text, tokens);
    this.result = moduleDraft(text, tokens, this.errors, scope);
  }

  /** Takes note of something that has a place in the text, so that it can be moved when the text before it changes. */
  protected placed<T extends Span>(made: T): T {
    this.result.places.push(made);
    return made;
  }

  protected other(from: number, to: number, children: readonly Expr[]): OtherExpr {
    return this.placed({ kind: 'other', from, to: Math.max(from, to), children });
  }

  protected combined(operands: readonly Expr[]): OtherExpr {
    return this.other(operands[0]?.from ?? 0, operands[operands.length - 1]?.to ?? 0, operands);
  }

  /** The token at the cursor. */
  protected here(): Span {
    return this.placed({ from: this.from, to: this.to });
  }

  protected literal(from: number, to: number, value: LiteralExpr['value']): LiteralExpr {
    return this.placed({ kind: 'literal', from, to, value });
  }

  protected name(from: number, to: number, scope: Scope): NameExpr {
    const name: NameExpr = this.placed({ kind: 'name', id: this.text.slice(from, to), scope, from, to });
    const known = this.result.names.get(name.id);
    if (known) known.push(name);
    else this.result.names.set(name.id, [name]);
    return name;
  }

  /** An expression turns out to be assigned to: its names are bound, not used. */
  protected target(expr: Expr, scope: Scope): void {
    if (expr.kind === 'name') {
      this.unuse(expr);
      this.bindUnknown(expr.id, expr.from, expr.to, scope);
    } else if (expr.kind === 'tuple' || expr.kind === 'list') {
      for (const item of expr.items) this.target(item, scope);
    } else if (expr.kind === 'paren') this.target(expr.inner, scope);
    else if (expr.kind === 'other' && this.text[expr.from] === '*') {
      for (const item of expr.children) this.target(item, scope);
    }
  }

  protected unuse(name: NameExpr): void {
    const uses = this.result.names.get(name.id);
    const at = uses?.lastIndexOf(name) ?? -1;
    if (!uses || at < 0) return;
    uses.splice(at, 1);
    if (uses.length === 0) this.result.names.delete(name.id);
  }

  protected bindUnknown(name: string, from: number, to: number, scope: Scope): void {
    bind(this.placed({ kind: 'other', scope, name, from, to }));
  }
}
