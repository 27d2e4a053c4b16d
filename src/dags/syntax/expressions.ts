import { fieldEnd, Lexer } from './lexer';
import { stringValue } from './literals';
import { moduleDraft, type ModuleDraft } from './module-draft';
import { bind, createScope } from './scopes';
import { TokenReader } from './token-reader';
import { Kind, Word, type Tokens } from './tokens';
import type {
  Argument,
  AttributeExpr,
  BinaryExpr,
  CallExpr,
  DictEntry,
  DictExpr,
  Expr,
  LiteralExpr,
  NameExpr,
  OtherExpr,
  Scope,
  Span,
  StringExpr,
  SubscriptExpr,
} from './types';

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
export class ExpressionParser extends TokenReader {
  protected readonly result: ModuleDraft;
  private depth = 0;

  constructor(text: string, tokens: Tokens, scope = createScope('module', null)) {
    super(text, tokens);
    this.result = moduleDraft(text, tokens, this.errors, scope);
  }

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

  private literal(from: number, to: number, value: LiteralExpr['value']): LiteralExpr {
    return this.placed({ kind: 'literal', from, to, value });
  }

  private name(from: number, to: number, scope: Scope): NameExpr {
    const name: NameExpr = this.placed({ kind: 'name', id: this.text.slice(from, to), scope, from, to });
    const known = this.result.names.get(name.id);
    if (known) known.push(name);
    else this.result.names.set(name.id, [name]);
    return name;
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

  private call(callee: Expr, scope: Scope, errors: number): CallExpr {
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

  /** Goes on behind a closing bracket, where it is the right one. */
  private closes(bracket: string): boolean {
    if (this.is(Kind.close) && this.text[this.from] === bracket) {
      this.next();
      return true;
    }
    this.fail();
    return false;
  }

  private subscript(object: Expr, outer: Scope): SubscriptExpr {
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

  private skip(): void {
    this.fail();
    this.next();
  }

  /** An expression in a list of them: `*a` and `**a` as well. */
  private element(scope: Scope): Expr {
    const { from } = this;
    if (!this.take(Kind.star) && !this.take(Kind.doubleStar)) return this.expression(scope);
    const inner = this.disjunction(scope);
    return this.other(from, inner.to, [inner]);
  }

  private bracket(scope: Scope): Expr {
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

  /** String literals; those that stand side by side are one. */
  private strings(scope: Scope): StringExpr {
    const { from } = this;
    let children: Expr[] | null = null;
    let value: string | null = '';
    while (this.is(Kind.string) || this.is(Kind.formatString)) {
      const source = this.source();
      if (this.tokens.openStrings.has(this.from)) this.fail();
      if (this.is(Kind.formatString)) {
        value = null;
        this.fields(source, this.from, scope, (children ??= []));
      } else {
        const part = stringValue(source);
        value = value === null || part === null ? null : value === '' ? part : value + part;
      }
      this.next();
    }
    const to = this.last;
    const string: StringExpr = this.placed({
      kind: 'string',
      from,
      to,
      value,
      children: children ?? NOTHING,
    });
    this.result.strings.push(string);
    return string;
  }

  /** The replacement fields of an f-string. */
  private fields(source: string, start: number, scope: Scope, children: Expr[]): void {
    const opening = /^[a-zA-Z]*("""|'''|"|')/.exec(source);
    const quote = opening?.[1] ?? '"';
    const isRaw = /^[a-zA-Z]*[rR]/.test(source);
    const end = start + source.length - quote.length;
    this.fieldsIn(start + (opening?.[0].length ?? 0), end, quote, isRaw, scope, children);
  }

  private fieldsIn(
    from: number,
    end: number,
    quote: string,
    isRaw: boolean,
    scope: Scope,
    children: Expr[],
  ): void {
    const { text } = this;
    for (let at = text.indexOf('{', from); at >= 0 && at < end; at = text.indexOf('{', at)) {
      if (text[at + 1] === '{') at += 2;
      else if (!isRaw && text.startsWith('\\N', at - 2)) at++;
      else {
        const close = fieldEnd(text, at + 1, end, quote.charAt(0), quote.length === 3);
        if (close === null) return;
        const stop = expressionEnd(text, at + 1, close);
        if (/\S/.test(text.slice(at + 1, stop))) children.push(this.field(at + 1, stop, scope));
        const spec = text.indexOf(':', stop);
        if (spec >= 0 && spec < close) this.fieldsIn(spec + 1, close, quote, isRaw, scope, children);
        at = close;
      }
    }
  }

  private field(from: number, to: number, scope: Scope): Expr {
    const { tokens, at, kind, last } = this;
    const { length } = tokens;
    // The tokens of the field lie behind those of the file as long as they are needed.
    new Lexer(this.text, tokens, from, to).expression();
    this.at = length;
    this.kind = this.peek(0);
    const expr = this.expressions(scope);
    if (!this.is(Kind.end)) this.fail();
    tokens.length = length;
    this.at = at;
    this.kind = kind;
    this.last = last;
    return expr;
  }

  /** Takes note of something that has a place in the text, so that it can be moved when the text before it changes. */
  protected placed<T extends Span>(made: T): T {
    this.result.places.push(made);
    return made;
  }

  protected other(from: number, to: number, children: readonly Expr[]): OtherExpr {
    return this.placed({ kind: 'other', from, to: Math.max(from, to), children });
  }

  private combined(operands: readonly Expr[]): OtherExpr {
    return this.other(operands[0]?.from ?? 0, operands[operands.length - 1]?.to ?? 0, operands);
  }

  /** The token at the cursor. */
  protected here(): Span {
    return this.placed({ from: this.from, to: this.to });
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

/** Most expressions have nothing inside of them. */
const NOTHING: readonly Expr[] = [];

/** Stands in the list of calls until the call has been read to its end. */
const NO_CALL = {} as CallExpr;

function spreadOf(expr: Expr): Expr {
  return (expr.kind === 'other' && expr.children[0]) || expr;
}

/** Where the expression of a replacement field ends: before `!r`, `:spec` or the `=` that shows its source. */
function expressionEnd(text: string, from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at++) {
    const char = text.charAt(at);
    if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    else if (char === '"' || char === "'") {
      const close = text.indexOf(char, at + 1);
      if (close >= 0 && close < to) at = close;
    } else if (depth === 0) {
      if (char === ':') return at;
      if (char === '!' && text[at + 1] !== '=') return at;
      if (
        char === '=' &&
        /^\s*([!:](?!=)|$)/.test(text.slice(at + 1, to)) &&
        !/[=!<>]/.test(text.charAt(at - 1))
      )
        return at;
    }
  }
  return to;
}
