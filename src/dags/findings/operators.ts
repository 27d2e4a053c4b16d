import {
  applies,
  literalOfSource,
  type ArgumentValue,
  type Facts,
  type Situation,
} from '../rules/conditions';
import { dictArguments, type ArgumentChange } from '../edits/call-edits';
import type { Case, Json, Severity, SymbolRule, Verdict } from '../rules/types';
import {
  acceptance,
  defaultSource,
  OLD_VERSION,
  pluginClass,
  signature,
  signatureVersion,
} from '../rules/signatures';
import { inMap } from '../in-map';
import { sideEffect } from '../edits/side-effects';
import { literalValue, unwrap } from '../syntax/literals';
import { remembered } from '../syntax/remembered';
import type { Argument, CallExpr, Expr, PyModule, Span } from '../syntax/types';
import { fill } from '../rules/templates';

/** What a rule says about one argument, or about the call as such. */
export interface Remark extends Span {
  readonly verdict: Verdict;
  readonly text: string;
  readonly severity: Severity | null;
  /** The argument's name; null for a remark on the call. */
  readonly argument: string | null;
}

/** What becomes of a call. */
export interface CallOutcome {
  readonly verdict: Verdict;
  readonly remarks: readonly Remark[];
  readonly changes: readonly ArgumentChange[];
}

export interface CallInput {
  readonly module: PyModule;
  readonly call: CallExpr;
  readonly rule: SymbolRule;
  readonly oldSymbol: string;
  readonly newSymbol: string | null;
  readonly target: string;
  readonly facts: Facts;
  readonly variable: (name: string) => string | null;
}

const RANK: Readonly<Record<Verdict, number>> = { safe: 0, unsafe: 1, report: 2 };

/** The more careful of several verdicts. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = 'safe';
  for (const verdict of verdicts) if (RANK[verdict] > RANK[result]) result = verdict;
  return result;
}

/** Applies a rule to one call: argument by argument, then to the call as a whole. */
export function evaluateCall(input: CallInput): CallOutcome {
  const { call, rule } = input;
  const source = (expr: Expr) => input.module.text.slice(expr.from, expr.to);
  const oldClass = pluginClass(input.oldSymbol);
  const value = (name: string) => argumentValue(call, oldClass, name);
  const situation: Situation = { target: input.target, facts: input.facts, argument: value };
  const variable = (name: string) => argumentText(call, oldClass, name) ?? input.variable(name);
  const remarks: Remark[] = input.newSymbol ? [...unreadable(input)] : [];
  const changes: ArgumentChange[] = [];

  const decide = (name: string | null, argument: NamedArgument | null, one: Case) => {
    const span = argument ?? call.callee;
    if (one.why || one.verdict !== 'safe') {
      const text = one.why ?? rule.advice;
      remarks.push({
        argument: name,
        verdict: one.verdict,
        text,
        severity: one.severity ?? null,
        ...spanOf(span),
      });
    }
    if (!one.do || name === null) return;
    const templates = one.do.become ?? (one.do.set === undefined ? {} : { [name]: one.do.set });
    const become: [string, string][] = [];
    for (const [keyword, template] of Object.entries(templates)) {
      const text = fill(template, { value: argument?.value ?? null, source, variable });
      if (text === null) {
        const why = `the value for \`${keyword}\` cannot be worked out from the source.`;
        remarks.push({ argument: name, verdict: 'report', text: why, severity: null, ...spanOf(span) });
        return;
      }
      become.push([keyword, text]);
    }
    const times = Object.values(templates).filter((template) => template.includes('{value')).length;
    const effect = argument && sideEffect(argument.name, argument.value, source(argument.value), times);
    if (effect)
      remarks.push({ argument: name, verdict: 'report', text: effect, severity: null, ...spanOf(span) });
    const kept = become.map(([, text]) => text);
    const inside = argument ? input.module.comments.filter((one) => contains(argument, one)) : [];
    if (
      inside.some(({ from, to }) => !kept.some((text) => text.includes(input.module.text.slice(from, to))))
    ) {
      const text = `the comment inside \`${name}\` is lost.`;
      remarks.push({ argument: name, verdict: 'unsafe', text, severity: null, ...spanOf(span) });
    }
    changes.push({ argument, become });
  };

  const given = namedArguments(call);
  for (const [name, cases] of Object.entries(rule.arguments ?? {})) {
    const argument = given.find((arg) => arg.name === name) ?? null;
    const worth = value(name);
    const found = cases.find((one) => applies(one.when, worth, situation));
    if (found) decide(name, argument, found);
    else if (argument && input.newSymbol && speaksOf(rule, name)) {
      decide(name, argument, {
        verdict: 'report',
        why: `\`${name}\` has a value that the rules do not cover.`,
      });
    }
  }
  for (const one of rule.call ?? []) if (applies(one.when, null, situation)) decide(null, null, one);
  // Of a call that is not complete, it is not known yet which arguments are its own.
  for (const arg of call.broken ? [] : given) {
    const inherited = speaksOf(rule, arg.name) ? null : unlisted(input, arg.name);
    if (inherited) decide(arg.name, arg, inherited);
  }
  remarks.push(...duplicates(input, changes));
  return { verdict: worst(remarks.map((remark) => remark.verdict)), remarks, changes };
}

/** An argument with a name: written as `name=value`, or as an entry of `**{"name": value}`. */
export interface NamedArgument extends Argument {
  readonly name: string;
}

/** All arguments of a call whose names can be read. */
export const namedArguments = remembered((call: CallExpr): readonly NamedArgument[] =>
  [...call.args, ...dictArguments(call)].filter((arg): arg is NamedArgument => arg.name !== null),
);

/** An argument of a call, or the default that holds without it. */
export function argumentValue(call: CallExpr, oldClass: string | null, name: string): ArgumentValue {
  return {
    expr: namedArguments(call).find((arg) => arg.name === name)?.value ?? null,
    fallback: oldClass ? defaultOf(oldClass, name).value : undefined,
  };
}

/** Answers of {@link defaultOf} by class and argument. */
const defaults = new Map<string, Map<string, Default>>();

interface Default {
  readonly value: Json | undefined;
}

/** What an argument is when it is left out, where that is a plain literal. */
function defaultOf(oldClass: string, name: string): Default {
  const own = inMap(defaults, oldClass, () => new Map<string, Default>());
  const source = () => defaultSource(oldClass, name, signatureVersion(oldClass));
  return inMap(own, name, () => ({ value: literalOfSource(source()) }));
}

/** The text of an argument (or its default) where it is a plain literal. */
export function argumentText(call: CallExpr, oldClass: string | null, name: string): string | null {
  const { expr, fallback } = argumentValue(call, oldClass, name);
  const known = expr ? literalValue(expr) : fallback;
  return known === undefined || known === null ? null : String(known);
}

/** Forms of arguments that cannot be followed: then the call is explained and left alone. */
function* unreadable({ call, oldSymbol, module }: CallInput): Generator<Remark> {
  if (call.broken) {
    const text = 'the call is not complete.';
    yield { argument: null, verdict: 'report', text, severity: null, ...spanOf(call.callee) };
    return;
  }
  const oldClass = pluginClass(oldSymbol);
  const parameters = Object.keys((oldClass && signature(oldClass, OLD_VERSION)?.parameters) || {});
  for (const [index, arg] of call.args.entries()) {
    if (arg.name !== null || isReadable(call, arg)) continue;
    const known = parameters[index];
    const text = arg.star
      ? `arguments passed as \`${module.text.slice(arg.from, Math.min(arg.to, arg.from + 30))}\` cannot be followed.`
      : `Airflow rejects positional arguments${known ? `; argument ${index + 1} is \`${known}\`` : ''}.`;
    const severity = arg.star ? null : 'error';
    yield { argument: known ?? null, verdict: 'report', text, severity, ...spanOf(arg) };
  }
}

/** `**{"name": value}` says all that there is to say. */
export function isReadable(call: CallExpr, { star, value }: Argument): boolean {
  const dict = unwrap(value);
  if (star !== '**' || dict.kind !== 'dict') return false;
  return dict.entries.length === 0 || dictArguments(call).some((one) => one.dict === dict);
}

/** Whether a rule has something to say about an argument that is there. */
function speaksOf(rule: SymbolRule, name: string): boolean {
  const cases = Object.hasOwn(rule.arguments ?? {}, name) ? rule.arguments?.[name] : undefined;
  return cases?.some(({ when }) => when?.value?.absent !== true) ?? false;
}

/** Keywords that no rule lists: what the signatures say decides. */
function unlisted({ oldSymbol, newSymbol, target }: CallInput, keyword: string): Case | null {
  const [oldClass, newClass] = [pluginClass(oldSymbol), newSymbol === null ? null : pluginClass(newSymbol)];
  if (!oldClass || !newClass || newClass === oldClass) return null;
  const now = acceptance(newClass, keyword, target);
  if (now === 'accepted') return null;
  const drop = { drop: true } as const;
  if (now === 'conflict') {
    const why = `\`${keyword}\` is set by ${newClass} itself; it has to go, and its value is lost.`;
    return { verdict: 'unsafe', do: drop, why };
  }
  if (acceptance(oldClass, keyword, OLD_VERSION) === 'accepted') {
    return {
      verdict: 'unsafe',
      do: drop,
      why: `${newClass} does not accept \`${keyword}\`; its value is lost.`,
    };
  }
  const why = `\`${keyword}\` is unknown to ${oldClass} and to ${newClass}: Airflow rejects the DAG.`;
  return { verdict: 'report', why, severity: 'error' };
}

/** Two arguments must not end up under one name. */
function* duplicates({ call }: CallInput, changes: readonly ArgumentChange[]): Generator<Remark> {
  const changed = new Set(changes.map((change) => change.argument));
  const kept = namedArguments(call).filter((arg) => !changed.has(arg));
  const names = new Set(kept.map((arg) => arg.name));
  for (const { argument, become } of changes) {
    for (const [name] of become) {
      if (names.has(name)) {
        const text = `\`${name}\` would be passed twice: more than one of the arguments stands for it.`;
        yield { argument: name, verdict: 'report', text, severity: null, ...spanOf(argument ?? call.callee) };
      }
      names.add(name);
    }
  }
}

function contains(outer: Span, inner: Span): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}

function spanOf({ from, to }: Span): Span {
  return { from, to };
}
