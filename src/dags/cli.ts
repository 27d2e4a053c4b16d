import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzeModule, derivedPrefilter, prefilterFor, type AnalyzeOptions } from './analyze';
import { applyEdits } from './edits/edits';
import { readRaw, replacePython, textOf, triggeredIn, type Problem } from './files/files';
import type { Finding } from './findings/findings';
import { FORMATS } from './report/formats';
import { parse } from './syntax/parser';
import { PassedOver } from './files/passed-over';
import { knowledgeOf, projectOf } from './facts/project';
import { reportEntries, type ReportEntry } from './report/reports';
import { RULES } from './rules';
import { DEFAULT_TARGET, TARGETS } from './rules/signatures';
import { CONFIG_FILE, readSiteConfig, type SiteConfig } from './site/config';
import { summarize, summaryText } from './report/summary';
import type { PyModule } from './syntax/types';
import { chooseTarget, type Target } from './rules/target';
import { unifiedDiff } from './report/unified-diff';
import { findPythonFiles } from './files/walk';

const USAGE = `Usage:
  kaapana-dags check [--target VERSION] [--format FORMAT] [--summary] PATH…
  kaapana-dags fix [--unsafe] [--diff] [--target VERSION] [--format FORMAT] PATH…

Finds what Kaapana ${DEFAULT_TARGET} (or --target) breaks in DAG files, and rewrites it.

  --target VERSION  ${TARGETS.join(', ')};
                    default: what ${CONFIG_FILE} says, else ${DEFAULT_TARGET}
  --format FORMAT   ${Object.keys(FORMATS).join(', ')}; default text
  --summary         totals by rule and file, with an estimate of the work, instead of findings
  --unsafe          also apply fixes that change what a DAG does
  --diff            show what would change, write nothing

Exit code: 0 nothing found (or left), 1 findings, 2 error.
`;

/** A mistake in how the command was called. */
class UsageError extends Error {}

interface Command {
  readonly name: 'check' | 'fix';
  readonly paths: readonly string[];
  readonly target: string | null;
  readonly format: string;
  readonly summary: boolean;
  readonly unsafe: boolean;
  readonly diff: boolean;
}

/** A file that concerns some rule. */
interface Source {
  readonly path: string;
  readonly file: string;
  readonly module: PyModule;
}

function readCommand(args: readonly string[]): Command | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      format: { type: 'string', default: 'text' },
      summary: { type: 'boolean', default: false },
      unsafe: { type: 'boolean', default: false },
      diff: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [name, ...paths] = positionals;
  const { target = null, format, summary, unsafe, diff } = values;
  if (name !== 'check' && name !== 'fix') throw new UsageError('the first word must be check or fix.');
  if (paths.length === 0) throw new UsageError('name at least one file or folder.');
  if (target !== null && !TARGETS.includes(target))
    throw new UsageError(`unknown target ${target}; one of ${TARGETS.join(', ')}.`);
  if (!Object.hasOwn(FORMATS, format))
    throw new UsageError(`unknown format ${format}; one of ${Object.keys(FORMATS).join(', ')}.`);
  if (name === 'check' && (unsafe || diff)) throw new UsageError('--unsafe and --diff go with fix.');
  return { name, paths, target, format, summary, unsafe, diff };
}

/** The configuration of the project that the working folder is in. */
function siteConfig(problems: Problem[]): SiteConfig {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const path = join(folder, CONFIG_FILE);
    if (existsSync(path)) {
      const { config, problems: found } = readSiteConfig(readFileSync(path, 'utf8'));
      problems.push(...found.map((message) => ({ path: shown(path), message })));
      return config;
    }
    if (folder === dirname(folder)) return { target: null, rules: RULES };
  }
}

function readSources(
  paths: readonly string[],
  options: AnalyzeOptions,
  problems: Problem[],
  passed: PassedOver,
): Source[] {
  const prefilter = prefilterFor(options);
  return paths.flatMap((path): Source[] => {
    const read = readRaw(path);
    const found = 'problem' in read ? read : textOf(path, read.raw, prefilter);
    if ('problem' in found) problems.push({ path: shown(path), message: found.problem });
    else if (found.text !== null) return [sourceOf(path, found.text)];
    else if ('raw' in read) passed.add(path, read.raw);
    return [];
  });
}

function sourceOf(path: string, text: string): Source {
  return { path, file: shown(path), module: parse(text) };
}

/** Who runs the command knows best: --target goes before what the project says. */
function targetOf({ target }: Command, site: SiteConfig): Target {
  return chooseTarget(target === null ? { project: site.target } : { setting: target });
}

/** The files that concern a rule, and what they say about each other. */
function readProject(
  command: Command,
  site: SiteConfig,
  problems: Problem[],
): [readonly Source[], AnalyzeOptions] {
  const settings = { target: targetOf(command, site).version, rules: site.rules };
  const paths = findPythonFiles(command.paths, { onProblem: (problem) => problems.push(problem) });
  const passed = new PassedOver();
  const sources = readSources(paths, settings, problems, passed);
  const folders = new Set(sources.map(({ path }) => dirname(resolve(path))));
  const known = sources.map(({ module, file }) => knowledgeOf(module, file, site.rules));
  const options = { ...settings, project: projectOf(known, [...folders].flatMap(triggeredIn)) };
  const prefilter = derivedPrefilter(options.project);
  if (!prefilter) return [sources, options];
  const others = [...passed.again(prefilter)].flatMap((one) => (one ? [sourceOf(one.path, one.text)] : []));
  return [[...sources, ...others].sort((a, b) => (a.path < b.path ? -1 : 1)), options];
}

/** The findings of a file; of what is left of them after `fix`. */
function processSource(
  source: Source,
  command: Command,
  options: AnalyzeOptions,
  problems: Problem[],
): ReportEntry[] {
  const { path, file, module } = source;
  const { text } = module;
  const own = { ...options, file };
  const analysis = analyzeModule(module, own);
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
  return reportEntries(file, fixed, analyzeModule(parse(fixed), own).findings);
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
  const site = siteConfig(problems);
  const [sources, options] = readProject(command, site, problems);
  const entries = sources.flatMap((source) => processSource(source, command, options, problems));
  if (command.summary)
    process.stdout.write(summaryText(summarize(entries, site.rules), targetOf(command, site)));
  else if (!command.diff) process.stdout.write(FORMATS[command.format]?.(entries) ?? '');
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
