import type { Finding } from '../findings/findings';
import { LineIndex } from '../lines';

/** A finding with the file it is in, counted as people count: lines and columns from one. */
export interface ReportEntry {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly message: string;
  readonly fix: 'safe' | 'unsafe' | null;
}

/** The findings of one file as report entries. */
export function reportEntries(file: string, text: string, findings: readonly Finding[]): ReportEntry[] {
  const lines = new LineIndex(text);
  return findings.map((finding) => {
    const start = lines.position(finding.range.from);
    const end = lines.position(finding.range.to);
    return {
      file,
      line: start.line + 1,
      column: start.character + 1,
      endLine: end.line + 1,
      endColumn: end.character + 1,
      code: finding.code,
      severity: finding.severity,
      message: finding.reason ? `${finding.message} No automatic fix: ${finding.reason}` : finding.message,
      fix: finding.fix?.verdict ?? null,
    };
  });
}
