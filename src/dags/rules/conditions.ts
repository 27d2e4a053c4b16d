import { literalValue, unwrap } from '../syntax/literals';
import type { Expr } from '../syntax/types';
import type { Fact, Json, Shape, ValueTest, When } from './types';
import { isInRange } from './versions';

/** An argument as a condition sees it: its expression, or the default that holds in its absence. */
export interface ArgumentValue {
  readonly expr: Expr | null;
  readonly fallback: Json | undefined;
}

/** Answers whether something holds; most facts are asked for seldom, so they are worked out when they are. */
export interface Facts {
  readonly has: (fact: Fact) => boolean;
}

/** What a condition may ask about. */
export interface Situation {
  readonly target: string;
  readonly facts: Facts;
  readonly argument: (name: string) => ArgumentValue;
}

/** Whether a case applies to an argument (or, with `value` null, to a whole call). */
export function applies(when: When | undefined, value: ArgumentValue | null, situation: Situation): boolean {
  // A case that does not ask for absence is about an argument that is there.
  if (value && !value.expr && when?.value?.absent !== true) return false;
  return !when || holds(when, value, situation);
}

function holds(when: When, value: ArgumentValue | null, situation: Situation): boolean {
  if (when.value && (!value || !passes(when.value, value))) return false;
  for (const [name, test] of Object.entries(when.arguments ?? {})) {
    if (!passes(test, situation.argument(name))) return false;
  }
  if (when.facts && !when.facts.every((fact) => situation.facts.has(fact))) return false;
  if (when.target && !isInRange(situation.target, when.target)) return false;
  return !when.anyOf || when.anyOf.some((one) => holds(one, value, situation));
}

function passes(test: ValueTest, { expr, fallback }: ArgumentValue): boolean {
  if (test.absent !== undefined && test.absent !== (expr === null)) return false;
  if (test.nothing !== undefined && test.nothing !== isNothing(expr)) return false;
  if (test.is) {
    const value = expr ? literalValue(expr) : fallback;
    if (value === undefined || !test.is.includes(value)) return false;
  }
  if (!test.shape && !test.items && !test.attribute && !test.unlike && test.empty === undefined) return true;
  if (!expr) return false;
  const plain = unwrap(expr);
  if (test.shape && !test.shape.includes(shapeOf(plain))) return false;
  if (test.attribute && !(plain.kind === 'attribute' && plain.name === test.attribute)) return false;
  const items = plain.kind === 'list' || plain.kind === 'tuple' ? plain.items : null;
  if (test.empty !== undefined) {
    const size = plain.kind === 'dict' ? plain.entries.length : items?.length;
    if (size === undefined || (size === 0) !== test.empty) return false;
  }
  if (test.items) {
    const each = test.items;
    if (!items?.every((item) => passes(each, { expr: item, fallback: undefined }))) return false;
  }
  if (test.unlike) {
    const pattern = new RegExp(test.unlike);
    const texts = (items ?? [plain]).map(literalValue);
    if (!texts.some((text) => typeof text === 'string' && !pattern.test(text))) return false;
  }
  return true;
}

function isNothing(expr: Expr | null): boolean {
  const plain = expr && unwrap(expr);
  if (plain?.kind === 'list' || plain?.kind === 'tuple') return plain.items.length === 0;
  return plain === null || literalValue(plain) === null;
}

/** What an expression looks like. */
export function shapeOf(expr: Expr): Shape {
  switch (expr.kind) {
    case 'string':
    case 'list':
    case 'tuple':
    case 'dict':
    case 'name':
    case 'attribute':
    case 'call':
      return expr.kind;
    case 'literal':
      return expr.value === null ? 'none' : typeof expr.value === 'boolean' ? 'boolean' : 'number';
    case 'set':
    case 'subscript':
    case 'binary':
    case 'paren':
    case 'other':
      return 'other';
  }
}

/** A default given as Python source, where it is a plain literal. */
export function literalOfSource(source: string | null | undefined): Json | undefined {
  if (source === null || source === undefined) return undefined;
  if (source === 'None') return null;
  if (source === 'True' || source === 'False') return source === 'True';
  if (/^-?\d+(\.\d+)?$/.test(source)) return Number(source);
  return /^(["'])([^\\"']*)\1$/.exec(source)?.[2];
}
