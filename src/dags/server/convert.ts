import {
  DiagnosticSeverity,
  DiagnosticTag,
  type Diagnostic,
  type Range,
  type TextEdit,
} from 'vscode-languageserver/node';
import type { Edit } from '../edits/edits';
import type { Finding } from '../findings/findings';
import type { LineIndex } from '../lines';
import type { Severity } from '../rules/types';
import type { Span } from '../syntax/types';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

const TAGS = { deprecated: DiagnosticTag.Deprecated, unnecessary: DiagnosticTag.Unnecessary };

/** The `source` that editors show with our diagnostics. */
export const SOURCE = 'kaapana';

/** A span of the text as the protocol counts it. */
export function toRange(lines: LineIndex, { from, to }: Span): Range {
  return { start: lines.position(from), end: lines.position(to) };
}

/** Edits as the protocol wants them. */
export function toTextEdits(lines: LineIndex, edits: readonly Edit[]): TextEdit[] {
  return edits.map((edit) => ({ range: toRange(lines, edit), newText: edit.text }));
}

/** A finding as a diagnostic; `page` gives the address of a rule's page. */
export function toDiagnostic(
  finding: Finding,
  uri: string,
  lines: LineIndex,
  page: (code: string) => string | null,
): Diagnostic {
  const href = page(finding.code);
  return {
    source: SOURCE,
    code: finding.code,
    severity: SEVERITIES[finding.severity],
    message: finding.reason ? `${finding.message} No automatic fix: ${finding.reason}` : finding.message,
    range: toRange(lines, finding.range),
    tags: finding.tags.map((tag) => TAGS[tag]),
    relatedInformation: finding.related.map(({ message, ...span }) => ({
      message,
      location: { uri, range: toRange(lines, span) },
    })),
    ...(href ? { codeDescription: { href } } : {}),
  };
}
