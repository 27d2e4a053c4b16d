import type { Span } from './types';

/** What a token is. Names, keywords and operators that the parser treats alike share a kind. */
export const Kind = {
  /** Behind the last token. */
  end: 0,
  /** The beginning of a logical line; its `extra` is the indentation. */
  line: 1,
  name: 2,
  keyword: 3,
  number: 4,
  string: 5,
  formatString: 6,
  /** `(`, `[` or `{`; its `extra` is 1 when a `for` stands directly inside. */
  open: 7,
  close: 8,
  comma: 9,
  colon: 10,
  semicolon: 11,
  dot: 12,
  assign: 13,
  /** `+=` and the like. */
  update: 14,
  walrus: 15,
  arrow: 16,
  star: 17,
  doubleStar: 18,
  /** `<<` and `>>`. */
  shift: 19,
  /** `+`, `-` and `~`, which can stand before an operand as well. */
  sign: 20,
  /** `/`, `//`, `%`, `@`. */
  product: 21,
  /** Comparisons and `&`, `|`, `^`: everything that binds weaker than a shift. */
  loose: 22,
  ellipsis: 23,
  /** What Python does not know. */
  unknown: 24,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

/** Words that cannot be names; the `extra` of a keyword says which it is. */
export const Word = {
  False: 0,
  None: 1,
  True: 2,
  and: 3,
  as: 4,
  assert: 5,
  async: 6,
  await: 7,
  break: 8,
  class: 9,
  continue: 10,
  def: 11,
  del: 12,
  elif: 13,
  else: 14,
  except: 15,
  finally: 16,
  for: 17,
  from: 18,
  global: 19,
  if: 20,
  import: 21,
  in: 22,
  is: 23,
  lambda: 24,
  nonlocal: 25,
  not: 26,
  or: 27,
  pass: 28,
  raise: 29,
  return: 30,
  try: 31,
  while: 32,
  with: 33,
  yield: 34,
} as const;

export type Word = (typeof Word)[keyof typeof Word];

/** The keywords by a number that is quick to get from a text and different for most of them. */
const byHash: (readonly [text: string, word: Word][] | undefined)[] = [];
for (const [text, word] of Object.entries(Word)) {
  const hash = hashOf(text, 0, text.length);
  byHash[hash] = [...(byHash[hash] ?? []), [text, word]];
}

function hashOf(text: string, from: number, to: number): number {
  return ((text.charCodeAt(from) * 5) ^ (text.charCodeAt(to - 1) * 3) ^ (to - from)) & 0xff;
}

/** Which keyword stands between two places of a text; null when it is a name. */
export function keywordAt(text: string, from: number, to: number): Word | null {
  const candidates = byHash[hashOf(text, from, to)];
  if (candidates === undefined) return null;
  for (const [keyword, word] of candidates)
    if (keyword.length === to - from && text.startsWith(keyword, from)) return word;
  return null;
}

/**
 * The tokens of a text. There are many, and they are needed only while the text is parsed: they lie in arrays that are
 * used again for the next text.
 */
export class Tokens {
  kinds = new Uint8Array(INITIAL);
  from = new Int32Array(INITIAL);
  to = new Int32Array(INITIAL);
  extra = new Int32Array(INITIAL);
  length = 0;
  /** Logical lines, by their first token, in which statements are joined by `;`. */
  joined = new Set<number>();
  comments: Span[] = [];
  errors: Span[] = [];
  /** Where strings begin that are not closed. */
  openStrings = new Set<number>();
  /** Where a string begins that is never closed: for Python everything behind it is text. */
  unclosed: number | null = null;

  push(kind: Kind, from: number, to: number, extra: number): void {
    const at = this.length++;
    if (at >= this.kinds.length) this.grow();
    this.kinds[at] = kind;
    this.from[at] = from;
    this.to[at] = to;
    this.extra[at] = extra;
  }

  /** Forgets everything; what others hold of the lists stays theirs. */
  clear(): void {
    this.length = 0;
    this.joined = new Set();
    this.comments = [];
    this.errors = [];
    this.openStrings = new Set();
    this.unclosed = null;
  }

  private grow(): void {
    const size = this.kinds.length * 2;
    const { kinds, from, to, extra } = this;
    this.kinds = new Uint8Array(size);
    this.kinds.set(kinds);
    this.from = new Int32Array(size);
    this.from.set(from);
    this.to = new Int32Array(size);
    this.to.set(to);
    this.extra = new Int32Array(size);
    this.extra.set(extra);
  }
}

/** Enough for a thousand lines. */
const INITIAL = 1 << 13;
