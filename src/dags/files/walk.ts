import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, normalize, resolve, sep } from 'node:path';
import { reason, type Problem } from './files';
import { repositoryExcludes } from './git';
import { globPattern } from './globs';
import { isIgnored, readIgnoreFile, type IgnoreFile } from './ignore-rules';

/** Folders that hold no DAGs of the user. */
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv', 'env', 'site-packages', 'build', 'dist']);

/** The platform's own package, which defines the operators that the rules speak of. */
const PLATFORM = /\/plugins?\/kaapana$/;

/** Beside the platform's DAG folder: what its workflows work on, which is patient data by the million files. */
const WORKED_ON = /\/workflows\/(data|models)$/;

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
  const files = new Set<string>();
  const links = new Set<string>();
  for (const path of paths) {
    try {
      if (!statSync(path).isDirectory()) files.add(path);
      else new Walk(path, leaving).all((file, isLink) => (isLink ? links : files).add(file));
    } catch (error) {
      leaving.onProblem?.({ path, message: reason(error) });
    }
  }
  // A link to a file that is found itself would have it looked at, and edited, twice.
  const known = links.size > 0 ? new Set([...files].map((path) => realpathSync(path))) : files;
  return [...files, ...[...links].filter((path) => !known.has(realpathSync(path)))].sort();
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
    private readonly start: string,
    private readonly leaving: Leaving,
  ) {
    this.root = withSlash(resolve(start));
    this.excluded = (leaving.exclude ?? []).map((glob) => globPattern(glob, 'editor'));
    this.ignoreFiles = outerIgnoreFiles(this.root);
  }

  /** Comes to all files, by paths that begin as the walk was told to. */
  all(take: (file: string, isLink: boolean) => void): void {
    const start = normalize(this.start);
    this.folder(start === '.' ? '' : start.endsWith(sep) ? start : start + sep, '', take);
  }

  /** A folder, by what its files are to begin with and by what they begin with below the root. */
  private folder(before: string, inside: string, take: (file: string, isLink: boolean) => void): void {
    const folder = before.length > 1 ? before.slice(0, -1) : before || '.';
    try {
      const entries = readdirSync(folder, { withFileTypes: true });
      const own = this.enter(folder, new Set(entries.map((entry) => entry.name)));
      for (const entry of entries) {
        const { name } = entry;
        const path = before + name;
        if (entry.isDirectory()) {
          if (!this.leavesFolder(inside + name, name)) this.folder(path + sep, `${inside}${name}/`, take);
        } else if (
          name.endsWith('.py') &&
          (entry.isFile() || isLinkToFile(path)) &&
          !this.leaves(inside + name, false)
        )
          take(path, !entry.isFile());
      }
      this.ignoreFiles.length -= own;
    } catch (error) {
      this.leaving.onProblem?.({ path: folder, message: reason(error) });
    }
  }

  comesTo(file: string): boolean {
    const path = slashed(resolve(file));
    if (!path.startsWith(this.root)) return false;
    let inside = '';
    for (const name of path.slice(this.root.length).split('/').slice(0, -1)) {
      this.enter(this.root + inside);
      if (this.leavesFolder(inside + name, name)) return false;
      inside += `${name}/`;
    }
    this.enter(this.root + inside);
    return !this.leaves(path.slice(this.root.length), false);
  }

  /** Takes note of what a folder says about what to leave out; tells how many files say something. */
  private enter(folder: string, entries?: ReadonlySet<string>): number {
    const files = ignoreFilesOf(folder, (name) => entries?.has(name) ?? existsSync(join(folder, name)));
    this.ignoreFiles.push(...files);
    return files.length;
  }

  /** Whether a folder below the root is left out. */
  private leavesFolder(inside: string, name: string): boolean {
    return (
      name.startsWith('.') ||
      SKIPPED.has(name) ||
      PLATFORM.test(this.root + inside) ||
      WORKED_ON.test(this.root + inside) ||
      this.leaves(inside, true)
    );
  }

  private leaves(inside: string, isFolder: boolean): boolean {
    if (this.ignoreFiles.length === 0 && this.excluded.length === 0) return false;
    return (
      this.excluded.some((glob) => glob.test(inside)) ||
      isIgnored(this.ignoreFiles, this.root + inside, isFolder)
    );
  }
}

/** The file in which git is told what to leave out. */
export const IGNORE_FILE = '.gitignore';

const REPOSITORY = '.git';

/** The ignore files above a folder, up to the top of its repository, outermost first. */
function outerIgnoreFiles(root: string): IgnoreFile[] {
  const found: IgnoreFile[] = [];
  for (let folder = root.slice(0, -1) || '/'; !existsSync(join(folder, REPOSITORY));) {
    const parent = dirname(folder);
    // Outside of a repository, what lies above has no say.
    if (parent === folder) return [];
    folder = parent;
    found.unshift(...ignoreFilesOf(folder, (name) => existsSync(join(parent, name))));
  }
  return found;
}

/** What git reads about a folder: the lists of the repository where this is its top, and the folder's own. */
function ignoreFilesOf(folder: string, has: (name: string) => boolean): IgnoreFile[] {
  const isTop = has(REPOSITORY);
  if (!isTop && !has(IGNORE_FILE)) return [];
  const path = withSlash(resolve(folder));
  const found = isTop ? repositoryExcludes(path) : [];
  try {
    if (has(IGNORE_FILE)) found.push(readIgnoreFile(path, readFileSync(join(folder, IGNORE_FILE), 'utf8')));
  } catch {
    // git passes over an ignore file that it cannot read.
  }
  return found;
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
