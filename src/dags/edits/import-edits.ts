import type { Edit } from './edits';
import { dropItems, lineBreakOf } from './list-edits';
import type { ImportedName, ImportStatement, PyModule } from '../syntax/types';

/** What happens to one import statement. */
export interface StatementChange {
  readonly dropped: Set<ImportedName>;
  /** New names by the module that they come from. */
  readonly added: Map<string, Set<string>>;
}

/** The edits of one import statement; it goes when nothing is left of it, and comments in it stay. */
export function statementEdits(
  module: PyModule,
  statement: ImportStatement,
  change: StatementChange,
): Edit[] {
  const { dropped } = change;
  const added = [...change.added].map(([module, names]) => `from ${module} import ${[...names].join(', ')}`);
  const { text, comments } = module;
  const { from, to } = statement;
  const lineStart = Math.max(text.lastIndexOf('\n', from - 1), text.lastIndexOf('\r', from - 1)) + 1;
  const indent = text.slice(lineStart, from);
  const ownLine = /^[ \t\uFEFF]*$/.test(indent) && !statement.joined;
  const between = ownLine ? lineBreakOf(text) + indent.replace('\uFEFF', '') : '; ';
  if (dropped.size < statement.names.length) {
    const items = { text, items: statement.names, start: statement.names[0]?.from ?? from, comments };
    const insertion = added.map((line) => line + between).join('');
    return [...(insertion ? [{ from, to: from, text: insertion }] : []), ...dropItems(items, dropped)];
  }
  const kept = comments
    .filter((comment) => inside(comment, statement))
    .map((comment) => text.slice(comment.from, comment.to));
  const lines = [...(ownLine ? kept : []), ...added];
  if (lines.length === 0 && statement.alone) lines.push('pass');
  if (lines.length > 0) return [{ from, to, text: lines.join(between) }];
  if (statement.joined) return [withSemicolon(text, statement)];
  const rest = /^[ \t]*(\r\n|\n|\r|$)/.exec(text.slice(to));
  return rest && ownLine && !indent.includes('\uFEFF')
    ? [{ from: lineStart, to: to + rest[0].length, text: '' }]
    : [
        {
          from,
          to: to + (rest && ownLine ? rest[0].length : (/^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0)),
          text: '',
        },
      ];
}

function withSemicolon(text: string, { from, to }: ImportStatement): Edit {
  const after = /^\s*;[ \t]*/.exec(text.slice(to))?.[0].length;
  if (after !== undefined) return { from, to: to + after, text: '' };
  return { from: from - (/;[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 0), to, text: '' };
}

function inside(inner: { from: number; to: number }, outer: { from: number; to: number }): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}
