import { readPart, startOfRest, wasRead, type Unchanged } from './keep';
import { Lexer } from './lexer';
import type { ModuleDraft } from './module-draft';
import { ModuleParser } from './statements';
import { Tokens } from './tokens';
import type { PyModule } from './types';

/**
 * Parses Python, also broken Python: what can be read is returned, what cannot is listed in `errors`. Quick enough to
 * be done anew at every keystroke.
 */
export function parse(text: string): PyModule {
  tokens.clear();
  new Lexer(text, tokens).file();
  return new ModuleParser(text, tokens).module();
}

/**
 * Parses a text that has much in common with that of `before`, as {@link parse} would. `before` is used up: its
 * statements in front of the change and behind it become part of the answer.
 */
export function parseAgain(text: string, before: PyModule, unchanged: Unchanged): PyModule {
  const draft = before as ModuleDraft;
  const from = startOfRest(draft, unchanged);
  if (from === null) return parse(text);
  tokens.clear();
  const to = new Lexer(text, tokens, from).file(wasRead(draft, text, unchanged));
  // Which string was left open can only be told by those before it.
  if (tokens.unclosed !== null) return parse(text);
  const by = text.length - draft.text.length;
  const part = { from, to: to === null ? null : to - by };
  return readPart(draft, part, by, (scope) => new ModuleParser(text, tokens, scope).module());
}

/** Used again by every text: parsing is never interrupted. */
const tokens = new Tokens();
