import type { FileFacts } from './call-facts';
import { lastPart } from './dotted';
import type { Draft, Related } from './findings';
import { namedArguments } from './operators';
import type { Severity, SymbolRule } from './rules/types';
import { acceptance, pluginClass, signature } from './signatures';
import type { CallExpr, Span } from './syntax/types';
import type { Use } from './uses';

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
    const names = unique(calls.flatMap(namedArguments).map((arg) => arg.name));
    const lost = names.filter((name) => acceptance(oldClass, name, target) !== 'accepted');
    const verb = lost.length === 1 ? 'is' : 'are';
    if (lost.length > 0)
      errors.push(
        `${lost.map((name) => `\`${name}\``).join(', ')} ${verb} no longer accepted in Kaapana ${target}: the DAG file does not import.`,
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
