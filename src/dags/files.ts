import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { globPattern } from './globs';
import { isIgnored, readIgnoreFile, type IgnoreFile } from './ignore-rules';
import type { Prefilter } from './prefilter';
import { TRIGGER_RULE, triggeredDags } from './project';

/** Folders that hold no DAGs of the user. */
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv', 'env', 'site-packages', 'build', 'dist']);

/** The platform's own package, which defines the operators that the rules speak of. */
const PLATFORM = /[\\/]plugins?[\\/]kaapana$/;

/** A DAG file is never that large; what is, has been generated. */
export const MAX_BYTES = 4 * 1024 * 1024;

/** Why a file was left out. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A file's text, or null where the prefilter saw nothing of interest in it. */
export type ReadResult = { readonly text: string | null } | { readonly problem: string };

/** What the walk leaves out beside its own rules. */
export interface Leaving {
  /** Globs of the editor's `files.exclude`, from the folder that the walk begins in. */
  readonly exclude?: readonly string[];
  readonly onProblem?: (problem: Problem) => void;
}

/**
 * The Python files under `paths`, sorted. A path given by name is taken as it is; below a folder, what git ignores,
 * hidden folders, environments and symbolic links to folders are left out, so that no loop can trap the walk.
 */
export function findPythonFiles(paths: readonly string[], leaving: Leaving = {}): string[] {
  const found: string[] = [];
  for (const path of paths) {
    try {
      if (statSync(path).isDirectory()) new Walk(path, leaving).folder(path, (file) => found.push(file));
      else found.push(path);
    } catch (error) {
      leaving.onProblem?.({ path, message: reason(error) });
    }
  }
  return [...new Set(found)].sort();
}

/** Whether the walk that begins in `root` comes to a file. */
export function isFound(root: string, path: string, leaving: Leaving = {}): boolean {
  return new Walk(root, leaving).comesTo(path);
}

/** A walk through one folder, with what it is to leave out. */
class Walk {
  private readonly root: string;
  private readonly ignoreFiles: IgnoreFile[];
  private readonly excluded: readonly RegExp[];

  constructor(
    root: string,
    private readonly leaving: Leaving,
  ) {
    this.root = withSlash(resolve(root));
    this.excluded = (leaving.exclude ?? []).map((glob) => globPattern(glob, 'editor'));
    this.ignoreFiles = outerIgnoreFiles(this.root);
  }

  folder(folder: string, take: (file: string) => void): void {
    try {
      const entries = readdirSync(folder, { withFileTypes: true });
      const own = entries.some((entry) => entry.name === IGNORE_FILE) && this.enter(folder);
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) {
          if (!this.leavesFolder(path, entry.name)) this.folder(path, take);
        } else if (
          entry.name.endsWith('.py') &&
          (entry.isFile() || isLinkToFile(path)) &&
          !this.leaves(path, false)
        )
          take(path);
      }
      if (own) this.ignoreFiles.pop();
    } catch (error) {
      this.leaving.onProblem?.({ path: folder, message: reason(error) });
    }
  }

  comesTo(file: string): boolean {
    const path = slashed(resolve(file));
    if (!path.startsWith(this.root)) return false;
    const names = path.slice(this.root.length).split('/');
    let folder = this.root.slice(0, -1);
    for (const name of names.slice(0, -1)) {
      this.enter(folder);
      folder += `/${name}`;
      if (this.leavesFolder(folder, name)) return false;
    }
    this.enter(folder);
    return !this.leaves(path, false);
  }

  /** Takes note of the ignore file of a folder; tells whether there is one. */
  private enter(folder: string): boolean {
    const file = readIgnoreFileOf(folder);
    if (file) this.ignoreFiles.push(file);
    return file !== null;
  }

  private leavesFolder(path: string, name: string): boolean {
    return name.startsWith('.') || SKIPPED.has(name) || PLATFORM.test(path) || this.leaves(path, true);
  }

  private leaves(path: string, isFolder: boolean): boolean {
    if (this.ignoreFiles.length === 0 && this.excluded.length === 0) return false;
    const full = slashed(resolve(path));
    const inside = full.slice(this.root.length);
    return this.excluded.some((glob) => glob.test(inside)) || isIgnored(this.ignoreFiles, full, isFolder);
  }
}

/** The file in which git is told what to leave out. */
export const IGNORE_FILE = '.gitignore';

/** The ignore files above a folder, up to the top of its repository, outermost first. */
function outerIgnoreFiles(root: string): IgnoreFile[] {
  const found: IgnoreFile[] = [];
  for (let folder = root.slice(0, -1) || '/'; !existsSync(join(folder, '.git'));) {
    const parent = dirname(folder);
    // Outside of a repository, what lies above has no say.
    if (parent === folder) return [];
    folder = parent;
    const file = readIgnoreFileOf(folder);
    if (file) found.unshift(file);
  }
  return found;
}

function readIgnoreFileOf(folder: string): IgnoreFile | null {
  try {
    return readIgnoreFile(
      withSlash(slashed(resolve(folder))),
      readFileSync(join(folder, IGNORE_FILE), 'utf8'),
    );
  } catch {
    return null;
  }
}

/** A path as globs know it, on Windows as well. */
function slashed(path: string): string {
  return path.replace(/\\/g, '/');
}

function withSlash(folder: string): string {
  const path = slashed(folder);
  return path.endsWith('/') ? path : `${path}/`;
}

function isLinkToFile(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Reads a Python file; the byte-order mark stays in the text, so that it stays in the file. */
export function readPython(path: string, prefilter?: Prefilter): ReadResult {
  try {
    const bytes = readFileSync(path);
    if (prefilter) {
      // One character a byte: nothing is decoded, and strings are searched more quickly than buffers.
      const raw = bytes.toString('latin1');
      if (!prefilter.matches((needle) => raw.indexOf(needle))) return { text: null };
    }
    if (bytes.length > MAX_BYTES)
      return { problem: `larger than ${MAX_BYTES / 1024 / 1024} MB, not analysed.` };
    if (bytes.includes(0)) return { problem: 'not a text file.' };
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    return { problem: error instanceof TypeError ? 'not UTF-8, not analysed.' : reason(error) };
  }
}

/** The ids of DAGs that trigger rules in a folder start. */
export function triggeredIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(TRIGGER_RULE));
    return names.flatMap((name) => triggeredDags(name, readFileSync(join(folder, name), 'utf8')));
  } catch {
    return [];
  }
}

/** Writes `after` if the file still holds `before`; answers why not. */
export function replacePython(path: string, before: string, after: string): string | null {
  try {
    if (readFileSync(path, 'utf8') !== before) return 'changed in the meantime, left alone.';
    writeFileSync(path, after);
    return null;
  } catch (error) {
    return reason(error);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
