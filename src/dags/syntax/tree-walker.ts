import type { TreeCursor } from '@lezer/common';
import { bind, createScope } from './scopes';
import type {
  AssignBinding,
  AttributeExpr,
  BinaryExpr,
  CallExpr,
  ClassDef,
  DictExpr,
  ImportStatement,
} from './types';
import type { NameExpr, PyModule, Scope, Span, StringExpr, SubscriptExpr } from './types';

/** A {@link PyModule} while it is being filled. */
interface Draft extends PyModule {
  readonly imports: ImportStatement[];
  readonly stars: ImportStatement[];
  readonly calls: CallExpr[];
  readonly assignments: AssignBinding[];
  readonly classes: ClassDef[];
  readonly names: Map<string, NameExpr[]>;
  readonly attributes: AttributeExpr[];
  readonly strings: StringExpr[];
  readonly dicts: DictExpr[];
  readonly subscripts: SubscriptExpr[];
  readonly shifts: BinaryExpr[];
  readonly comments: Span[];
  readonly errors: Span[];
}

/** Walks a tree of @lezer/python; comments and errors are taken note of wherever they stand. */
export class TreeWalker {
  protected readonly scope = createScope('module', null);
  protected readonly result: Draft;

  constructor(protected readonly text: string) {
    const lists = {
      imports: [],
      stars: [],
      assignments: [],
      calls: [],
      classes: [],
      strings: [],
      attributes: [],
      dicts: [],
      subscripts: [],
      shifts: [],
    };
    this.result = { text, scope: this.scope, names: new Map(), comments: [], errors: [], ...lists };
  }

  /** Visits the children of the node under the cursor; comments and errors are taken note of. */
  protected each(c: TreeCursor, visit: () => void): void {
    if (!c.firstChild()) return;
    do {
      if (c.name === 'Comment') this.result.comments.push({ from: c.from, to: c.to });
      else {
        if (c.type.isError) this.result.errors.push({ from: c.from, to: c.to });
        visit();
      }
    } while (c.nextSibling());
    c.parent();
  }

  /** Like {@link each}, for a look ahead. */
  protected peek(c: TreeCursor, visit: () => void): void {
    if (!c.firstChild()) return;
    do visit();
    while (c.nextSibling());
    c.parent();
  }

  protected slice(c: TreeCursor): string {
    return this.text.slice(c.from, c.to);
  }

  protected bindUnknown(name: Span & { name: string }, scope: Scope): void {
    bind({ kind: 'other', scope, ...name });
  }
}
