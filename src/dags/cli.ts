import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { analyze, prefilterFor, type AnalyzeOptions } from './analyze';
import { applyEdits } from './edits';
import { findPythonFiles, readPython, replacePython, type Problem } from './files';
import type { Finding } from './findings';
import { FORMATS } from './formats';
import { reportEntries, type ReportEntry } from './reports';
import { DEFAULT_TARGET, TARGETS } from './signatures';
import { unifiedDiff } from './unified-diff';

const USAGE = `Usage:
  kaapana-dags check [--target VERSION] [--format FORMAT] PATH…
  kaapana-dags fix [--unsafe] [--diff] [--target VERSION] [--format FORMAT] PATH…

Finds what Kaapana ${DEFAULT_TARGET} (or --target) breaks in DAG files, and rewrites it.

  --target VERSION  ${TARGETS.join(', ')}; default ${DEFAULT_TARGET}
  --format FORMAT   ${Object.keys(FORMATS).join(', ')}; default text
  --unsafe          also apply fixes that change what a DAG does
  --diff            show what would change, write nothing

Exit code: 0 nothing found (or left), 1 findings, 2 error.
`;

const prefilter = prefilterFor();

/** A mistake in how the command was called. */
class UsageError extends Error {}

interface Command {
  readonly name: 'check' | 'fix';
  readonly paths: readonly string[];
  readonly target: string;
  readonly format: string;
  readonly unsafe: boolean;
  readonly diff: boolean;
}

function readCommand(args: readonly string[]): Command | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      target: { type: 'string', default: DEFAULT_TARGET },
      format: { type: 'string', default: 'text' },
      unsafe: { type: 'boolean', default: false },
      diff: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [name, ...paths] = positionals;
  if (name !== 'check' && name !== 'fix') throw new UsageError('the first word must be check or fix.');
  if (paths.length === 0) throw new UsageError('name at least one file or folder.');
  if (!TARGETS.includes(values.target))
    throw new UsageError(`unknown target ${values.target}; one of ${TARGETS.join(', ')}.`);
  if (!Object.hasOwn(FORMATS, values.format))
    throw new UsageError(`unknown format ${values.format}; one of ${Object.keys(FORMATS).join(', ')}.`);
  if (name === 'check' && (values.unsafe || values.diff))
    throw new UsageError('--unsafe and --diff go with fix.');
  return {
    name,
    paths,
    target: values.target,
    format: values.format,
    unsafe: values.unsafe,
    diff: values.diff,
  };
}

/** What one file contributes; null when nothing in it concerns any rule. */
function processFile(
  path: string,
  command: Command,
  options: AnalyzeOptions,
  problems: Problem[],
): ReportEntry[] {
  const file = shown(path);
  const read = readPython(path, prefilter);
  if ('problem' in read) {
    problems.push({ path: file, message: read.problem });
    return [];
  }
  if (read.text === null) return [];
  const { text } = read;
  const analysis = analyze(text, options);
  if (command.name === 'check') return reportEntries(file, text, analysis.findings);
  const accept = (finding: Finding) =>
    finding.fix !== null && (command.unsafe || finding.fix.verdict === 'safe');
  const edits = analysis.fix(accept);
  const fixed = applyEdits(text, edits);
  if (command.diff) process.stdout.write(unifiedDiff(file, text, edits));
  else if (fixed !== text) {
    const problem = replacePython(path, text, fixed);
    if (problem) problems.push({ path: file, message: problem });
  }
  return reportEntries(file, fixed, analyze(fixed, options).findings);
}

function shown(path: string): string {
  const name = relative(process.cwd(), path);
  return (name.startsWith('..') ? path : name).replace(/\\/g, '/');
}

function main(args: readonly string[]): number {
  const command = readCommand(args);
  if (!command) {
    process.stdout.write(USAGE);
    return 0;
  }
  const problems: Problem[] = [];
  const files = findPythonFiles(command.paths, (problem) => problems.push(problem));
  const options: AnalyzeOptions = { target: command.target };
  const entries = files.flatMap((path) => processFile(path, command, options, problems));
  if (!command.diff) process.stdout.write(FORMATS[command.format]?.(entries) ?? '');
  for (const { path, message } of problems) process.stderr.write(`kaapana-dags: ${path}: ${message}\n`);
  if (problems.length > 0) return 2;
  return entries.length > 0 ? 1 : 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`kaapana-dags: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
