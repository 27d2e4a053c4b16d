import { ExpressionParser } from './expressions';
import { bind } from './scopes';
import { Kind, Word } from './tokens';
import type { Branch, ImportedName, ImportStatement, Scope, Span } from './types';

/** Where a statement stands: what it needs to know of its surroundings. */
export interface Place {
  readonly scope: Scope;
  readonly branches: readonly Branch[];
}

/** An import whose block is still being read. */
export type ImportDraft = ImportStatement & { alone: boolean };

/** Reads import statements. */
export class ImportParser extends ExpressionParser {
  /** `import a.b as c, d` or `from m import (a as b, c)`; the cursor is on its first word. */
  protected importStatement(place: Place, joined: boolean): ImportDraft {
    const { from } = this;
    const errors = this.errors.length;
    let kind: ImportStatement['kind'] = 'import';
    let moduleSpan: Span | null = null;
    if (this.takeWord(Word.from)) {
      kind = 'from';
      moduleSpan = this.dotted();
      if (!this.isWord(Word.import)) this.fail();
    }
    this.takeWord(Word.import);
    const names: ImportedName[] = [];
    if (kind === 'from' && this.take(Kind.star)) kind = 'star';
    else if (kind === 'from' && this.is(Kind.open)) {
      this.next();
      this.importedNames(names);
      this.expect(Kind.close);
    } else this.importedNames(names);
    const broken = this.errors.length > errors || (kind !== 'star' && names.length === 0);
    const module = moduleSpan ? this.compact(moduleSpan) : '';
    const statement: ImportDraft = this.placed({
      scope: place.scope,
      branches: place.branches,
      kind,
      module,
      moduleSpan,
      names,
      alone: false,
      joined,
      broken,
      from,
      to: this.last,
    });
    this.keep(statement);
    return statement;
  }

  private keep(statement: ImportDraft): void {
    this.result.imports.push(statement);
    const { kind, scope, names } = statement;
    if (kind === 'star') {
      scope.stars.push(statement);
      this.result.stars.push(statement);
    }
    for (const imported of names) {
      const { from, to } = imported;
      const name = imported.alias ?? (kind === 'import' ? imported.name.replace(/\..*/, '') : imported.name);
      bind(this.placed({ kind: 'import', name, scope, from, to, statement, imported }));
    }
  }

  private importedNames(names: ImportedName[]): void {
    while (this.is(Kind.name)) {
      const nameSpan = this.dotted();
      if (!nameSpan) return;
      const alias = this.takeWord(Word.as) ? this.alias() : null;
      const to = this.last;
      const commaEnd = this.is(Kind.comma) ? this.to : null;
      const name = this.compact(nameSpan);
      names.push(this.placed({ name, nameSpan, alias, commaEnd, from: nameSpan.from, to }));
      if (!this.take(Kind.comma)) return;
    }
  }

  private alias(): string | null {
    const name = this.source();
    return this.expect(Kind.name) ? name : null;
  }

  /** `a.b`, `..a` or `...`; null when there is nothing of the kind. */
  private dotted(): Span | null {
    const { from } = this;
    let empty = true;
    for (;;) {
      if (this.is(Kind.name)) {
        if (!empty && this.peek(-1) === Kind.name) break;
      } else if (!this.is(Kind.dot) && !this.is(Kind.ellipsis)) break;
      empty = false;
      this.next();
    }
    if (!empty) return this.placed({ from, to: this.last });
    this.fail();
    return null;
  }

  /** `a . b` may be written with blanks and line continuations; its meaning has none. */
  private compact({ from, to }: Span): string {
    return this.text.slice(from, to).replace(/[\s\\]+/g, '');
  }
}
