/**
 * Where the next statement begins, when a bracket or a string before it was never closed. Lines are judged by their
 * looks, so these are asked only once it is known that something is wrong.
 */

/** Words that can begin a line nowhere but at the start of a statement. */
const NEVER_INSIDE =
  /(?:(?:def|class|import|return|with|while|try|raise|del|global|nonlocal|assert|pass|break|continue)\b|from\s+[\w.]+\s+import\b)/y;

const STATEMENT = new RegExp(
  [
    String.raw`(?:async\s+)?(?:def|class)\s+\w`,
    String.raw`(?:if|elif|while|for|with|try|else|except|finally)\b[^\r\n]*:[ \t]*(?:#[^\r\n]*)?$`,
    String.raw`import\s+\w`,
    String.raw`from\s+[\w.]+\s+import\b`,
    String.raw`@[\w.]+(?:\(|[ \t]*$)`,
    String.raw`(?:return|pass|break|continue|raise)\b`,
    String.raw`[\w.]+(?:[ \t]*,[ \t]*[\w.]+)*(?:[ \t]*\[[^\]\r\n]*\])?[ \t]+=[ \t]`,
    String.raw`[\w.]+=(?![=,\r\n])(?![^\r\n]*,[ \t]*$)`,
    String.raw`[\w.]+[ \t]*(?:>>|<<)`,
    String.raw`[A-Za-z_][\w.]*\((?![^\r\n]*,[ \t]*$)`,
  ].join('|'),
  'my',
);

/** Whether the line whose first character is at `at` must be a statement, whatever was left open before it. */
export function mustBeStatement(text: string, at: number): boolean {
  NEVER_INSIDE.lastIndex = at;
  return NEVER_INSIDE.test(text);
}

/**
 * The beginning of the first line between `from` and `to` that looks like a statement and stands no deeper than
 * `indent`; null when there is none. The line that `from` is in does not count.
 */
export function nextStatement(text: string, from: number, to: number, indent: number): number | null {
  const breaks = /\r\n|\n|\r/g;
  breaks.lastIndex = from;
  for (let found = breaks.exec(text); found && breaks.lastIndex < to; found = breaks.exec(text)) {
    const start = breaks.lastIndex;
    const { column, at } = indentation(text, start);
    if (column > indent) continue;
    STATEMENT.lastIndex = at;
    if (STATEMENT.test(text)) return start;
  }
  return null;
}

/** How deep a line is indented, as Python counts, and where its first character is. */
export function indentation(text: string, start: number): { column: number; at: number } {
  let column = 0;
  let at = start;
  for (; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 32) column++;
    else if (code === 9) column += 8 - (column % 8);
    else if (code === 12) column = 0;
    else return { column, at };
  }
}
