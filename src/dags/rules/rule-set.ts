import { lastPart, parent } from '../dotted';
import { inMap } from '../in-map';
import type { Rule, StringRule, SymbolRule } from './types';
import { createPrefilter, type Prefilter } from './prefilter';
import { FRAGILE_CLASSES, PLUGIN_SYMBOLS } from './signatures';
import { isInRange } from './versions';

/** Dotted names to look for, with what makes looking for them quick. */
export interface SymbolSet {
  readonly symbols: ReadonlySet<string>;
  /** Everything in front of a dot of a symbol: what an import must name to be of interest. */
  readonly prefixes: ReadonlySet<string>;
  /** Modules of which everything is meant (`module.*`). */
  readonly modules: readonly string[];
}

/** The rules that hold for one target version, prepared once for all files. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly symbolRules: readonly SymbolRule[];
  /** The rules that speak of a symbol, by its dotted name and by the name that it has in a file without an import. */
  readonly bySymbol: ReadonlyMap<string, readonly SymbolRule[]>;
  readonly byName: ReadonlyMap<string, readonly SymbolRule[]>;
  /** The rules that speak of a text, by the text; of those that mean paths, with the `/` in front of what lies below. */
  readonly byText: ReadonlyMap<string, readonly StringRule[]>;
  readonly byPath: ReadonlyMap<string, readonly StringRule[]>;
  /** Operators of the platform that are replaced argument by argument: dotted names, and last names. */
  readonly pairs: { readonly symbols: ReadonlySet<string>; readonly names: readonly string[] };
  readonly symbols: SymbolSet;
  /** Symbols that some rule replaces by another one. */
  readonly replaced: ReadonlySet<string>;
  /** Arguments that some rule speaks of, as `symbol argument`. */
  readonly spoken: ReadonlySet<string>;
  /** Whether a file can have findings at all. */
  readonly prefilter: Prefilter;
}

/** Texts mean something only in files that have to do with the platform. */
export const PLATFORM = 'kaapana';

/** The label that Kaapana up to 0.3 put on pods with network access. */
export const NETWORK_ACCESS = 'network-access';

const prepared = new WeakMap<readonly Rule[], Map<string, RuleSet>>();

/** The rules for a target version. */
export function ruleSet(rules: readonly Rule[], target: string): RuleSet {
  const byTarget = inMap(prepared, rules, () => new Map<string, RuleSet>());
  return inMap(byTarget, target, () => prepare(rules.filter((rule) => isInRange(target, rule))));
}

function prepare(rules: readonly Rule[]): RuleSet {
  const symbolRules = rules.filter((rule) => rule.kind === 'symbol');
  const stringRules = rules.filter((rule) => rule.kind === 'string');
  const paths = stringRules.filter(({ prefix }) => prefix === true);
  const pairs = symbolRules
    .filter((rule) => rule.becomes && rule.arguments)
    .flatMap((rule) => rule.symbols.filter((symbol) => symbol.startsWith(`${PLATFORM}.`)));
  const own = symbolRules.flatMap((rule) => [...rule.symbols, ...(rule.becomes ? [rule.becomes] : [])]);
  return {
    rules,
    symbolRules,
    bySymbol: rulesBy(symbolRules, ({ symbols }) => symbols),
    byName: rulesBy(symbolRules, ({ symbols }) => symbols.map(lastPart)),
    byText: rulesBy(stringRules, ({ texts }) => Object.keys(texts)),
    byPath: rulesBy(paths, ({ texts }) => Object.keys(texts).map((text) => `${text}/`)),
    pairs: { symbols: new Set(pairs), names: pairs.map(lastPart) },
    symbols: symbolSet([...own, ...PLUGIN_SYMBOLS]),
    replaced: replacedSymbols(rules),
    spoken: new Set(
      symbolRules.flatMap(({ symbols, arguments: table }) =>
        symbols.flatMap((symbol) => Object.keys(table ?? {}).map((argument) => `${symbol} ${argument}`)),
      ),
    ),
    prefilter: prefilterOf(rules),
  };
}

const replaced = new WeakMap<readonly Rule[], ReadonlySet<string>>();

/** Symbols that some of the rules replace by another one. */
export function replacedSymbols(rules: readonly Rule[]): ReadonlySet<string> {
  const symbols = () => rules.flatMap((rule) => (rule.kind === 'symbol' && rule.becomes ? rule.symbols : []));
  return inMap(replaced, rules, () => new Set(symbols()));
}

function rulesBy<T extends Rule>(
  rules: readonly T[],
  keys: (rule: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const rule of rules) for (const key of keys(rule)) inMap(found, key, () => []).push(rule);
  return found;
}

/** What the names of nearly all symbols have in common. */
const OPERATOR = 'Operator';

function prefilterOf(rules: readonly Rule[]): Prefilter {
  const texts = rules.flatMap((rule) => (rule.kind === 'string' ? Object.keys(rule.texts) : []));
  const needles = new Map<string, string[]>([
    [OPERATOR, [...FRAGILE_CLASSES]],
    [PLATFORM, [...texts, NETWORK_ACCESS]],
    [`${PLATFORM}:`, ['ignore']],
  ]);
  for (const symbol of rules.flatMap((rule) => (rule.kind === 'symbol' ? rule.symbols : []))) {
    const name = symbol.endsWith('.*') ? symbol.slice(0, -2) : lastPart(symbol);
    inMap(needles, companionOf(symbol, name), () => []).push(name);
  }
  return createPrefilter(needles);
}

/** What else stands in a file that makes use of a symbol: a file without it is told apart at once. */
function companionOf(symbol: string, name: string): string {
  // Other things go by common names; the modules that they are in do not.
  return name.includes(OPERATOR) ? OPERATOR : lastPart(parent(symbol));
}

function symbolSet(names: readonly string[]): SymbolSet {
  const prefixes = new Set<string>();
  for (const name of names) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
      prefixes.add(name.slice(0, dot));
    prefixes.add(name);
  }
  const modules = names.flatMap((name) => (name.endsWith('.*') ? [name.slice(0, -2)] : []));
  return { symbols: new Set(names), prefixes, modules };
}
