import type { Schema } from './json-schema';
import ruleSchema from '../rules/rule.schema.json';
import { TARGETS } from '../rules/signatures';

/** What a site need not say of its rules. */
export const SITE_DEFAULTS = {
  severity: 'warning',
  since: '0.4.0',
  category: 'mandatory',
  minutes: 5,
  evidence: [],
} as const;

const shipped: Schema = ruleSchema;

/** What `.kaapana-dags.json` may look like: the schema of the rules that ship, with less to say. */
export const SITE_SCHEMA = {
  $schema: ruleSchema.$schema,
  title: 'Kaapana DAGs',
  description: 'The target version of a project and rules for its own operators.',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    target: { enum: TARGETS, description: 'The Kaapana version that the DAGs are to run on.' },
    rules: {
      type: 'array',
      description: 'Rules for operators, functions and texts of your own.',
      items: { anyOf: [{ $ref: '#/definitions/symbolRule' }, { $ref: '#/definitions/stringRule' }] },
    },
  },
  definitions: {
    ...shipped.definitions,
    code: { type: 'string', pattern: '^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$' },
    base: {
      ...shipped.definitions?.['base'],
      required: (shipped.definitions?.['base']?.required ?? []).filter(
        (key) => !Object.hasOwn(SITE_DEFAULTS, key),
      ),
    },
  },
} satisfies Schema & Record<string, unknown>;
