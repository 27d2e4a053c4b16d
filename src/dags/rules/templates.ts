import { literalValue, quote, unwrap } from '../syntax/literals';
import type { Expr } from '../syntax/types';

/** Turns an argument's old value into source text; null where that is not possible. */
type Transform = (value: Expr, source: (expr: Expr) => string) => string | null;

/** `{value:<name>}` in a rule. A rule that needs another way of rewriting a value adds one here. */
const TRANSFORMS: Readonly<Record<string, Transform>> = {
  /** `x.operator_out_dir` → `x`, item by item. */
  owners: (value, source) =>
    mapItems(value, source, (item) => (item.kind === 'attribute' ? source(item.object) : null)),
  /** `".zip"` → `[".zip"]`; every entry gets the dot it lacks. */
  extensions: (value, source) => {
    const plain = unwrap(value);
    if (plain.kind === 'string') return plain.value === null ? null : `[${dotted(plain, source)}]`;
    return mapItems(value, source, (item) => dotted(item, source));
  },
  /** `"seg"` → `["SEG"]`. */
  'upper-list': (value) => {
    const text = literalValue(value);
    return typeof text === 'string' ? `[${quote(text.toUpperCase())}]` : null;
  },
};

function dotted(item: Expr, source: (expr: Expr) => string): string {
  const text = literalValue(item);
  return typeof text === 'string' && text !== '' && !text.startsWith('.')
    ? quote(`.${text}`)
    : source(unwrap(item));
}

/** Rewrites the items of a list or tuple and leaves everything between them as it is. */
function mapItems(
  value: Expr,
  source: (expr: Expr) => string,
  map: (item: Expr) => string | null,
): string | null {
  const plain = unwrap(value);
  if (plain.kind !== 'list' && plain.kind !== 'tuple') return null;
  const text = source(plain);
  let result = '';
  let at = 0;
  for (const item of plain.items) {
    const mapped = map(unwrap(item));
    if (mapped === null) return null;
    result += text.slice(at, item.from - plain.from) + mapped;
    at = item.to - plain.from;
  }
  return result + text.slice(at);
}

/** What a template may refer to. */
export interface TemplateInput {
  readonly value: Expr | null;
  readonly source: (expr: Expr) => string;
  /** Literal text for `{name}`: another argument's value or something known about the call. */
  readonly variable: (name: string) => string | null;
}

/** Fills `{value}`, `{value:transform}` and `{variable}` in; null when one of them is not known. */
export function fill(template: string, input: TemplateInput): string | null {
  let known = true as boolean;
  const text = template.replace(/\{([a-z_-]+)(?::([a-z-]+))?\}/g, (_, name: string, transform?: string) => {
    const part = name === 'value' ? fillValue(input, transform) : input.variable(name);
    if (part === null) known = false;
    return part ?? '';
  });
  return known ? text : null;
}

function fillValue({ value, source }: TemplateInput, transform?: string): string | null {
  if (!value) return null;
  if (!transform) return source(value);
  return TRANSFORMS[transform]?.(value, source) ?? null;
}

/** Names that rules may use behind `{value:`. */
export const TRANSFORM_NAMES: readonly string[] = Object.keys(TRANSFORMS);
