import type {
  AssignBinding,
  AttributeExpr,
  BinaryExpr,
  CallExpr,
  ClassDef,
  DictExpr,
  Expr,
  ImportStatement,
  NameExpr,
  PyModule,
  Scope,
  Span,
  StringExpr,
  SubscriptExpr,
} from './types';

/** A {@link PyModule} while it is being filled. */
export interface ModuleDraft extends PyModule {
  readonly statements: Span[];
  readonly imports: ImportStatement[];
  readonly stars: ImportStatement[];
  readonly calls: CallExpr[];
  readonly assignments: AssignBinding[];
  readonly classes: ClassDef[];
  readonly names: Map<string, NameExpr[]>;
  readonly attributes: AttributeExpr[];
  readonly strings: StringExpr[];
  readonly annotations: Expr[];
  readonly dicts: DictExpr[];
  readonly subscripts: SubscriptExpr[];
  readonly shifts: BinaryExpr[];
  readonly comments: Span[];
  readonly errors: Span[];
  /** Everything in it that has a place in the text, statement by statement. */
  readonly places: Span[];
}

/** A module of which nothing is known yet. */
export function moduleDraft(
  text: string,
  { comments, unclosed }: { comments: Span[]; unclosed: number | null },
  errors: Span[],
  scope: Scope,
): ModuleDraft {
  const lists = {
    statements: [],
    imports: [],
    stars: [],
    assignments: [],
    calls: [],
    classes: [],
    strings: [],
    attributes: [],
    annotations: [],
    dicts: [],
    subscripts: [],
    shifts: [],
    places: [],
  };
  return { text, scope, names: new Map(), comments, unclosed, errors, ...lists };
}
