/** A JSON schema, as far as those of this project go. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly description?: string;
}

/** What is wrong with a value, each with its place; nothing when it keeps to the schema. */
export function violations(value: unknown, schema: Schema, root = schema, at = ''): string[] {
  if (schema.$ref !== undefined) {
    const named = root.definitions?.[schema.$ref.replace('#/definitions/', '')];
    return named ? violations(value, named, root, at) : [];
  }
  const within = (one: Schema) => violations(value, one, root, at);
  const found = own(value, schema).map((problem) => `${at || 'it'} ${problem}`);
  found.push(...(schema.allOf ?? []).flatMap(within));
  const choices = (schema.anyOf ?? schema.oneOf ?? []).map(within);
  // The choice that comes nearest says best what is wrong.
  choices.sort((a, b) => a.length - b.length);
  found.push(...(choices[0] ?? []));
  if (schema.if && schema.then && within(schema.if).length === 0) found.push(...within(schema.then));
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items)
      value.forEach((item, index) => found.push(...violations(item, items, root, `${at}[${index}]`)));
  } else if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) {
      const known = schema.properties?.[key] ?? schema.additionalProperties;
      const place = at === '' ? key : `${at}.${key}`;
      if (known === false) found.push(`${place} is not known.`);
      else if (typeof known === 'object') found.push(...violations(part, known, root, place));
    }
  }
  return found;
}

function own(value: unknown, schema: Schema): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isOf(value, type)))
    return [`must be: ${types.join(' or ')}.`];
  if (schema.enum) expect(schema.enum.includes(value), `must be one of ${schema.enum.join(', ')}.`);
  if ('const' in schema) expect(value === schema.const, `must be ${JSON.stringify(schema.const)}.`);
  if (typeof value === 'string') {
    expect(value.length >= (schema.minLength ?? 0), 'is too short.');
    if (schema.pattern !== undefined)
      expect(new RegExp(schema.pattern, 'u').test(value), `must look like ${schema.pattern}.`);
    if (schema.format === 'regex') expect(isPattern(value), 'is no regular expression.');
  }
  if (typeof value === 'number') expect(value >= (schema.minimum ?? value), 'is too small.');
  if (Array.isArray(value)) expect(value.length >= (schema.minItems ?? 0), 'is too short.');
  else if (isObject(value)) {
    const size = Object.keys(value).length;
    expect(
      size >= (schema.minProperties ?? 0) && size <= (schema.maxProperties ?? size),
      'has too few or too many entries.',
    );
    for (const key of schema.required ?? []) expect(Object.hasOwn(value, key), `lacks "${key}".`);
  }
  return problems;
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
