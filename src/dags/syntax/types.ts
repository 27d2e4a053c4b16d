/**
 * What the analysis knows of a Python file. Every position is a UTF-16 offset into the text that was parsed, so
 * that an edit is a plain splice and nothing that is not edited can change.
 */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface NameExpr extends Span {
  readonly kind: 'name';
  readonly id: string;
  readonly scope: Scope;
}

export interface AttributeExpr extends Span {
  readonly kind: 'attribute';
  readonly object: Expr;
  readonly name: string;
  readonly nameSpan: Span;
}

/** One argument of a call; `name` is set for `name=value`, `star` for `*value` and `**value`. */
export interface Argument extends Span {
  readonly name: string | null;
  readonly nameSpan: Span | null;
  readonly value: Expr;
  readonly star: '' | '*' | '**';
  /** End of the comma behind the argument; null when there is none. */
  readonly commaEnd: number | null;
  /** The dict in `**{"name": value}` that the argument is an entry of. */
  readonly dict?: DictExpr;
}

export interface CallExpr extends Span {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Argument[];
  /** Offsets of the two parentheses. */
  readonly open: number;
  readonly close: number;
  /** The parser had to guess inside: such a call is reported but never edited. */
  readonly broken: boolean;
  readonly scope: Scope;
}

/** `value` is null where it is not known before run time (f-string, bytes, odd escapes). */
export interface StringExpr extends Span {
  readonly kind: 'string';
  readonly value: string | null;
  /** Calls and names inside the replacement fields of an f-string. */
  readonly children: readonly Expr[];
}

export interface LiteralExpr extends Span {
  readonly kind: 'literal';
  readonly value: number | boolean | null;
}

export interface SequenceExpr extends Span {
  readonly kind: 'list' | 'tuple' | 'set';
  readonly items: readonly Expr[];
}

export interface DictEntry {
  /** null for `**other`. */
  readonly key: Expr | null;
  readonly value: Expr;
  /** End of the comma behind the entry; null when there is none. */
  readonly commaEnd: number | null;
}

export interface DictExpr extends Span {
  readonly kind: 'dict';
  readonly entries: readonly DictEntry[];
}

export interface SubscriptExpr extends Span {
  readonly kind: 'subscript';
  readonly object: Expr;
  readonly index: readonly Expr[];
}

export interface BinaryExpr extends Span {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: Expr;
  readonly right: Expr;
}

export interface ParenExpr extends Span {
  readonly kind: 'paren';
  readonly inner: Expr;
}

/** Everything the analysis does not look into, with the expressions it consists of. */
export interface OtherExpr extends Span {
  readonly kind: 'other';
  readonly children: readonly Expr[];
}

export type Expr =
  | NameExpr
  | AttributeExpr
  | CallExpr
  | StringExpr
  | LiteralExpr
  | SequenceExpr
  | DictExpr
  | SubscriptExpr
  | BinaryExpr
  | ParenExpr
  | OtherExpr;

/** One way through an `if` or `try`: two imports in different branches of one statement exclude each other. */
export interface Branch {
  /** Where the statement begins; the same object for all its branches. */
  readonly statement: Span;
  readonly kind: 'if' | 'try';
  readonly index: number;
}

export interface ImportedName extends Span {
  /** `X` in `from m import X`, `a.b` in `import a.b`. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly alias: string | null;
  readonly commaEnd: number | null;
}

export interface ImportStatement extends Span {
  readonly kind: 'import' | 'from' | 'star';
  /** The module of a from-import with its leading dots; empty for a plain import. */
  readonly module: string;
  readonly moduleSpan: Span | null;
  readonly names: readonly ImportedName[];
  /** Whether nothing else stands in the block: then the statement cannot just be deleted. */
  readonly alone: boolean;
  /** Joined with other statements by `;`. */
  readonly joined: boolean;
  readonly broken: boolean;
  readonly scope: Scope;
  readonly branches: readonly Branch[];
}

export interface ClassDef extends Span {
  readonly name: string;
  readonly nameSpan: Span;
  readonly bases: readonly Expr[];
  readonly scope: Scope;
  /** What is bound in it: methods and attributes. */
  readonly body: Scope;
}

export type Binding = Span & {
  readonly name: string;
  readonly scope: Scope;
} & (
    | { readonly kind: 'import'; readonly statement: ImportStatement; readonly imported: ImportedName }
    | { readonly kind: 'assign'; readonly value: Expr }
    | { readonly kind: 'class'; readonly definition: ClassDef }
    | { readonly kind: 'other' }
  );

export type AssignBinding = Extract<Binding, { kind: 'assign' }>;
export type ImportBinding = Extract<Binding, { kind: 'import' }>;

export interface Scope {
  readonly kind: 'module' | 'class' | 'function' | 'comprehension';
  readonly parent: Scope | null;
  readonly bindings: Map<string, Binding[]>;
  readonly stars: ImportStatement[];
  /** Names that `global` and `nonlocal` say are not its own; null as long as there are none. */
  declared: Set<string> | null;
}

export interface PyModule {
  readonly text: string;
  /** Where the statements of the file itself begin, those inside of others not counted. */
  readonly statements: readonly Span[];
  readonly scope: Scope;
  readonly imports: readonly ImportStatement[];
  /** The star imports among them. */
  readonly stars: readonly ImportStatement[];
  readonly calls: readonly CallExpr[];
  /** Names that are given a value, in whatever scope. */
  readonly assignments: readonly AssignBinding[];
  readonly classes: readonly ClassDef[];
  /** Every use of a name, by name. */
  readonly names: ReadonlyMap<string, readonly NameExpr[]>;
  /** Every `a.b` in the file, inner ones before those around them. */
  readonly attributes: readonly AttributeExpr[];
  readonly strings: readonly StringExpr[];
  /** What stands behind the colon of a variable or parameter and behind `->`. */
  readonly annotations: readonly Expr[];
  readonly dicts: readonly DictExpr[];
  readonly subscripts: readonly SubscriptExpr[];
  /** `a >> b` and `a << b`, the inner ones of a chain first. */
  readonly shifts: readonly BinaryExpr[];
  readonly comments: readonly Span[];
  /** Spans the parser could not make sense of. */
  readonly errors: readonly Span[];
  /** Where a string begins that is never closed: everything from there on is a guess. */
  readonly unclosed: number | null;
}
