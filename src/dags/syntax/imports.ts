import type { TreeCursor } from '@lezer/common';
import type { ImportedName, ImportStatement, Span } from './types';

/** An import statement as it stands there; where it stands is for the caller to say. */
export interface ReadImport {
  readonly statement: Omit<ImportStatement, 'alone' | 'joined' | 'broken' | 'scope' | 'branches'>;
  readonly incomplete: boolean;
}

interface Draft {
  nameFrom: number;
  nameTo: number;
  alias: string | null;
  to: number;
}

/** Reads the parts of an import; `each` visits the statement's children with the cursor on them. */
export function readImport(c: TreeCursor, text: string, each: (visit: () => void) => void): ReadImport {
  const span: Span = { from: c.from, to: c.to };
  let kind = 'import' as ImportStatement['kind'];
  let moduleFrom = -1;
  let moduleTo = -1;
  let inModule = false;
  let afterAs = false;
  let draft = null as Draft | null;
  const names: (ImportedName & { commaEnd: number | null })[] = [];
  const flush = (commaEnd: number | null) => {
    if (!draft) return;
    const nameSpan = { from: draft.nameFrom, to: draft.nameTo };
    const name = compact(text.slice(nameSpan.from, nameSpan.to));
    names.push({ name, nameSpan, alias: draft.alias, commaEnd, from: draft.nameFrom, to: draft.to });
    draft = null;
    afterAs = false;
  };
  each(() => {
    if (c.name === 'from') {
      kind = 'from';
      inModule = true;
    } else if (c.name === 'import') inModule = false;
    else if (c.name === ',') flush(c.to);
    else if (c.name === 'as') afterAs = true;
    else if (c.name === '*') kind = 'star';
    else if (c.name === '(' || c.name === ')' || c.type.isError) return;
    else if (inModule) {
      if (moduleFrom < 0) moduleFrom = c.from;
      moduleTo = c.to;
    } else if (afterAs && draft) {
      draft.alias = text.slice(c.from, c.to);
      draft.to = c.to;
    } else if (draft) {
      draft.nameTo = c.to;
      draft.to = c.to;
    } else draft = { nameFrom: c.from, nameTo: c.to, alias: null, to: c.to };
  });
  flush(null);
  const moduleSpan = moduleFrom < 0 ? null : { from: moduleFrom, to: moduleTo };
  const module = moduleSpan ? compact(text.slice(moduleSpan.from, moduleSpan.to)) : '';
  return {
    statement: { kind, module, moduleSpan, names, ...span },
    incomplete: kind !== 'star' && names.length === 0,
  };
}

/** `a . b` may be written with blanks and line continuations; its meaning has none. */
function compact(source: string): string {
  return source.replace(/[\s\\]+/g, '');
}
