import type { Analysis } from '../analyze';
import { argumentTable, ruleOutline } from './pages';
import type { Rule, SymbolRule } from '../rules/types';
import { pluginClass, signature } from '../rules/signatures';
import type { Span } from '../syntax/types';
import { describeTarget, type Target } from '../rules/target';
import { isInRange } from '../rules/versions';

/** What is shown at a place in a file, as Markdown. */
export interface Hover extends Span {
  readonly markdown: string;
}

/** The table of an operator under the cursor, or what happens to the keyword there. */
export function hoverAt(
  analysis: Analysis,
  offset: number,
  target: Target,
  rules: readonly Rule[],
): Hover | null {
  const hover = factsAt(analysis, offset, target.version, rules);
  return hover && { ...hover, markdown: `${hover.markdown}\n\n*${describeTarget(target)}*` };
}

function factsAt(analysis: Analysis, offset: number, target: string, rules: readonly Rule[]): Hover | null {
  const at = (span: Span) => span.from <= offset && offset <= span.to;
  for (const { expr, call, resolution } of analysis.uses.uses) {
    const { dotted } = resolution;
    const arg = call?.args.find((one) => one.nameSpan && at(one.nameSpan));
    const span = arg?.nameSpan ?? (at(expr) ? expr : null);
    if (!span) continue;
    const rule = rules.find((one): one is SymbolRule => isAbout(one, dotted) && isInRange(target, one));
    const markdown = arg?.name ? keyword(rule, arg.name, target) : operator(rule, dotted, target);
    if (markdown) return { from: span.from, to: span.to, markdown };
  }
  for (const { binding, dotted } of analysis.uses.imports) {
    if (!at(binding)) continue;
    const rule = rules.find((one): one is SymbolRule => isAbout(one, dotted) && isInRange(target, one));
    const markdown = operator(rule, dotted, target);
    if (markdown) return { from: binding.from, to: binding.to, markdown };
  }
  return null;
}

function isAbout(rule: Rule, dotted: string): boolean {
  return rule.kind === 'symbol' && rule.symbols.includes(dotted);
}

function operator(rule: SymbolRule | undefined, dotted: string, target: string): string | null {
  if (rule) return ruleOutline(rule, target);
  const name = pluginClass(dotted);
  const known = name ? signature(name, target) : null;
  if (!name || !known) return null;
  const parameters = Object.entries(known.parameters).map(([one, source]) =>
    source === null ? one : `${one}=${source}`,
  );
  return `**${name}** in Kaapana ${target}\n\n\`\`\`python\n${name}(${parameters.join(', ')})\n\`\`\``;
}

function keyword(rule: SymbolRule | undefined, argument: string, target: string): string | null {
  if (!rule) return null;
  const cases = rule.arguments?.[argument];
  const why = cases?.flatMap((one) => (one.why ? [`- *${one.verdict}*: ${one.why}`] : [])) ?? [];
  const row = argumentTable(rule, target, [argument]);
  return row
    ? [`\`${argument}\` (${rule.code})`, row, ...(why.length > 0 ? [why.join('\n')] : [])].join('\n\n')
    : null;
}
