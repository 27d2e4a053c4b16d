import { parser as python } from '@lezer/python';
import { TreeFragment } from '@lezer/common';
import { Extractor } from './syntax/extract';
import type { PyModule } from './syntax/types';

/**
 * Parses Python, also broken Python: what can be read is returned, what cannot is listed in `errors`.
 * The parser is @lezer/python; nothing outside this file and `syntax/` knows.
 */
export function parse(text: string): PyModule {
  return new Extractor(text).extract(python.parse(readable(text)));
}

/** Parses a text again and again while it is being edited, reusing what the edits did not touch. */
export class IncrementalParser {
  private fragments: readonly TreeFragment[] = [];

  /** Tells that `length` characters took the place of those from `from` to `to`. */
  edit(from: number, to: number, length: number): void {
    const change = { fromA: from, toA: to, fromB: from, toB: from + length };
    this.fragments = TreeFragment.applyChanges(this.fragments, [change]);
  }

  /** The module as of `text`, which must be the text that all edits led to. */
  parse(text: string): PyModule {
    const tree = python.parse(readable(text), this.fragments);
    this.fragments = TreeFragment.addTree(tree, this.fragments);
    return new Extractor(text).extract(tree);
  }
}

/** A byte-order mark is no Python; an empty line in its place keeps every offset. */
function readable(text: string): string {
  return text.startsWith('\uFEFF') ? `\n${text.slice(1)}` : text;
}
