import { lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prefilter } from './prefilter';
import { TRIGGER_RULE, triggeredDags } from './project';

/** Folders that hold no DAGs of the user. */
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv', 'env', 'site-packages', 'build', 'dist']);

/** The platform's own package, which defines the operators that the rules speak of. */
const PLATFORM = /[\\/]plugins?[\\/]kaapana$/;

/** A DAG file is never that large; what is, has been generated. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Why a file was left out. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A file's text, or null where the prefilter saw nothing of interest in it. */
export type ReadResult = { readonly text: string | null } | { readonly problem: string };

/**
 * The Python files under `paths`, sorted. A path given by name is taken as it is; below a folder, hidden folders,
 * environments and symbolic links to folders are left out, so that no loop can trap the walk.
 */
export function findPythonFiles(paths: readonly string[], onProblem: (problem: Problem) => void): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) {
          if (!entry.name.startsWith('.') && !SKIPPED.has(entry.name) && !PLATFORM.test(path)) walk(path);
        } else if (entry.name.endsWith('.py') && (entry.isFile() || isLinkToFile(path))) found.push(path);
      }
    } catch (error) {
      onProblem({ path: folder, message: reason(error) });
    }
  };
  for (const path of paths) {
    try {
      if (statSync(path).isDirectory()) walk(path);
      else found.push(path);
    } catch (error) {
      onProblem({ path, message: reason(error) });
    }
  }
  return [...new Set(found)].sort();
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
    if (prefilter && !prefilter.matches((needle) => bytes.indexOf(needle))) return { text: null };
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
