import { DraftReader, NOTHING } from './draft-reader';
import { fieldEnd, Lexer } from './lexer';
import { stringValue } from './literals';
import { Kind } from './tokens';
import type { Expr, Scope, StringExpr } from './types';

/** Reads strings, and the expressions in their replacement fields. */
export abstract class StringParser extends DraftReader {
  protected abstract expressions(scope: Scope): Expr;

  /** String literals; those that stand side by side are one. */
  protected strings(scope: Scope): StringExpr {
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
