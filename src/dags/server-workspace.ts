import { dirname, join, relative } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { analyzeModule, prefilterFor, type Analysis, type AnalyzeOptions } from './analyze';
import { readPython, triggeredIn, type Problem } from './files';
import { parse } from './parser';
import { derivedClasses, projectOf, type DerivedClass, type ProjectKnowledge } from './project';
import { RULES } from './rules';
import type { Rule } from './rules/types';
import { CONFIG_FILE, readSiteConfig, type SiteConfig } from './site-config';
import { chooseTarget, type Target, type TargetWishes } from './target';
import { findPythonFiles, isFound } from './files-walk';

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
  private readonly derived = new Map<string, readonly DerivedClass[]>();
  private readonly triggered = new Map<string, readonly string[]>();
  private site: SiteConfig = { target: null, rules: RULES };
  private current: AnalyzeOptions | null = null;

  constructor(
    private readonly roots: readonly string[],
    private readonly host: WorkspaceHost,
  ) {}

  get rules(): readonly Rule[] {
    return this.site.rules;
  }

  get target(): Target {
    return chooseTarget({ ...this.host.target(), project: this.site.target });
  }

  /** The same object until something changes, so that it can serve as a key. */
  get options(): AnalyzeOptions {
    this.current ??= { target: this.target.version, rules: this.site.rules, project: this.project() };
    return this.current;
  }

  /** Forgets what was derived from settings and project files. */
  invalidate(): void {
    this.current = null;
  }

  /** Reads the project's configuration again. */
  readConfig(): void {
    this.site = { target: null, rules: RULES };
    for (const root of this.roots) {
      const path = join(root, CONFIG_FILE);
      if (!existsSync(path)) continue;
      try {
        const { config, problems } = readSiteConfig(readFileSync(path, 'utf8'));
        this.site = config;
        for (const message of problems) this.host.onProblem({ path, message });
      } catch (error) {
        this.host.onProblem({ path, message: String(error) });
      }
    }
    this.invalidate();
  }

  /** The files that concern a rule; other requests are answered in between. */
  async scan(): Promise<string[]> {
    this.derived.clear();
    this.triggered.clear();
    this.invalidate();
    const paths = findPythonFiles(this.roots, {
      exclude: this.host.exclude(),
      onProblem: (problem) => this.host.onProblem(problem),
    });
    const relevant = new Set<string>();
    await this.takeAll(paths, relevant);
    // Once it is known which classes of the project derive from an operator, other files may concern a rule as well.
    if (this.derived.size > 0) {
      const others = paths.filter((path) => !relevant.has(path));
      await this.takeAll(others, relevant);
    }
    return [...relevant].map((path) => pathToFileURL(path).href);
  }

  private async takeAll(paths: readonly string[], relevant: Set<string>): Promise<void> {
    let since = performance.now();
    for (const path of paths) {
      if (this.take(path)) relevant.add(path);
      if (performance.now() - since < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }

  /** Whether a file belongs to the workspace, as far as git and the editor do not leave it out. */
  has(path: string): boolean {
    const exclude = this.host.exclude();
    return this.roots.some((root) => isFound(root, path, { exclude }));
  }

  /** Takes note of what a file on disk says about the project; answers whether it concerns a rule. */
  take(path: string): boolean {
    const before = JSON.stringify(this.derived.get(path) ?? []);
    const read = readPython(path, prefilterFor(this.options));
    const text = 'text' in read ? read.text : null;
    if ('problem' in read && existsSync(path)) this.host.onProblem({ path, message: read.problem });
    if (text === null) this.derived.delete(path);
    else {
      const folder = dirname(path);
      if (!this.triggered.has(folder)) this.triggered.set(folder, triggeredIn(folder));
      if (/^[ \t]*class\s/m.test(text))
        this.derived.set(path, derivedClasses(parse(text), this.shown(path), this.rules));
      else this.derived.delete(path);
    }
    if (JSON.stringify(this.derived.get(path) ?? []) !== before) this.invalidate();
    return text !== null;
  }

  /** Forgets the trigger rules of a folder, to read them again. */
  forgetTriggers(folder: string): void {
    this.triggered.set(folder, triggeredIn(folder));
    this.invalidate();
  }

  /** A file as it is on disk now; null when it is gone, unreadable or of no concern. */
  read(uri: string): WorkspaceFile | null {
    const read = readPython(fileURLToPath(uri), prefilterFor(this.options));
    if ('problem' in read || read.text === null) return null;
    return { uri, text: read.text, analysis: analyzeModule(parse(read.text), this.options) };
  }

  private project(): ProjectKnowledge {
    return projectOf([...this.derived.values()].flat(), [...this.triggered.values()].flat());
  }

  private shown(path: string): string {
    const root = this.roots.find((one) => !relative(one, path).startsWith('..'));
    return root === undefined ? path : relative(root, path);
  }
}
