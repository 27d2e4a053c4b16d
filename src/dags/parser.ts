import { keepBefore, type Kept } from './syntax/keep';
import { Lexer } from './syntax/lexer';
import type { ModuleDraft } from './syntax/module-draft';
import { ModuleParser } from './syntax/statements';
import { Tokens } from './syntax/tokens';
import type { PyModule } from './syntax/types';

/**
 * Parses Python, also broken Python: what can be read is returned, what cannot is listed in `errors`. Quick enough to
 * be done anew at every keystroke.
 */
export function parse(text: string): PyModule {
  return read(text, null);
}

/**
 * Parses a text that is the same as that of `before` up to `unchanged`, as {@link parse} would. `before` is used up:
 * its first statements become part of the answer.
 */
export function parseAgain(text: string, before: PyModule, unchanged: number): PyModule {
  const kept = keepBefore(before as ModuleDraft, unchanged);
  const module = read(text, kept);
  // Which string was left open can only be told by those before it.
  return kept && module.unclosed !== null ? parse(text) : module;
}

function read(text: string, kept: Kept | null): PyModule {
  tokens.clear();
  if (kept) tokens.comments = kept.draft.comments as typeof tokens.comments;
  new Lexer(text, tokens, kept?.from).file();
  return new ModuleParser(text, tokens, kept?.draft).module();
}

/** Used again by every text: parsing is never interrupted. */
const tokens = new Tokens();
