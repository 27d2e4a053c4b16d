import { NOTHING } from './draft-reader';
import { createScope } from './scopes';
import { StringParser } from './strings';
import { Kind, Word } from './tokens';
import type { Argument, CallExpr, DictEntry, DictExpr, Expr, Scope, SubscriptExpr } from './types';

/** Reads what stands in brackets: calls, subscripts, sequences, dicts and comprehensions. */
export abstract class BracketParser extends StringParser {
  protected abstract expression(scope: Scope): Expr;
  protected abstract disjunction(scope: Scope): Expr;
  protected abstract primary(scope: Scope): Expr;
  protected abstract startsOperand(): boolean;

  protected call(callee: Expr, scope: Scope, errors: number): CallExpr {
    const { from: open } = this;
    const index = this.result.calls.length;
    // Its place is in front of the calls inside of it.
    this.result.calls.push(NO_CALL);
    const { args, closed } = this.args(scope);
    const to = this.last;
    const broken = !closed || this.errors.length > errors;
    const call: CallExpr = this.placed({
      kind: 'call',
      callee,
      args,
      open,
      close: to - 1,
      broken,
      scope,
      from: callee.from,
      to,
    });
    this.result.calls[index] = call;
    return call;
  }

  /** The arguments in the parentheses that open here. */
  protected args(outer: Scope): { args: readonly Argument[]; closed: boolean } {
    const scope = this.extra === 1 ? createScope('comprehension', outer) : outer;
    this.next();
    const args: (Argument & { commaEnd: number | null })[] = [];
    while (!this.is(Kind.close) && !this.ended()) {
      if (this.is(Kind.comma)) {
        const last = args[args.length - 1];
        if (last?.commaEnd === null) last.commaEnd = this.to;
        else this.fail();
        this.next();
        continue;
      }
      const { from } = this;
      const star = this.take(Kind.star) ? '*' : this.take(Kind.doubleStar) ? '**' : '';
      const isNamed = this.peek() === Kind.assign && (this.is(Kind.name) || this.is(Kind.keyword));
      const nameSpan = isNamed ? this.here() : null;
      if (isNamed) {
        this.next();
        this.next();
      }
      if (!this.startsOperand()) {
        this.fail();
        if (!isNamed && star === '') this.next();
        if (!isNamed) continue;
      }
      const value = this.startsOperand()
        ? this.withClauses(this.expression(scope), scope)
        : this.other(this.last, this.last, NOTHING);
      const name = nameSpan && this.text.slice(nameSpan.from, nameSpan.to);
      args.push(this.placed({ name, nameSpan, value, star, commaEnd: null, from, to: value.to }));
      // A comma is missing; what follows is another argument all the same.
      if (!this.is(Kind.comma) && !this.is(Kind.close)) this.fail();
    }
    return { args, closed: this.closes(')') };
  }

  protected subscript(object: Expr, outer: Scope): SubscriptExpr {
    const scope = this.extra === 1 ? createScope('comprehension', outer) : outer;
    this.next();
    const index: Expr[] = [];
    while (!this.is(Kind.close) && !this.ended()) {
      if (this.is(Kind.comma) || this.is(Kind.colon)) this.next();
      else if (this.startsOperand()) index.push(this.withClauses(this.element(scope), scope));
      else this.skip();
    }
    this.closes(']');
    const { from } = object;
    const subscript: SubscriptExpr = this.placed({ kind: 'subscript', object, index, from, to: this.last });
    this.result.subscripts.push(subscript);
    return subscript;
  }

  protected bracket(scope: Scope): Expr {
    const bracket = this.text[this.from];
    if (bracket === '{') return this.braces(scope);
    const { from } = this;
    const inner = this.extra === 1 ? createScope('comprehension', scope) : scope;
    this.next();
    const items: Expr[] = [];
    let commas = 0;
    while (!this.is(Kind.close) && !this.ended()) {
      if (this.take(Kind.comma)) commas++;
      else if (this.startsOperand()) {
        items.push(this.withClauses(this.element(inner), inner));
        // `with (open(a) as b, open(c) as d):`
        if (this.takeWord(Word.as)) this.target(this.primary(scope), scope);
        if (!this.is(Kind.comma) && !this.is(Kind.close)) this.fail();
      } else this.skip();
    }
    this.closes(bracket === '(' ? ')' : ']');
    const to = this.last;
    const [only] = items;
    if (inner !== scope) return this.other(from, to, items);
    if (bracket === '[') return this.placed({ kind: 'list', from, to, items });
    if (commas > 0 || !only) return this.placed({ kind: 'tuple', from, to, items });
    return this.placed({ kind: 'paren', from, to, inner: only });
  }

  /** A dict or a set. */
  private braces(outer: Scope): Expr {
    const { from } = this;
    const isComprehension = this.extra === 1;
    const scope = isComprehension ? createScope('comprehension', outer) : outer;
    this.next();
    const entries: (DictEntry & { commaEnd: number | null })[] = [];
    const items: Expr[] = [];
    let isDict = this.is(Kind.close);
    while (!this.is(Kind.close) && !this.ended()) {
      if (this.is(Kind.comma)) {
        const last = entries[entries.length - 1];
        if (last) last.commaEnd ??= this.to;
        this.next();
        continue;
      }
      if (!this.startsOperand()) {
        this.skip();
        continue;
      }
      const spread = this.is(Kind.doubleStar);
      const first = this.element(scope);
      if (spread) entries.push({ key: null, value: spreadOf(first), commaEnd: null });
      else if (this.take(Kind.colon)) {
        if (!this.startsOperand()) this.fail();
        else {
          const value = this.expression(scope);
          entries.push({ key: first, value, commaEnd: null });
          items.push(first, value);
        }
        isDict = true;
      } else items.push(first);
      isDict ||= spread;
      const last = items[items.length - 1];
      if (last && isComprehension) items.push(this.withClauses(last, scope));
      if (!this.is(Kind.comma) && !this.is(Kind.close)) this.fail();
    }
    this.closes('}');
    const to = this.last;
    if (isComprehension) return this.other(from, to, items);
    if (!isDict) return this.placed({ kind: 'set', from, to, items });
    const dict: DictExpr = this.placed({ kind: 'dict', from, to, entries });
    this.result.dicts.push(dict);
    return dict;
  }

  /** The clauses of a comprehension behind its element. Their scope was opened with the bracket. */
  private withClauses(element: Expr, scope: Scope): Expr {
    if (!this.is(Kind.keyword) || scope.kind !== 'comprehension') return element;
    const children = [element];
    while (this.is(Kind.keyword)) {
      if (this.takeWord(Word.async)) continue;
      if (this.takeWord(Word.for)) {
        this.targets(scope);
        if (!this.takeWord(Word.in)) this.fail();
        children.push(this.disjunction(scope));
      } else if (this.takeWord(Word.if)) children.push(this.disjunction(scope));
      else break;
    }
    return this.other(element.from, this.last, children);
  }

  /** What stands between `for` and `in`. */
  protected targets(scope: Scope): void {
    do {
      this.take(Kind.star);
      if (!this.startsOperand()) break;
      this.target(this.primary(scope), scope);
    } while (this.take(Kind.comma));
  }

  /** An expression in a list of them: `*a` and `**a` as well. */
  protected element(scope: Scope): Expr {
    const { from } = this;
    if (!this.take(Kind.star) && !this.take(Kind.doubleStar)) return this.expression(scope);
    const inner = this.disjunction(scope);
    return this.other(from, inner.to, [inner]);
  }

  /** Goes on behind a closing bracket, where it is the right one. */
  private closes(bracket: string): boolean {
    if (this.is(Kind.close) && this.text[this.from] === bracket) {
      this.next();
      return true;
    }
    this.fail();
    return false;
  }

  protected skip(): void {
    this.fail();
    this.next();
  }
}

/** Stands in the list of calls until the call has been read to its end. */
const NO_CALL = {} as CallExpr;

function spreadOf(expr: Expr): Expr {
  return (expr.kind === 'other' && expr.children[0]) || expr;
}
