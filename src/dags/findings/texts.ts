import type { FileFacts } from '../facts/call-facts';
import { lastPart } from '../dotted';
import type { Draft, Related } from './findings';
import { namedArguments } from './operators';
import type { Severity, SymbolRule } from '../rules/types';
import { acceptance, OLD_VERSION, pluginClass, signature } from '../rules/signatures';
import type { CallExpr, Span } from '../syntax/types';
import type { Use } from '../facts/uses';

/** Message, severity and place of a finding. */
export function base(
  rule: SymbolRule,
  span: Span,
  dotted: string,
  { target }: FileFacts,
  remarks: readonly { text: string; severity: Severity | null }[],
  ...calls: readonly CallExpr[]
): Pick<Draft, 'rule' | 'severity' | 'message' | 'range' | 'tags'> {
  const errors = remarks.flatMap((remark) => (remark.severity === 'error' ? [capital(remark.text)] : []));
  const oldClass = pluginClass(dotted);
  if (oldClass && rule.becomes && !signature(oldClass, target)) {
    errors.push(
      `\`${oldClass}\` does not exist in Kaapana ${target}: the DAG file fails with an ImportError.`,
    );
  } else if (oldClass && rule.becomes) {
    const names = unique(
      calls
        .filter(({ broken }) => !broken)
        .flatMap(namedArguments)
        .map((arg) => arg.name),
    );
    const told = (name: string) => errors.some((text) => text.includes(`\`${name}\``));
    const lost = names.filter((name) => acceptance(oldClass, name, target) !== 'accepted' && !told(name));
    const [gone, unknown] = split(lost, (name) => acceptance(oldClass, name, OLD_VERSION) === 'accepted');
    errors.push(
      ...accepts(gone, `no longer accepted in Kaapana ${target}`),
      ...accepts(unknown, `not accepted by \`${oldClass}\``),
    );
  }
  const severity = errors.length > 0 ? 'error' : rule.severity;
  const message = [...new Set([...errors, rule.message])].join(' ');
  return {
    rule,
    severity,
    message,
    range: { from: span.from, to: span.to },
    tags: rule.becomes ? ['deprecated'] : [],
  };
}

function accepts(names: readonly string[], what: string): string[] {
  if (names.length === 0) return [];
  const verb = names.length === 1 ? 'is' : 'are';
  return [`${names.map((name) => `\`${name}\``).join(', ')} ${verb} ${what}: the DAG file does not import.`];
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

/** Where a used symbol is imported. */
export function importsOf(use: Use): Related[] {
  const statements = use.resolution.star
    ? [use.resolution.star]
    : use.resolution.imports.map((one) => one.imported);
  return statements.map(({ from, to }) => ({
    from,
    to,
    message: `\`${lastPart(use.resolution.dotted)}\` is imported here.`,
  }));
}

/** A text that begins a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The items without repetition. */
export function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
