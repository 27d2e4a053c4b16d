import { violations } from './json-schema';
import { RULES } from '../rules';
import type { Rule } from '../rules/types';
import { SITE_DEFAULTS, SITE_SCHEMA } from './schema';

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
      problems: [
        `not JSON, so nothing in it counts: ${error instanceof Error ? error.message : String(error)}`,
      ],
    };
  }
  if (!isObject(data)) return { config: none, problems: ['not an object.'] };
  const { target = null, rules = [], ...rest } = data;
  problems.push(...wrong(rest));
  const targetProblems = target === null ? [] : wrong({ target });
  const listed: readonly unknown[] = Array.isArray(rules) ? rules : [];
  problems.push(...targetProblems, ...(Array.isArray(rules) ? [] : wrong({ rules })));
  const own = listed.flatMap((rule, index): Rule[] => {
    const found = problemsOf(rule).map((problem) => `rules[${index}]: ${problem}`);
    problems.push(...found);
    return found.length === 0 ? [{ ...SITE_DEFAULTS, ...(rule as Rule) }] : [];
  });
  const chosen = typeof target === 'string' && targetProblems.length === 0 ? target : null;
  return { config: { target: chosen, rules: own.length > 0 ? [...RULES, ...own] : RULES }, problems };
}

const wrong = (part: unknown) => violations(part, SITE_SCHEMA);

function problemsOf(rule: unknown): string[] {
  const found = wrong({ rules: [rule] }).map((problem) => problem.replace(/^rules\[0\]\.?/, '').trim());
  const code = isObject(rule) ? rule['code'] : undefined;
  return RULES.some((one) => one.code === code) ? [...found, `the code ${String(code)} is taken.`] : found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
