/** `safe`: rewritten without asking. `unsafe`: offered, to be confirmed. `report`: explained, left alone. */
export type Verdict = 'safe' | 'unsafe' | 'report';

/** *error*: the file no longer imports or fails at run time; *warning*: works, but not as before; else *information*. */
export type Severity = 'error' | 'warning' | 'information';

export type Json = string | number | boolean | null;

/** What a value looks like in the source. */
export type Shape =
  | 'string'
  | 'list'
  | 'tuple'
  | 'dict'
  | 'number'
  | 'boolean'
  | 'none'
  | 'name'
  | 'attribute'
  | 'call'
  | 'other';

/** A question about one argument's value. Everything that is given must hold. */
export interface ValueTest {
  /** The argument is not there at all. Without this, an absent argument counts with the old class's default. */
  readonly absent?: boolean;
  /** The argument is not there, None, or an empty list or tuple. */
  readonly nothing?: boolean;
  /** One of these literals. */
  readonly is?: readonly Json[];
  readonly shape?: readonly Shape[];
  /** Every item of a list or tuple passes this test; an empty one passes as well. */
  readonly items?: ValueTest;
  /** An empty list, tuple or dict. */
  readonly empty?: boolean;
  /** An attribute access ending in this name, such as `operator_out_dir`. */
  readonly attribute?: string;
  /** A string, or a list of strings, with an entry that does not match this regular expression. */
  readonly unlike?: string;
}

/** Things known about a call's surroundings. */
export type Fact =
  | 'form-has-input'
  | 'service-dag'
  | 'auto-triggered-dag'
  | 'hidden-dag'
  | 'default-name-used'
  | 'default-name-collides'
  | 'old-default-name-collides'
  | 'upstream-get'
  | 'upstream-local-get';

/** When a case applies. Everything that is given must hold. */
export interface When {
  readonly value?: ValueTest;
  /** Tests on other arguments of the same call. */
  readonly arguments?: Readonly<Record<string, ValueTest>>;
  readonly facts?: readonly Fact[];
  readonly target?: { readonly since?: string; readonly before?: string };
  readonly anyOf?: readonly When[];
}

/**
 * What happens to an argument. `set` gives it a new value (and adds it when absent), `become` replaces it by other
 * keywords; values are templates, see templates.ts. Neither: it stays.
 */
export interface Action {
  readonly drop?: true;
  readonly set?: string;
  readonly become?: Readonly<Record<string, string>>;
}

export interface Case {
  readonly when?: When;
  readonly do?: Action;
  readonly verdict: Verdict;
  /** One sentence for the person who decides: what changes, or why there is no fix. */
  readonly why?: string;
  readonly severity?: Severity;
}

interface RuleBase {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  readonly since: string;
  readonly before?: string;
  /** What goes wrong, for the message and the rule page. */
  readonly message: string;
  /** What to do about it, for the rule page and where there is no fix. */
  readonly advice: string;
  /** What happens when the DAG runs; rule page and hover. */
  readonly runtime?: readonly string[];
  readonly category: 'mandatory' | 'optional' | 'potential';
  readonly minutes: number;
  readonly evidence: readonly string[];
  /** The title of the fix, where "Replace by …" does not say it. */
  readonly fixTitle?: string;
}

/** A class, function or variable of a module; with `arguments` or `call`, its calls are looked at one by one. */
export interface SymbolRule extends RuleBase {
  readonly kind: 'symbol';
  /** Dotted names; one that ends in `.*` stands for everything in that module. */
  readonly symbols: readonly string[];
  readonly becomes?: string;
  /** By old dotted name, where one rule speaks of several symbols. */
  readonly becomesEach?: Readonly<Record<string, string>>;
  readonly verdict: Verdict;
  /** For each argument the first case that applies decides. */
  readonly arguments?: Readonly<Record<string, readonly Case[]>>;
  /** Every case that applies counts. */
  readonly call?: readonly Case[];
  /** The old task name by symbol, as a template, where the signature of 0.3.5 does not give it. */
  readonly defaultNames?: Readonly<Record<string, string>>;
}

/** A string literal that changed its meaning. */
export interface StringRule extends RuleBase {
  readonly kind: 'string';
  readonly verdict: Verdict;
  /** Where the string stands: anywhere, or as a key (of a dict, in `x[…]`, `x.get(…)` and `… in x`). */
  readonly where: 'anywhere' | 'key';
  /** Only in what has this word in its source, as in `conf["form_data"]`. */
  readonly of?: string;
  /** Old text to new text; null: no counterpart. */
  readonly texts: Readonly<Record<string, string | null>>;
  /** The texts are paths: what lies below them counts as well. */
  readonly prefix?: boolean;
}

/** A check written in TypeScript; the rule gives its texts. */
export interface CheckRule extends RuleBase {
  readonly kind: 'check';
  readonly verdict: Verdict;
}

export type Rule = SymbolRule | StringRule | CheckRule;
