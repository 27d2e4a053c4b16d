/** A place in a text as editors and people count it; both numbers start at zero, characters are UTF-16 units. */
export interface LinePosition {
  readonly line: number;
  readonly character: number;
}

/** Translates offsets of one text into lines and back. */
export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    const breaks = /\r\n|\n|\r/g;
    for (let found = breaks.exec(text); found; found = breaks.exec(text)) this.starts.push(breaks.lastIndex);
  }

  get count(): number {
    return this.starts.length;
  }

  /** Where an offset lies. */
  position(offset: number): LinePosition {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.start(middle) <= offset) low = middle;
      else high = middle;
    }
    return { line: low, character: offset - this.start(low) };
  }

  /** The offset at which a line begins; behind the last line, the end of the text. */
  start(line: number): number {
    return this.starts[line] ?? this.text.length;
  }

  /** A line with its line break. */
  line(line: number): string {
    return this.text.slice(this.start(line), this.start(line + 1));
  }
}
