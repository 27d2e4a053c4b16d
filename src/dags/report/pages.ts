import { RULES } from '../rules';
import type { Case, Rule, SymbolRule } from '../rules/types';
import {
  acceptance,
  DEFAULT_TARGET,
  defaultSource,
  pluginClass,
  signature,
  signatureVersion,
} from '../rules/signatures';

const VERDICTS = { safe: 'safe', unsafe: 'to be reviewed', report: 'by hand' };

/** Every rule's page by its code, plus `README` with the list of them. */
export function rulePages(rules: readonly Rule[] = RULES): ReadonlyMap<string, string> {
  const rows = rules.map(
    (rule) => `| [${rule.code}](${rule.code}.md) | ${rule.title} | ${rule.severity} | ${rule.since} |`,
  );
  const index = ['# Rules', '', '| code | rule | severity | since |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
  return new Map([...rules.map((rule): [string, string] => [rule.code, rulePage(rule)]), ['README', index]]);
}

/** One rule, as a page of Markdown. */
export function rulePage(rule: Rule): string {
  const sections = [`# ${rule.code}: ${rule.title}`, rule.message, `**What to do.** ${rule.advice}`];
  const range = rule.before
    ? `${rule.since} up to, not including, ${rule.before}`
    : `${rule.since} and later`;
  sections.push(
    [
      '| | |',
      '|---|---|',
      `| severity | ${rule.severity} |`,
      `| fix | ${VERDICTS[rule.verdict]}${rule.verdict === 'report' ? '' : ', unless said otherwise below'} |`,
      `| target versions | ${range} |`,
      `| effort | about ${rule.minutes} min a finding, ${rule.category} |`,
    ].join('\n'),
  );
  if (rule.kind === 'symbol') sections.push(...symbolSections(rule));
  if (rule.kind === 'string') {
    const rows = Object.entries(rule.texts).map(
      ([old, now]) => `| \`${old}\` | ${now === null ? 'gone' : `\`${now}\``} |`,
    );
    sections.push(['| old text | new text |', '|---|---|', ...rows].join('\n'));
  }
  sections.push(
    `**Suppress it** with \`# kaapana: ignore[${rule.code}]\` behind the line, or \`# kaapana: ignore-file[${rule.code}]\`.`,
  );
  if (rule.evidence.length > 0)
    sections.push(`**Evidence** (sources of Kaapana): ${rule.evidence.join('; ')}.`);
  return `${sections.join('\n\n')}\n`;
}

/** A rule as a hover shows it. */
export function ruleOutline(rule: SymbolRule, target: string): string {
  const table = rule.arguments ? argumentTable(rule, target) : null;
  const runtime = (rule.runtime ?? []).map((line) => `- ${line}`).join('\n');
  return [
    `**${rule.title}** (${rule.code})`,
    rule.advice,
    ...(table ? [table] : []),
    ...(runtime ? [runtime] : []),
  ].join('\n\n');
}

function* symbolSections(rule: SymbolRule): Generator<string> {
  const symbols = rule.symbols.map((symbol) => {
    const becomes = rule.becomesEach?.[symbol] ?? rule.becomes;
    return `- \`${symbol}\`${becomes ? ` → \`${becomes}\`` : ''}`;
  });
  yield symbols.join('\n');
  const table = argumentTable(rule, DEFAULT_TARGET);
  if (table)
    yield `## Arguments\n\nNew defaults are those of Kaapana ${DEFAULT_TARGET}; the editor shows those of your target when you point at the operator.\n\n${table}`;
  const notes = Object.entries(rule.arguments ?? {}).flatMap(([name, cases]) =>
    noted(cases).map((one) => `- \`${name}\`, ${one}`),
  );
  if (notes.length > 0) yield notes.join('\n');
  const calls = noted(rule.call ?? []).map((one) => `- ${one}`);
  if (calls.length > 0) yield `## The call as a whole\n\n${calls.join('\n')}`;
  if (rule.runtime) yield `## At run time\n\n${rule.runtime.map((line) => `- ${line}`).join('\n')}`;
}

function noted(cases: readonly Case[]): string[] {
  return cases.flatMap(({ verdict, why }) => (why ? [`*${VERDICTS[verdict]}*: ${why}`] : []));
}

/** Old and new arguments side by side; null when the rule has none to tell. */
export function argumentTable(rule: SymbolRule, target: string, only?: readonly string[]): string | null {
  const [symbol] = rule.symbols;
  const oldClass = symbol ? pluginClass(symbol) : null;
  const newClass = rule.becomes ? pluginClass(rule.becomes) : oldClass;
  const version = oldClass ? signatureVersion(oldClass) : null;
  const own = oldClass && version ? Object.keys(signature(oldClass, version)?.parameters ?? {}) : [];
  const names = only ?? [...new Set([...own, ...Object.keys(rule.arguments ?? {})])];
  const rows = names.map((name) => {
    const old = oldClass && version ? defaultSource(oldClass, name, version) : undefined;
    const now = newClass ? defaultSource(newClass, name, target) : undefined;
    return `| \`${name}\` | ${code(old)} | ${fate(rule, name, newClass, target)} | ${code(now)} |`;
  });
  if (rows.length === 0) return null;
  return ['| argument | old default | what becomes of it | new default |', '|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function code(source: string | null | undefined): string {
  if (source === undefined) return '';
  return source === null ? 'required' : `\`${source.replace(/\|/g, '\\|')}\``;
}

function fate(rule: SymbolRule, name: string, newClass: string | null, target: string): string {
  const fates = (rule.arguments?.[name] ?? []).map(({ do: action, verdict }) => {
    if (verdict === 'report') return 'by hand';
    if (action?.drop) return 'dropped';
    if (action?.become)
      return `becomes ${Object.keys(action.become)
        .map((one) => `\`${one}\``)
        .join(' and ')}`;
    return action?.set === undefined ? 'stays' : 'set';
  });
  if (fates.length > 0) return [...new Set(fates)].join(', or ');
  return newClass && acceptance(newClass, name, target) === 'accepted' ? 'stays' : 'dropped';
}
