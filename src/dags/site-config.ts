import { RULES } from './rules';
import type { Rule } from './rules/types';
import { TARGETS } from './signatures';

/** The name of the file in which a project keeps its target version and rules for its own operators. */
export const CONFIG_FILE = '.kaapana-dags.json';

/** What a project says about itself. */
export interface SiteConfig {
  readonly target: string | null;
  /** All rules: those that ship, and those of the site. */
  readonly rules: readonly Rule[];
}

/** Reads a configuration; what is wrong with it is listed, and the rest of it counts. */
export function readSiteConfig(text: string): { config: SiteConfig; problems: readonly string[] } {
  const problems: string[] = [];
  const none: SiteConfig = { target: null, rules: RULES };
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return {
      config: none,
      problems: [`not JSON: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
  if (!isObject(data)) return { config: none, problems: ['not an object.'] };
  let target: string | null = null;
  if (typeof data['target'] === 'string' && TARGETS.includes(data['target'])) target = data['target'];
  else if (data['target'] !== undefined) problems.push(`"target" must be one of ${TARGETS.join(', ')}.`);
  const own: Rule[] = [];
  const rules: unknown[] = Array.isArray(data['rules']) ? data['rules'] : [];
  if (data['rules'] !== undefined && !Array.isArray(data['rules'])) problems.push('"rules" must be a list.');
  for (const [index, rule] of rules.entries()) {
    const problem = problemOf(rule);
    if (problem) problems.push(`rules[${index}]: ${problem}`);
    else own.push({ ...DEFAULTS, ...(rule as Rule) });
  }
  return { config: { target, rules: own.length > 0 ? [...RULES, ...own] : RULES }, problems };
}

/** What a site need not say of its rules. */
const DEFAULTS = {
  severity: 'warning',
  since: '0.4.0',
  category: 'mandatory',
  minutes: 5,
  evidence: [],
} as const;

function problemOf(rule: unknown): string | null {
  if (!isObject(rule)) return 'not an object.';
  if (rule['kind'] !== 'symbol' && rule['kind'] !== 'string') return '"kind" must be "symbol" or "string".';
  for (const key of ['code', 'title', 'message', 'advice']) {
    if (typeof rule[key] !== 'string') return `"${key}" must be a text.`;
  }
  if (RULES.some((one) => one.code === rule['code'])) return `the code ${String(rule['code'])} is taken.`;
  if (!['safe', 'unsafe', 'report'].includes(String(rule['verdict'])))
    return '"verdict" must be safe, unsafe or report.';
  if (rule['kind'] === 'string')
    return isObject(rule['texts']) ? null : '"texts" must map old texts to new ones.';
  const symbols = rule['symbols'];
  if (!Array.isArray(symbols) || !symbols.every((one) => typeof one === 'string' && one.includes('.'))) {
    return '"symbols" must be a list of dotted names.';
  }
  for (const [name, cases] of Object.entries(isObject(rule['arguments']) ? rule['arguments'] : {})) {
    const right =
      Array.isArray(cases) && cases.every((one) => isObject(one) && typeof one['verdict'] === 'string');
    if (!right) return `"arguments.${name}" must be a list of cases with a verdict.`;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
