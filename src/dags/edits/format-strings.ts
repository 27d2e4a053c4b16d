import type { Edit } from './edits';
import { Lexer } from '../syntax/lexer';
import { remembered } from '../syntax/remembered';
import { Kind, Tokens } from '../syntax/tokens';
import type { PyModule, Span } from '../syntax/types';

/**
 * Edits in the fields of f-strings, so that Python up to 3.11 reads them as well: there the quotes around an f-string
 * cannot stand in it, nor can a backslash or a comment. Null where that cannot be had.
 */
export function fitFormatStrings(module: PyModule, edits: readonly Edit[]): readonly Edit[] | null {
  const fitted: Edit[] = [];
  for (const edit of edits) {
    const text = /["'\\#\r\n]/.test(edit.text) ? fit(edit.text, delimiters(module, edit)) : edit.text;
    if (text === null) return null;
    fitted.push(text === edit.text ? edit : { ...edit, text });
  }
  return fitted;
}

function fit(text: string, around: readonly string[]): string | null {
  if (around.length === 0) return text;
  const [quote, ...others] = new Set(around.filter((one) => one.length === 1));
  if (/[\\#]/.test(text) || (quote !== undefined && /[\r\n]/.test(text))) return null;
  if (quote === undefined || !text.includes(quote))
    return others.some((one) => text.includes(one)) ? null : text;
  const other = quote === '"' ? "'" : '"';
  const swapped = text.replace(/(["'])([^"']*)\1/g, `${other}$2${other}`);
  return others.length > 0 || swapped.includes(quote) ? null : swapped;
}

/** The quotes of the f-strings that a span lies in. */
function delimiters(module: PyModule, span: Span): string[] {
  return formatStrings(module)
    .filter((string) => string.from < span.from && span.to < string.to)
    .flatMap((string) => piecesOf(module.text, string))
    .flatMap(({ from, to }) => {
      const inside = from < span.from && span.to < to;
      return inside ? (/^[a-zA-Z]*("""|'''|"|')/.exec(module.text.slice(from, to))?.[1] ?? []) : [];
    });
}

/** A string may be written in several pieces, each with quotes of its own. */
function piecesOf(text: string, { from, to }: Span): Span[] {
  const tokens = new Tokens();
  new Lexer(text, tokens, from, to).expression();
  const pieces: Span[] = [];
  for (let at = 0; at < tokens.length; at++)
    if (tokens.kinds[at] === Kind.formatString)
      pieces.push({ from: tokens.from[at] ?? 0, to: tokens.to[at] ?? 0 });
  return pieces;
}

/** Strings with something in their fields. */
const formatStrings = remembered(({ strings }: PyModule): readonly Span[] =>
  strings.filter((string) => string.children.length > 0),
);
