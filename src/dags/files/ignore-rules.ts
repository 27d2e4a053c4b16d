import { globPattern } from './globs';

/** One line of a `.gitignore`. */
interface IgnoreRule {
  readonly pattern: RegExp;
  /** The pattern is about the name alone, wherever it stands. */
  readonly anywhere: boolean;
  /** `!pattern`: what a rule before it left out counts again. */
  readonly counts: boolean;
  readonly foldersOnly: boolean;
}

/** What a `.gitignore` says about the folder that it lies in. */
export interface IgnoreFile {
  /** The folder with a `/` at its end. */
  readonly folder: string;
  readonly rules: readonly IgnoreRule[];
}

/** Reads a `.gitignore`, by the rules of gitignore(5). */
export function readIgnoreFile(folder: string, text: string): IgnoreFile {
  const rules = text.split(/\r?\n/).flatMap((line): IgnoreRule[] => {
    const trimmed = line.replace(/(?<!\\)[ \t]+$/, '');
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const counts = trimmed.startsWith('!');
    const body = counts ? trimmed.slice(1) : trimmed;
    const foldersOnly = body.endsWith('/');
    const path = foldersOnly ? body.slice(0, -1) : body;
    // A slash in it, but not at its end, ties a pattern to the folder of the file.
    const anywhere = !path.includes('/');
    try {
      return [{ pattern: globPattern(path.replace(/^\//, ''), 'git'), anywhere, counts, foldersOnly }];
    } catch {
      // A character class that makes no sense matches nothing.
      return [];
    }
  });
  return { folder, rules };
}

/** Whether a file or folder is left out. Files are given from the outermost folder to the innermost one. */
export function isIgnored(files: readonly IgnoreFile[], path: string, isFolder: boolean): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const decisive = (folder: string) => {
    const inside = path.slice(folder.length);
    return ({ pattern, anywhere, foldersOnly }: IgnoreRule) =>
      (isFolder || !foldersOnly) && pattern.test(anywhere ? name : inside);
  };
  let ignored = false;
  for (const { folder, rules } of files) {
    const last = path.startsWith(folder) ? rules.findLast(decisive(folder)) : undefined;
    if (last) ignored = !last.counts;
  }
  return ignored;
}
