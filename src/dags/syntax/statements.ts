import { ImportParser, type ImportDraft, type Place } from './imports';
import type { ModuleDraft } from './module-draft';
import { bind, createScope } from './scopes';
import { Kind, Word } from './tokens';
import type { AssignBinding, ClassDef, Expr, Scope } from './types';

/** By the word that a statement begins with: the words that may go on with it at the same indentation. */
const FOLLOWERS: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [Word.if, [Word.elif, Word.else]],
  [Word.for, [Word.else]],
  [Word.while, [Word.else]],
  [Word.try, [Word.except, Word.else, Word.finally]],
  [Word.with, []],
  // Left over when what they belong to cannot be read.
  [Word.elif, [Word.elif, Word.else]],
  [Word.else, []],
  [Word.except, [Word.except, Word.else, Word.finally]],
  [Word.finally, []],
]);

/** Reads a whole file and keeps what the analysis asks for. */
export class ModuleParser extends ImportParser {
  /** The indentation of the logical line that is being read. */
  private indent = 0;
  /** Statements in it are joined by `;`. */
  private joined = false;

  module(): ModuleDraft {
    const place: Place = { scope: this.result.scope, branches: [] };
    while (this.is(Kind.line)) {
      this.result.statements.push(this.here());
      this.logicalLine(place);
    }
    this.result.errors.push(...this.tokens.errors);
    return this.result;
  }

  /** Reads a logical line; answers the import that is all there is in it. */
  private logicalLine(place: Place): ImportDraft | null {
    this.openLine();
    let only: ImportDraft | null = null;
    do only = this.ended() ? only : this.statement(place);
    while (this.take(Kind.semicolon));
    while (!this.ended()) this.recover(place.scope);
    return only;
  }

  private openLine(): void {
    this.indent = this.extra;
    this.joined = this.tokens.joined.has(this.at);
    this.next();
  }

  /** Something stands where nothing can stand; what can be read behind it is read. */
  private recover(scope: Scope): void {
    this.fail();
    const { at } = this;
    if (this.startsOperand()) this.expressions(scope);
    if (this.at === at) this.next();
  }

  private statement(place: Place): ImportDraft | null {
    if (this.is(Kind.keyword)) return this.keywordStatement(place);
    if (this.is(Kind.product) && this.source() === '@') {
      this.next();
      this.expression(place.scope);
      return null;
    }
    if (this.is(Kind.name)) {
      if (this.isMatch()) {
        this.matchStatement(place);
        return null;
      }
      if (this.peek() === Kind.name && this.source() === 'type') {
        this.typeAlias(place.scope);
        return null;
      }
    }
    this.expressionStatement(place.scope);
    return null;
  }

  private keywordStatement(place: Place): ImportDraft | null {
    const { scope } = place;
    switch (this.extra) {
      case Word.import:
      case Word.from:
        return this.importStatement(place, this.joined);
      case Word.def:
        this.functionDefinition(scope);
        break;
      case Word.class:
        this.classDefinition(scope);
        break;
      case Word.async:
        this.next();
        if (this.is(Kind.keyword)) this.keywordStatement(place);
        break;
      case Word.return:
      case Word.raise:
      case Word.assert:
        this.next();
        if (this.startsOperand()) this.expressions(scope);
        if (this.takeWord(Word.from)) this.expression(scope);
        break;
      case Word.del:
        this.next();
        this.target(this.expressions(scope), scope);
        break;
      case Word.global:
      case Word.nonlocal:
        this.next();
        while (this.is(Kind.name)) {
          this.bindUnknown(this.source(), this.from, this.to, this.result.scope);
          (scope.declared ??= new Set()).add(this.source());
          this.next();
          if (!this.take(Kind.comma)) break;
        }
        break;
      case Word.pass:
      case Word.break:
      case Word.continue:
        this.next();
        break;
      default:
        if (FOLLOWERS.has(this.extra)) this.compound(place);
        else this.expressionStatement(scope);
    }
    return null;
  }

  /** Statements with blocks. */
  private compound(place: Place): void {
    const { extra: first, indent } = this;
    const kind = first === Word.if ? 'if' : first === Word.try ? 'try' : null;
    const statement = kind && this.here();
    for (let index = 0; ; index++) {
      this.head(place.scope);
      const branches = statement ? [...place.branches, { statement, kind, index } as const] : place.branches;
      this.suite({ ...place, branches }, indent);
      if (!this.is(Kind.line) || this.extra !== indent || this.peek() !== Kind.keyword) return;
      if (!FOLLOWERS.get(first)?.includes(this.tokens.extra[this.at + 1] ?? -1)) return;
      this.openLine();
    }
  }

  /** What stands before the colon. */
  private head(scope: Scope): void {
    const { extra: word } = this;
    this.next();
    switch (word) {
      case Word.if:
      case Word.elif:
      case Word.while:
        this.expressions(scope);
        break;
      case Word.for:
        this.targets(scope);
        if (!this.takeWord(Word.in)) this.fail();
        this.expressions(scope);
        break;
      case Word.with:
      case Word.except:
        this.take(Kind.star);
        while (this.startsOperand()) {
          this.expression(scope);
          if (this.takeWord(Word.as) && this.startsOperand()) this.target(this.primary(scope), scope);
          if (!this.take(Kind.comma)) break;
        }
        break;
      default:
    }
  }

  /** The block behind a colon: in the same line, or in lines that are indented deeper. */
  private suite(place: Place, indent: number): void {
    while (!this.is(Kind.colon) && !this.ended()) this.recover(place.scope);
    this.expect(Kind.colon);
    let only: ImportDraft | null = null;
    let count = 0;
    if (this.ended()) {
      while (this.is(Kind.line) && this.extra > indent) {
        only = this.logicalLine(place);
        count++;
      }
    } else {
      do {
        if (this.ended()) break;
        only = this.statement(place);
        count++;
      } while (this.take(Kind.semicolon));
      while (!this.ended()) this.recover(place.scope);
    }
    if (only && count === 1 && !only.joined) only.alone = true;
    this.indent = indent;
  }

  private functionDefinition(scope: Scope): void {
    const inner = createScope('function', scope);
    const { indent } = this;
    this.next();
    if (this.is(Kind.name)) {
      this.bindUnknown(this.source(), this.from, this.to, scope);
      this.next();
    } else this.fail();
    this.typeParameters(inner);
    if (this.is(Kind.open)) {
      this.next();
      this.parameters(scope, inner, true);
      this.expect(Kind.close);
    } else this.fail();
    if (this.take(Kind.arrow)) this.annotation(scope);
    this.suite({ scope: inner, branches: [] }, indent);
  }

  /** `def f[T: int]()` and `class C[*Ts]`. */
  private typeParameters(inner: Scope): void {
    if (!this.is(Kind.open) || this.text[this.from] !== '[') return;
    this.next();
    this.parameters(inner, inner, true);
    this.expect(Kind.close);
  }

  private classDefinition(scope: Scope): void {
    const { from, indent } = this;
    this.next();
    const nameSpan = this.here();
    const name = this.is(Kind.name) ? this.source() : '';
    this.expect(Kind.name);
    const bases: Expr[] = [];
    const inner = createScope('class', scope);
    const definition: ClassDef & { to: number } = this.placed({
      name,
      nameSpan,
      bases,
      scope,
      body: inner,
      from,
      to: from,
    });
    this.result.classes.push(definition);
    bind(this.placed({ kind: 'class', name, scope, definition, ...nameSpan }));
    this.typeParameters(inner);
    if (this.is(Kind.open))
      for (const arg of this.args(scope).args) if (arg.name === null) bases.push(arg.value);
    this.suite({ scope: inner, branches: [] }, indent);
    definition.to = this.last;
  }

  /** `match` is a name unless its line ends in a colon. */
  private isMatch(): boolean {
    const after = this.peek();
    if (after === Kind.colon || after === Kind.assign || after === Kind.dot || after === Kind.comma)
      return false;
    if (after === Kind.line || this.source() !== 'match') return false;
    let distance = 1;
    while (this.peek(distance) !== Kind.line && this.peek(distance) !== Kind.end) distance++;
    return this.peek(distance - 1) === Kind.colon;
  }

  private matchStatement(place: Place): void {
    const { indent } = this;
    this.next();
    this.expressions(place.scope);
    this.expect(Kind.colon);
    while (this.is(Kind.line) && this.extra > indent) {
      if (this.peek() !== Kind.name || this.source(this.at + 1) !== 'case') {
        this.logicalLine(place);
        continue;
      }
      this.openLine();
      const { indent: own } = this;
      this.next();
      this.pattern(place.scope);
      if (this.takeWord(Word.if)) this.expressions(place.scope);
      this.suite(place, own);
    }
    this.indent = indent;
  }

  /** Names in a pattern are bound, unless they are called or have parts. */
  private pattern(scope: Scope): void {
    let open = 0;
    for (; !this.ended() && !(open === 0 && (this.is(Kind.colon) || this.isWord(Word.if)));) {
      if (this.is(Kind.open)) open++;
      else if (this.is(Kind.close)) open--;
      if (!this.is(Kind.name)) {
        this.next();
        continue;
      }
      const after = this.peek();
      if (after === Kind.dot || after === Kind.open) this.qualifiedName(scope);
      else {
        if (after !== Kind.assign) this.bindUnknown(this.source(), this.from, this.to, scope);
        this.next();
      }
    }
  }

  private typeAlias(scope: Scope): void {
    this.next();
    this.bindUnknown(this.source(), this.from, this.to, scope);
    this.next();
    const inner = createScope('function', scope);
    this.typeParameters(inner);
    if (this.expect(Kind.assign)) this.expression(inner);
  }

  /** An expression, or an assignment of some kind. */
  private expressionStatement(scope: Scope): void {
    if (!this.startsOperand()) return;
    const first = this.expressions(scope);
    if (this.is(Kind.update)) {
      this.next();
      if (first.kind === 'name') this.target(first, scope);
      this.value(scope);
      return;
    }
    const annotated = this.take(Kind.colon);
    if (annotated) this.result.annotations.push(this.value(scope));
    if (!this.is(Kind.assign)) {
      if (annotated) this.target(first, scope);
      return;
    }
    const targets: Expr[] = [];
    let value = first;
    while (this.take(Kind.assign)) {
      targets.push(value);
      value = this.value(scope);
    }
    for (const target of targets) this.assign(target, value, scope);
  }

  private value(scope: Scope): Expr {
    if (this.startsOperand()) return this.expressions(scope);
    this.fail();
    return this.other(this.last, this.last, []);
  }

  /** A plain name is bound to the value, names inside of patterns to the unknown. */
  private assign(target: Expr, value: Expr, scope: Scope): void {
    if (target.kind !== 'name') {
      this.target(target, scope);
      return;
    }
    this.unuse(target);
    const { id: name, from, to } = target;
    const binding: AssignBinding = this.placed({ kind: 'assign', scope, value, name, from, to });
    bind(binding);
    this.result.assignments.push(binding);
  }
}
