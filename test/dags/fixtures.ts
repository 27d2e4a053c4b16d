import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, type AnalyzeOptions } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';
import type { Finding } from '../../src/dags/findings/findings';
import { EMPTY_PROJECT } from '../../src/dags/facts/project';
import { LineIndex } from '../../src/dags/lines';

/** A DAG file with what is found in it and what becomes of it; see fixtures/README.md. */
export interface Fixture {
  readonly name: string;
  readonly folder: string;
  readonly text: string;
  readonly options: AnalyzeOptions;
}

export const FIXTURES_FOLDER = join(import.meta.dirname, 'fixtures');

/** Reads all fixtures, sorted by name. */
export function readFixtures(): Fixture[] {
  const names = readdirSync(FIXTURES_FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .map(({ name }) => {
      const folder = join(FIXTURES_FOLDER, name);
      return {
        name,
        folder,
        text: readFileSync(join(folder, 'dag.py'), 'utf8'),
        options: readOptions(folder),
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

function readOptions(folder: string): AnalyzeOptions {
  const path = join(folder, 'options.json');
  if (!existsSync(path)) return {};
  const {
    target,
    file,
    autoTriggered = [],
    imported = [],
  } = JSON.parse(readFileSync(path, 'utf8')) as {
    target?: string;
    file?: string;
    autoTriggered?: string[];
    imported?: string[];
  };
  return {
    ...(target ? { target } : {}),
    ...(file ? { file } : {}),
    project: { ...EMPTY_PROJECT, autoTriggered: new Set(autoTriggered), imported: new Set(imported) },
  };
}

/** What is expected of a fixture, by file name. A missing file of fixed text means that nothing changes. */
export function outcome({ text, options }: Fixture): { findings: string; safe: string; all: string } {
  const analysis = analyze(text, options);
  const lines = new LineIndex(text);
  return {
    findings: analysis.findings.map((finding) => describe(finding, lines)).join(''),
    safe: applyEdits(
      text,
      analysis.fix((finding) => finding.fix?.verdict === 'safe'),
    ),
    all: applyEdits(
      text,
      analysis.fix(() => true),
    ),
  };
}

function describe(finding: Finding, lines: LineIndex): string {
  const { line, character } = lines.position(finding.range.from);
  const notes = finding.fix
    ? finding.fix.changes.map((change) => `  changes: ${change}\n`)
    : [`  no fix: ${finding.reason}\n`];
  return `${line + 1}:${character + 1} ${finding.severity} ${finding.code} ${finding.fix?.verdict ?? 'report'}\n${notes.join('')}`;
}
