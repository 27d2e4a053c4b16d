import { Lexer } from './syntax/lexer';
import { ModuleParser } from './syntax/statements';
import { Tokens } from './syntax/tokens';
import type { PyModule } from './syntax/types';

/**
 * Parses Python, also broken Python: what can be read is returned, what cannot is listed in `errors`. Quick enough to
 * be done anew at every keystroke.
 */
export function parse(text: string): PyModule {
  tokens.clear();
  new Lexer(text, tokens).file();
  return new ModuleParser(text, tokens).module();
}

/** Used again by every text: parsing is never interrupted. */
const tokens = new Tokens();
