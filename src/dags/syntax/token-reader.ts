import { Kind, type Tokens, type Word } from './tokens';
import type { Span } from './types';

/** Walks over tokens, one after the other. */
export class TokenReader {
  protected at = 0;
  /** What the token at the cursor is. */
  protected kind: Kind = Kind.end;
  /** End of the token before the cursor. */
  protected last = 0;
  protected readonly errors: Span[] = [];

  constructor(
    protected readonly text: string,
    protected readonly tokens: Tokens,
  ) {
    this.kind = this.peek(0);
  }

  protected get from(): number {
    return this.tokens.from[this.at] ?? 0;
  }

  protected get to(): number {
    return this.tokens.to[this.at] ?? 0;
  }

  protected get extra(): number {
    return this.tokens.extra[this.at] ?? 0;
  }

  protected is(kind: Kind): boolean {
    return this.kind === kind;
  }

  protected next(): void {
    if (this.is(Kind.end)) return;
    this.last = this.to;
    this.at++;
    this.kind = this.peek(0);
  }

  protected peek(distance = 1): Kind {
    return this.tokens.kinds[this.at + distance] as Kind;
  }

  protected source(at = this.at): string {
    return this.text.slice(this.tokens.from[at], this.tokens.to[at]);
  }

  protected isWord(word: Word): boolean {
    return this.kind === Kind.keyword && this.tokens.extra[this.at] === word;
  }

  /** Goes on behind a token of this kind; tells whether it was there. */
  protected take(kind: Kind): boolean {
    if (this.kind !== kind) return false;
    this.next();
    return true;
  }

  protected takeWord(word: Word): boolean {
    if (!this.isWord(word)) return false;
    this.next();
    return true;
  }

  /** Takes note of something that Python would not accept, once a place. */
  protected fail(): void {
    const { from, to } = this;
    if (this.errors[this.errors.length - 1]?.from !== from) this.errors.push({ from, to });
  }

  /** Like {@link take}; what is missing is an error. */
  protected expect(kind: Kind): boolean {
    const found = this.take(kind);
    if (!found) this.fail();
    return found;
  }

  /** The logical line is over. */
  protected ended(): boolean {
    return this.is(Kind.line) || this.is(Kind.end);
  }
}
