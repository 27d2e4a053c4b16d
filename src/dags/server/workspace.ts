import { existsSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  analyzeModule,
  derivedPrefilter,
  prefilterFor,
  type Analysis,
  type AnalyzeOptions,
} from '../analyze';
import { readPython, readRaw, textOf, triggeredIn, type Problem, type ReadResult } from '../files/files';
import { parse } from '../syntax/parser';
import { JustParsed } from './just-parsed';
import { PassedOver } from '../files/passed-over';
import { knowledgeOf, projectOf, type FileKnowledge, type ProjectKnowledge } from '../facts/project';
import type { Rule } from '../rules/types';
import { Sites } from './sites';
import type { PyModule } from '../syntax/types';
import { chooseTarget, type Target, type TargetWishes } from '../rules/target';
import { findPythonFiles, isFound } from '../files/walk';

/** A file on disk that concerns some rule. */
export interface WorkspaceFile {
  readonly uri: string;
  readonly text: string;
  readonly analysis: Analysis;
}

/** What the scan needs of its surroundings. */
export interface WorkspaceHost {
  /** What is known about the target beside what the project says. */
  readonly target: () => TargetWishes;
  /** Globs of files and folders that the editor does not show. */
  readonly exclude: () => readonly string[];
  readonly onProblem: (problem: Problem) => void;
}

/** How long the scan may keep other requests waiting. */
const SLICE_MS = 10;

/**
 * The Python files of the workspace as they are on disk: which of them concern a rule, and what they say about the
 * project. Texts are read again whenever they are needed; only the list is kept.
 */
export class Workspace {
  private readonly known = new Map<string, FileKnowledge>();
  private readonly justParsed = new JustParsed();
  private readonly triggered = new Map<string, readonly string[]>();
  private sites: Sites;
  private joined: ProjectKnowledge | null = null;
  private readonly current = new Map<string | null, AnalyzeOptions>();

  constructor(
    private readonly roots: readonly string[],
    private readonly host: WorkspaceHost,
  ) {
    this.sites = new Sites(roots);
  }

  /** The rules of all folders. */
  get rules(): readonly Rule[] {
    return [...new Set(this.sites.all.flatMap(({ rules }) => rules))];
  }

  /** The rules that hold for a document. */
  rulesOf(uri: string): readonly Rule[] {
    return this.sites.of(this.rootOf(uri)).rules;
  }

  /** What is wrong in the configuration files, by their paths. */
  get configProblems(): ReadonlyMap<string, readonly string[]> {
    return this.sites.problems;
  }

  /** The version that the file of a document is checked for. */
  targetOf(uri: string): Target {
    return this.target(this.rootOf(uri));
  }

  /** How a document is analysed: the same object until something changes, so that it can serve as a key. */
  optionsOf(uri: string): AnalyzeOptions {
    return this.options(this.rootOf(uri));
  }

  /** Forgets what was derived from settings and project files. */
  invalidate(): void {
    this.joined = null;
    this.current.clear();
  }

  /** Reads the configurations again. */
  readConfig(): void {
    this.sites = new Sites(this.roots);
    this.invalidate();
  }

  /** The files that concern a rule; other requests are answered in between. */
  async scan(): Promise<string[]> {
    this.known.clear();
    this.triggered.clear();
    this.justParsed.clear();
    this.invalidate();
    const paths = findPythonFiles(this.roots, {
      exclude: this.host.exclude(),
      onProblem: (problem) => this.host.onProblem(problem),
    });
    const relevant: string[] = [];
    const passed = new PassedOver();
    const prefilters = new Map(this.roots.map((root) => [root, prefilterFor(this.options(root))]));
    await inSlices(paths, (path) => {
      const read = readRaw(path);
      const found =
        'problem' in read ? read : textOf(path, read.raw, prefilters.get(this.sites.rootOf(path) ?? ''));
      const module = this.note(path, found);
      if (module) {
        relevant.push(path);
        this.justParsed.add(path, module);
      } else if ('raw' in read) passed.add(path, read.raw);
    });
    const derived = derivedPrefilter(this.project);
    await inSlices(derived ? passed.again(derived) : [], (found) => {
      if (found && this.note(found.path, found)) relevant.push(found.path);
    });
    return relevant.map((path) => pathToFileURL(path).href);
  }

  /** Whether a file belongs to the workspace, as far as git and the editor do not leave it out. */
  has(path: string): boolean {
    const exclude = this.host.exclude();
    return this.roots.some((root) => isFound(root, path, { exclude }));
  }

  /** Takes note of what a file on disk says about the project; answers whether it concerns a rule. */
  take(path: string): boolean {
    return this.note(path, readPython(path, prefilterFor(this.options(this.sites.rootOf(path))))) !== null;
  }

  /** Keeps what a file says about the project; answers the file, parsed, where it concerns a rule. */
  private note(path: string, read: ReadResult): PyModule | null {
    const before = this.known.get(path);
    if ('problem' in read && existsSync(path)) this.host.onProblem({ path, message: read.problem });
    const module = 'text' in read && read.text !== null ? parse(read.text) : null;
    if (!module) this.known.delete(path);
    else {
      const folder = dirname(path);
      if (!this.triggered.has(folder)) this.triggered.set(folder, triggeredIn(folder));
      const { rules } = this.sites.of(this.sites.rootOf(path));
      this.known.set(path, knowledgeOf(module, this.shown(path), rules));
    }
    if (JSON.stringify(this.known.get(path)) !== JSON.stringify(before)) this.invalidate();
    return module;
  }

  /** Forgets the trigger rules of a folder, to read them again. */
  forgetTriggers(folder: string): void {
    this.triggered.set(folder, triggeredIn(folder));
    this.invalidate();
  }

  /** A file as it is on disk now; null when it is gone, unreadable or of no concern. */
  read(uri: string): WorkspaceFile | null {
    const options = this.optionsOf(uri);
    const path = fileURLToPath(uri);
    const read = readPython(path, prefilterFor(options));
    if ('problem' in read || read.text === null) return null;
    const module = this.justParsed.take(path, read.text) ?? parse(read.text);
    return { uri, text: module.text, analysis: analyzeModule(module, { ...options, file: uri }) };
  }

  /** What is known of all files together, in whatever folder they are; the same object until something changes. */
  get project(): ProjectKnowledge {
    this.joined ??= projectOf(this.known.values(), [...this.triggered.values()].flat());
    return this.joined;
  }

  private options(root: string | null): AnalyzeOptions {
    const known = this.current.get(root);
    if (known) return known;
    const { rules } = this.sites.of(root);
    const made = { target: this.target(root).version, rules, project: this.project };
    this.current.set(root, made);
    return made;
  }

  private target(root: string | null): Target {
    return chooseTarget({ ...this.host.target(), project: this.sites.of(root).target });
  }

  private rootOf(uri: string): string | null {
    return this.sites.rootOf(uri.startsWith('file:') ? fileURLToPath(uri) : null);
  }

  private shown(path: string): string {
    const root = this.sites.rootOf(path);
    return root === null ? path : relative(root, path);
  }
}

/** Does a long piece of work in slices; other requests are answered in between. */
async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let since = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
}
