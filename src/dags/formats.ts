import type { ReportEntry } from './reports';

/** Turns report entries into the text of one output format. */
export type Formatter = (entries: readonly ReportEntry[]) => string;

function text(entries: readonly ReportEntry[]): string {
  const lines = entries.map(({ file, line, column, severity, code, message, fix }) => {
    const hint = fix === null ? '' : fix === 'safe' ? ' [fixable]' : ' [fixable with --unsafe]';
    return `${file}:${line}:${column}: ${severity} ${code} ${message}${hint}\n`;
  });
  return lines.join('');
}

function json(entries: readonly ReportEntry[]): string {
  return `${JSON.stringify(entries, null, 2)}\n`;
}

const GITHUB_LEVEL = { error: 'error', warning: 'warning', information: 'notice' };

/** Workflow commands, which GitHub shows as annotations. */
function github(entries: readonly ReportEntry[]): string {
  const data = (value: string) => value.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (value: string) => data(value).replace(/:/g, '%3A').replace(/,/g, '%2C');
  const lines = entries.map((one) => {
    const place = `file=${property(one.file)},line=${one.line},col=${one.column},endLine=${one.endLine},endColumn=${one.endColumn}`;
    return `::${GITHUB_LEVEL[one.severity]} ${place},title=${property(one.code)}::${data(one.message)}\n`;
  });
  return lines.join('');
}

/** The output formats by name. */
export const FORMATS: Readonly<Record<string, Formatter>> = { text, json, github };
