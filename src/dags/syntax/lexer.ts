import { indentation, mustBeStatement, nextStatement } from './boundaries';
import { keywordAt, Kind, Word, type Tokens } from './tokens';

const TAB = 9;
const LF = 10;
const FF = 12;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const APOSTROPHE = 39;
const OPEN = 40;
const CLOSE = 41;
const COMMA = 44;
const DOT = 46;
const COLON = 58;
const SEMICOLON = 59;
const EQUALS = 61;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const CLOSER: Readonly<Record<number, number>> = {
  [OPEN]: CLOSE,
  [OPEN_BRACKET]: CLOSE_BRACKET,
  [OPEN_BRACE]: CLOSE_BRACE,
};

const OPERATOR =
  /\*\*=|\/\/=|>>=|<<=|\.\.\.|[-+*/%&|^@]=|->|:=|==|!=|<=|>=|<>|\*\*|\/\/|<<|>>|[-+*/%&|^@~<>=.]/y;

const OPERATORS: Readonly<Record<string, Kind>> = {
  '...': Kind.ellipsis,
  '->': Kind.arrow,
  ':=': Kind.walrus,
  '=': Kind.assign,
  '*': Kind.star,
  '**': Kind.doubleStar,
  '<<': Kind.shift,
  '>>': Kind.shift,
  '+': Kind.sign,
  '-': Kind.sign,
  '~': Kind.sign,
  '/': Kind.product,
  '//': Kind.product,
  '%': Kind.product,
  '@': Kind.product,
  '.': Kind.dot,
};

/** Operators of one character, by its code, unless one of these follows. */
const SINGLE: Readonly<Record<number, Kind>> = {
  37: Kind.product,
  42: Kind.star,
  43: Kind.sign,
  45: Kind.sign,
  46: Kind.dot,
  47: Kind.product,
  61: Kind.assign,
};
const CONTINUED: ReadonlySet<number> = new Set([42, 46, 47, 61, 62]);

/** How often brackets that are never closed may be followed to the end of the file, before looks alone decide. */
const PATIENCE = 16;

/**
 * Splits Python into tokens. A statement whose brackets or strings are never closed ends where the next statement
 * seems to begin, so that what stands behind it is still read.
 */
export class Lexer {
  private pos: number;
  /** Where the statement that is being read has to end. */
  private stop: number;
  /** Brackets that are open: their tokens, and what closes them. */
  private readonly openers: number[] = [];
  private readonly closers: number[] = [];
  private indent = 0;
  private lineToken = 0;
  /** Strings that go over lines, by the line that they are in. */
  private readonly longStrings: { line: number; from: number; to: number }[] = [];
  private patience = PATIENCE;

  constructor(
    private readonly text: string,
    private readonly tokens: Tokens,
    from = 0,
    private readonly end = text.length,
  ) {
    this.pos = from;
    this.stop = end;
  }

  /**
   * Reads the tokens of a file, up to the first statement without indentation that `isKnown`; answers where that is, null
   * when there is none.
   */
  file(isKnown?: (at: number) => boolean): number | null {
    if (this.pos === 0 && this.text.charCodeAt(0) === 0xfeff) this.pos = 1;
    while (this.pos < this.end) {
      const { column, at } = indentation(this.text, this.pos);
      this.pos = at;
      if (column === 0 && this.patience >= 0 && isKnown?.(at)) {
        this.push(Kind.end, at, at);
        return at;
      }
      this.logicalLine(column);
    }
    this.push(Kind.end, this.end, this.end);
    return null;
  }

  /** Reads the tokens of an expression, which may go over lines. */
  expression(): void {
    this.opened(-1, -1);
    this.rest();
    this.push(Kind.end, this.end, this.end);
  }

  private push(kind: Kind, from: number, to: number, extra = 0): void {
    this.tokens.push(kind, from, to, extra);
  }

  private error(from: number, to: number): void {
    this.tokens.errors.push({ from, to });
  }

  private logicalLine(column: number): void {
    const at = this.pos;
    const code = this.text.charCodeAt(at);
    if (at >= this.end) return;
    if (code === LF || code === CR) this.pos++;
    else if (code === HASH) this.comment();
    else {
      this.indent = column;
      this.lineToken = this.tokens.length;
      this.stop = this.end;
      this.push(Kind.line, at, at, column);
      this.statements(at);
    }
  }

  /** The rest of a logical line; where it runs into the end of the file, it is read again up to the next statement. */
  private statements(start: number): void {
    this.allClosed();
    const unclosed = this.rest();
    if (unclosed === null) return;
    const culprit = this.patience > -PATIENCE ? this.culprit(unclosed, start) : null;
    if (!culprit) return;
    this.rewind(culprit.line, culprit.isString ? culprit.from : null);
    this.stop = culprit.boundary;
    this.allClosed();
    this.pos = this.tokens.to[this.lineToken] ?? start;
    this.rest();
    this.pos = culprit.boundary;
    this.patience--;
  }

  /**
   * Which string or bracket was left open. A string that is open at the end of the file may well have been closed by
   * the quotes of another one: the first that has statements in it is the one.
   */
  private culprit(
    unclosed: 'string' | 'bracket',
    start: number,
  ): { line: number; from: number; boundary: number; isString: boolean } | null {
    if (unclosed === 'bracket') {
      const boundary = nextStatement(this.text, start, this.stop, this.indent);
      return boundary === null ? null : { line: this.lineToken, from: start, boundary, isString: false };
    }
    for (const { line, from, to } of this.longStrings) {
      const boundary = nextStatement(this.text, from, to, this.tokens.extra[line] ?? 0);
      if (boundary !== null) return { line, from, boundary, isString: true };
    }
    return null;
  }

  /** Forgets everything from a logical line on, to read it again. */
  private rewind(line: number, string: number | null): void {
    const { tokens } = this;
    const from = tokens.from[line] ?? 0;
    tokens.length = line + 1;
    for (const list of [tokens.comments, tokens.errors, this.longStrings])
      while ((list[list.length - 1]?.from ?? -1) >= from) list.pop();
    for (const joined of tokens.joined) if (joined >= line) tokens.joined.delete(joined);
    for (const at of tokens.openStrings) if (at >= from) tokens.openStrings.delete(at);
    if (string !== null) tokens.unclosed = Math.min(tokens.unclosed ?? string, string);
    this.lineToken = line;
    this.indent = tokens.extra[line] ?? 0;
  }

  /** Reads up to the end of the logical line; tells what is still open when that is the end of the text. */
  private rest(): 'string' | 'bracket' | null {
    const { text } = this;
    while (this.pos < this.stop) {
      const from = this.pos;
      const code = text.charCodeAt(from);
      if (code === SPACE) this.pos++;
      else if (isLetter(code)) {
        if (!this.word(from)) return 'string';
      } else if (code === COMMA) this.single(Kind.comma);
      else if (code === OPEN || code === OPEN_BRACKET || code === OPEN_BRACE) {
        this.opened(this.tokens.length, CLOSER[code] ?? 0);
        this.single(Kind.open);
      } else if (code === CLOSE || code === CLOSE_BRACKET || code === CLOSE_BRACE) this.close(code);
      else if (code === QUOTE || code === APOSTROPHE) {
        if (!this.string(from, false)) return 'string';
      } else if (code === LF || code === CR) {
        this.pos += code === CR && text.charCodeAt(from + 1) === LF ? 2 : 1;
        if (this.openers.length === 0) return null;
        if (this.endsHere()) return null;
      } else if (code === HASH) this.comment();
      else if (isDigit(code) || (code === DOT && isDigit(text.charCodeAt(from + 1)))) this.number();
      else if (code === COLON && text.charCodeAt(from + 1) !== EQUALS) this.single(Kind.colon);
      else if (code === SEMICOLON) {
        if (this.openers.length === 0) this.tokens.joined.add(this.lineToken);
        this.single(Kind.semicolon);
      } else if (code === TAB || code === FF) this.pos++;
      else if (code === BACKSLASH) this.continuation();
      else this.operator();
    }
    return this.openers.length > 0 && this.stop === this.end ? 'bracket' : null;
  }

  /** At the start of a line inside of brackets: whether it cannot belong to them. */
  private endsHere(): boolean {
    const { column, at } = indentation(this.text, this.pos);
    const ends =
      mustBeStatement(this.text, at) ||
      (this.patience < 0 && nextStatement(this.text, this.pos - 1, at + 1, this.indent) !== null);
    if (!ends) return false;
    // Somewhere further up a line may look like a statement as well: then the bracket was left open before that one.
    const line = this.tokens.from[this.lineToken] ?? 0;
    const boundary = nextStatement(this.text, line, this.pos, Math.min(this.indent, column));
    if (boundary !== null && boundary < this.pos) {
      this.rewind(this.lineToken, null);
      this.stop = boundary;
      this.allClosed();
      this.pos = line;
      this.rest();
      this.pos = boundary;
    }
    return true;
  }

  private single(kind: Kind): void {
    this.push(kind, this.pos, ++this.pos);
  }

  private comment(): void {
    const from = this.pos;
    while (this.pos < this.stop && !isBreak(this.text.charCodeAt(this.pos))) this.pos++;
    this.tokens.comments.push({ from, to: this.pos });
  }

  private continuation(): void {
    const next = this.text.charCodeAt(this.pos + 1);
    if (next === LF) this.pos += 2;
    else if (next === CR) this.pos += this.text.charCodeAt(this.pos + 2) === LF ? 3 : 2;
    else {
      this.error(this.pos, this.pos + 1);
      this.single(Kind.unknown);
    }
  }

  private opened(token: number, closer: number): void {
    this.openers.push(token);
    this.closers.push(closer);
  }

  private allClosed(): void {
    this.closeTo(0);
  }

  /** Leaves so many brackets open. One by one: nearly always it is one, or none at all. */
  private closeTo(open: number): void {
    while (this.openers.length > open) {
      this.openers.pop();
      this.closers.pop();
    }
  }

  private close(code: number): void {
    const at = this.closers.lastIndexOf(code);
    if (at < 0) {
      // Belongs to nothing.
      this.error(this.pos, this.pos + 1);
      if (this.openers.length > 0) this.single(Kind.unknown);
      else this.pos++;
      return;
    }
    this.closeTo(at);
    this.single(Kind.close);
  }

  /** A name, a keyword, or a string with a prefix; false when that string runs into the end of the text. */
  private word(from: number): boolean {
    const { text } = this;
    let pos = from + 1;
    let next = text.charCodeAt(pos);
    while (next < 128 ? WORD[next] === 1 : next >= 128) next = text.charCodeAt(++pos);
    const length = pos - from;
    if (length <= 2 && (next === QUOTE || next === APOSTROPHE) && isPrefix(text, from, pos)) {
      this.pos = pos;
      return this.string(from, /[ft]/i.test(text.slice(from, pos)));
    }
    this.pos = pos;
    const word = keywordAt(text, from, pos);
    if (word === null) this.push(Kind.name, from, pos);
    else {
      this.push(Kind.keyword, from, pos, word);
      const opener = word === Word.for ? this.openers[this.openers.length - 1] : undefined;
      if (opener !== undefined && opener >= 0) this.tokens.extra[opener] = 1;
    }
    return true;
  }

  private number(): void {
    const from = this.pos;
    const { text } = this;
    let pos = from + 1;
    for (; ; pos++) {
      const code = text.charCodeAt(pos);
      const sign =
        (code === 43 || code === 45) &&
        /[eE]/.test(text.charAt(pos - 1)) &&
        !/^0[xX]/.test(text.slice(from, from + 2));
      if (!isLetter(code) && !isDigit(code) && code !== DOT && !sign) break;
    }
    this.pos = pos;
    this.push(Kind.number, from, pos);
  }

  private operator(): void {
    const { text, pos } = this;
    const plain = SINGLE[text.charCodeAt(pos)];
    if (plain !== undefined && !CONTINUED.has(text.charCodeAt(pos + 1))) {
      this.single(plain);
      return;
    }
    OPERATOR.lastIndex = pos;
    const found = OPERATOR.exec(this.text)?.[0];
    const from = this.pos;
    if (found === undefined) {
      this.error(from, ++this.pos);
      this.push(Kind.unknown, from, this.pos);
      return;
    }
    this.pos += found.length;
    const isUpdate = found.length > 1 && found.endsWith('=') && !/^(==|!=|<=|>=|:=)$/.test(found);
    this.push(isUpdate ? Kind.update : (OPERATORS[found] ?? Kind.loose), from, this.pos);
  }

  /** A string with the quotes at the current place; false when it runs into the end of the text. */
  private string(from: number, format: boolean): boolean {
    const { text } = this;
    const quote = text.charAt(this.pos);
    const open = this.pos;
    const triple = text.charAt(open + 1) === quote && text.charAt(open + 2) === quote;
    let pos = triple ? open + 3 : open + 1;
    const line = this.lineToken;
    const kind = format ? Kind.formatString : Kind.string;
    const code = quote.charCodeAt(0);
    for (; pos < this.stop; pos++) {
      const at = text.charCodeAt(pos);
      if (at === BACKSLASH) pos++;
      else if (at === code) {
        if (!triple || (text.charCodeAt(pos + 1) === code && text.charCodeAt(pos + 2) === code)) {
          this.pos = pos + (triple ? 3 : 1);
          this.push(kind, from, this.pos);
          if (triple) this.longStrings.push({ line, from, to: this.pos });
          return true;
        }
      } else if (format && at === OPEN_BRACE) {
        if (text.charCodeAt(pos + 1) === OPEN_BRACE) pos++;
        else pos = fieldEnd(text, pos + 1, this.stop, quote, triple) ?? pos;
      } else if (!triple && isBreak(at)) break;
    }
    this.pos = Math.min(pos, this.stop);
    this.error(from, this.pos);
    this.tokens.openStrings.add(from);
    this.push(kind, from, this.pos);
    if (!triple) return true;
    this.longStrings.push({ line, from, to: this.pos });
    this.tokens.unclosed = Math.min(this.tokens.unclosed ?? from, from);
    return this.stop < this.end;
  }
}

/**
 * The place of the brace that closes a replacement field whose expression begins at `at`; null when there is none, or
 * when the quotes that end the string come first.
 */
export function fieldEnd(
  text: string,
  at: number,
  end: number,
  quote: string,
  triple: boolean,
): number | null {
  let depth = 0;
  for (let pos = at; pos < end; pos++) {
    const code = text.charCodeAt(pos);
    if (code === OPEN || code === OPEN_BRACKET || code === OPEN_BRACE) depth++;
    else if (code === CLOSE || code === CLOSE_BRACKET) depth--;
    else if (code === CLOSE_BRACE) {
      if (depth <= 0) return pos;
      depth--;
    } else if (code === QUOTE || code === APOSTROPHE) {
      const closes = text.charAt(pos) === quote && (!triple || text.startsWith(quote.repeat(3), pos));
      const inner = stringEnd(text, pos, end);
      // Up to Python 3.11 the quotes of the string end it; from 3.12 on they may begin a string inside of the field.
      if (closes && (inner === null || !text.slice(inner, lineEnd(text, inner)).includes('}'))) return null;
      if (inner === null) return null;
      pos = inner - 1;
    } else if (!triple && isBreak(code)) return null;
  }
  return null;
}

/** The end of a plain string that begins at `at`; null when it is not closed. */
function stringEnd(text: string, at: number, end: number): number | null {
  const quote = text.charAt(at);
  const triple = text.startsWith(quote.repeat(3), at);
  for (let pos = at + (triple ? 3 : 1); pos < end; pos++) {
    const code = text.charCodeAt(pos);
    if (code === BACKSLASH) pos++;
    else if (text.charAt(pos) === quote && (!triple || text.startsWith(quote.repeat(3), pos)))
      return pos + (triple ? 3 : 1);
    else if (!triple && isBreak(code)) return null;
  }
  return null;
}

function lineEnd(text: string, at: number): number {
  let pos = at;
  while (pos < text.length && !isBreak(text.charCodeAt(pos))) pos++;
  return pos;
}

function isPrefix(text: string, from: number, to: number): boolean {
  return /^(?:[rbuft]|[rR][bBfFtT]|[bBfFtT][rR])$/i.test(text.slice(from, to));
}

function isBreak(code: number): boolean {
  return code === LF || code === CR;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Whether a name may begin with this character; beyond ASCII everything may. */
function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

/** 1 for every ASCII character that a name may go on with. */
const WORD = Uint8Array.from({ length: 128 }, (_, code) => (isLetter(code) || isDigit(code) ? 1 : 0));
