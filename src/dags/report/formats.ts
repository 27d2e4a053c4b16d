import type { ReportEntry } from './reports';
import { RULES } from '../rules';

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

const GITLAB_SEVERITY = { error: 'critical', warning: 'major', information: 'info' };

/** GitLab's code quality report. */
function gitlab(entries: readonly ReportEntry[]): string {
  const seen = new Map<string, number>();
  const report = entries.map((one) => ({
    description: one.message,
    check_name: one.code,
    fingerprint: fingerprint(one, seen),
    severity: GITLAB_SEVERITY[one.severity],
    location: { path: one.file, lines: { begin: one.line, end: one.endLine } },
  }));
  return `${JSON.stringify(report, null, 2)}\n`;
}

const SARIF_LEVEL = { error: 'error', warning: 'warning', information: 'note' };

/** SARIF 2.1.0, one run. */
function sarif(entries: readonly ReportEntry[]): string {
  const codes = [...new Set(entries.map((one) => one.code))].sort();
  const seen = new Map<string, number>();
  const rules = codes.map((code) => {
    const rule = RULES.find((one) => one.code === code);
    return {
      id: code,
      shortDescription: { text: rule?.title ?? code },
      fullDescription: { text: rule?.message ?? code },
      help: { text: rule?.advice ?? '' },
      defaultConfiguration: { level: SARIF_LEVEL[rule?.severity ?? 'warning'] },
    };
  });
  const results = entries.map((one) => ({
    ruleId: one.code,
    ruleIndex: codes.indexOf(one.code),
    level: SARIF_LEVEL[one.severity],
    message: { text: one.message },
    partialFingerprints: { kaapanaDags: fingerprint(one, seen) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(one.file) },
          region: {
            startLine: one.line,
            startColumn: one.column,
            endLine: one.endLine,
            endColumn: one.endColumn,
          },
        },
      },
    ],
  }));
  const tool = { driver: { name: 'kaapana-dags', rules } };
  const run = { tool, columnKind: 'utf16CodeUnits', results };
  const schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

/** The same finding has the same fingerprint when lines move; equal ones in a file are numbered. */
function fingerprint({ file, code, message }: ReportEntry, seen: Map<string, number>): string {
  const key = `${file}\n${code}\n${message}`;
  const count = seen.get(key) ?? 0;
  seen.set(key, count + 1);
  return hash(`${key}\n${count}`);
}

/** FNV-1a over 64 bits, as hexadecimal: enough to tell findings apart, and pure. */
function hash(value: string): string {
  let state = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(value)) {
    state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n);
  }
  return state.toString(16).padStart(16, '0');
}

/** The output formats by name. */
export const FORMATS: Readonly<Record<string, Formatter>> = { text, json, sarif, github, gitlab };
