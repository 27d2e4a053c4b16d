import { BracketParser } from './brackets';
import { NOTHING } from './draft-reader';
import { createScope } from './scopes';
import { Kind, Word } from './tokens';
import type { AttributeExpr, BinaryExpr, Expr, OtherExpr, Scope } from './types';

/** Deeper nesting is skipped; Python itself stops at 200 brackets. */
const MAX_DEPTH = 220;

/** Keywords that an operand can begin with. */
const OPERAND_WORDS: ReadonlySet<number> = new Set([
  Word.None,
  Word.True,
  Word.False,
  Word.lambda,
  Word.not,
  Word.await,
  Word.yield,
]);

/** Reads expressions and collects calls, names and strings on the way. */
export class ExpressionParser extends BracketParser {
  private depth = 0;

  /** One expression, or several with commas between them. */
  protected expressions(scope: Scope): Expr {
    const first = this.element(scope);
    if (!this.is(Kind.comma)) return first;
    const items = [first];
    while (this.take(Kind.comma) && this.startsOperand()) items.push(this.element(scope));
    const to = items[items.length - 1]?.to ?? first.to;
    return this.placed({ kind: 'tuple', from: first.from, to, items });
  }

  /** An expression with what may stand around it but not inside of it: `lambda`, `yield`, `:=`, `… if … else …`. */
  protected expression(scope: Scope): Expr {
    if (this.depth >= MAX_DEPTH) return this.tooDeep();
    this.depth++;
    const expr = this.conditional(scope);
    this.depth--;
    return expr;
  }

  private conditional(scope: Scope): Expr {
    if (this.is(Kind.keyword)) {
      if (this.isWord(Word.lambda)) return this.lambda(scope);
      if (this.isWord(Word.yield)) return this.yielded(scope);
    }
    const left = this.disjunction(scope);
    if (this.take(Kind.walrus)) {
      const value = this.expression(scope);
      let at = scope;
      while (at.kind === 'comprehension' && at.parent) at = at.parent;
      this.target(left, at);
      return this.other(left.from, value.to, [value]);
    }
    if (!this.takeWord(Word.if)) return left;
    const condition = this.disjunction(scope);
    if (!this.takeWord(Word.else)) {
      this.fail();
      return this.other(left.from, condition.to, [left, condition]);
    }
    const alternative = this.expression(scope);
    return this.other(left.from, alternative.to, [left, condition, alternative]);
  }

  /** Everything with operators; only `>>` and `<<` are told apart from the others. */
  protected disjunction(scope: Scope): Expr {
    const first = this.shift(scope);
    if (!this.looseOperator()) return first;
    const operands = [first];
    do operands.push(this.shift(scope));
    while (this.looseOperator());
    return this.combined(operands);
  }

  private looseOperator(): boolean {
    if (this.is(Kind.loose)) {
      this.next();
      return true;
    }
    if (!this.is(Kind.keyword)) return false;
    const word = this.extra;
    if (word === Word.not && this.peek() === Kind.keyword && this.tokens.extra[this.at + 1] === Word.in)
      this.next();
    else if (word !== Word.and && word !== Word.or && word !== Word.in && word !== Word.is) return false;
    this.next();
    return true;
  }

  private shift(scope: Scope): Expr {
    let left = this.sum(scope);
    while (this.is(Kind.shift)) {
      const operator = this.source();
      this.next();
      const right = this.sum(scope);
      const { from } = left;
      const binary: BinaryExpr = this.placed({ kind: 'binary', operator, left, right, from, to: right.to });
      this.result.shifts.push(binary);
      left = binary;
    }
    return left;
  }

  private sum(scope: Scope): Expr {
    const first = this.operand(scope);
    if (!this.tightOperator()) return first;
    const operands = [first];
    do operands.push(this.operand(scope));
    while (this.tightOperator());
    return this.combined(operands);
  }

  private tightOperator(): boolean {
    const { kind } = this;
    if (kind !== Kind.sign && kind !== Kind.star && kind !== Kind.product && kind !== Kind.doubleStar)
      return false;
    this.next();
    return true;
  }

  private operand(scope: Scope): Expr {
    const { from } = this;
    let prefixed = false;
    while (this.is(Kind.sign) || this.isWord(Word.not) || this.isWord(Word.await)) {
      prefixed = true;
      this.next();
    }
    const inner = this.primary(scope);
    return prefixed ? this.other(from, inner.to, [inner]) : inner;
  }

  /** `a`, `a.b`, `a[…]`, `a(…)` and so on. */
  protected primary(scope: Scope): Expr {
    const errors = this.errors.length;
    let expr = this.atom(scope);
    for (;;) {
      if (this.is(Kind.dot)) expr = this.attribute(expr);
      else if (!this.is(Kind.open)) return expr;
      else {
        const bracket = this.text[this.from];
        if (bracket === '(') expr = this.call(expr, scope, errors);
        else if (bracket === '[') expr = this.subscript(expr, scope);
        else return expr;
      }
    }
  }

  private atom(scope: Scope): Expr {
    const { kind, from, to } = this;
    switch (kind as number) {
      case Kind.name:
        this.next();
        return this.name(from, to, scope);
      case Kind.string:
      case Kind.formatString:
        return this.strings(scope);
      case Kind.number:
        this.next();
        return this.literal(from, to, Number(this.text.slice(from, to).replace(/_/g, '')));
      case Kind.ellipsis:
        this.next();
        return this.other(from, to, NOTHING);
      case Kind.open:
        return this.bracket(scope);
      case Kind.keyword: {
        const word = this.extra;
        if (word === Word.lambda) return this.expression(scope);
        if (word !== Word.None && word !== Word.True && word !== Word.False) break;
        this.next();
        return this.literal(from, to, word === Word.None ? null : word === Word.True);
      }
    }
    this.fail();
    return this.other(this.last, this.last, NOTHING);
  }

  /** Whether an expression can begin here. */
  protected startsOperand(): boolean {
    switch (this.kind as number) {
      case Kind.name:
      case Kind.number:
      case Kind.string:
      case Kind.formatString:
      case Kind.open:
      case Kind.sign:
      case Kind.star:
      case Kind.doubleStar:
      case Kind.ellipsis:
        return true;
      case Kind.keyword:
        return OPERAND_WORDS.has(this.extra);
      default:
        return false;
    }
  }

  /** `a.b.c`, and nothing behind it. */
  protected qualifiedName(scope: Scope): Expr {
    let expr: Expr = this.name(this.from, this.to, scope);
    this.next();
    while (this.is(Kind.dot)) expr = this.attribute(expr);
    return expr;
  }

  private attribute(object: Expr): Expr {
    this.next();
    if (!this.is(Kind.name) && !this.is(Kind.keyword)) {
      this.fail();
      return object;
    }
    const nameSpan = this.here();
    const name = this.source();
    this.next();
    const { from } = object;
    const attribute: AttributeExpr = this.placed({
      kind: 'attribute',
      object,
      name,
      nameSpan,
      from,
      to: nameSpan.to,
    });
    this.result.attributes.push(attribute);
    return attribute;
  }

  private lambda(scope: Scope): Expr {
    const { from } = this;
    this.next();
    const inner = createScope('function', scope);
    this.parameters(scope, inner, false);
    if (!this.expect(Kind.colon)) return this.other(from, this.last, NOTHING);
    const body = this.expression(inner);
    return this.other(from, body.to, [body]);
  }

  /** Parameters are bound inside, their defaults and annotations are evaluated outside. */
  protected parameters(scope: Scope, inner: Scope, annotated: boolean): void {
    while (!this.is(Kind.close) && !this.ended() && (annotated || !this.is(Kind.colon))) {
      if (this.is(Kind.name)) {
        this.bindUnknown(this.source(), this.from, this.to, inner);
        this.next();
        if (annotated && this.take(Kind.colon)) this.annotation(scope);
        if (this.take(Kind.assign)) this.element(scope);
        if (this.is(Kind.comma) || this.is(Kind.close) || this.is(Kind.colon)) continue;
        this.fail();
      } else if (
        this.is(Kind.comma) ||
        this.is(Kind.star) ||
        this.is(Kind.doubleStar) ||
        this.is(Kind.product)
      )
        this.next();
      else this.skip();
    }
  }

  /** What says of which type something is. */
  protected annotation(scope: Scope): void {
    this.result.annotations.push(this.element(scope));
  }

  private yielded(scope: Scope): Expr {
    const { from } = this;
    this.next();
    if (!this.takeWord(Word.from) && !this.startsOperand()) return this.other(from, this.last, NOTHING);
    const value = this.expressions(scope);
    return this.other(from, value.to, [value]);
  }

  /** Steps over brackets that are nested too deep to be followed. */
  private tooDeep(): OtherExpr {
    const { from } = this;
    this.fail();
    let open = 0;
    do {
      if (this.is(Kind.open)) open++;
      else if (this.is(Kind.close)) open--;
      this.next();
    } while (!this.ended() && (open > 0 || !(this.is(Kind.close) || this.is(Kind.comma))));
    return this.other(from, this.last, NOTHING);
  }
}
