import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Prefilter } from '../rules/prefilter';
import { TRIGGER_RULE, triggeredDags } from '../facts/project';

/** A DAG file is never that large; what is, has been generated. */
const MAX_MEGABYTES = 4;

/** Whether a text is too large to be a DAG, in the bytes of its file. */
export function isTooLarge(text: string): boolean {
  return Buffer.byteLength(text) > MAX_MEGABYTES * 1024 * 1024;
}

/** Why a file was left out. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A file's text, or null where the prefilter saw nothing of interest in it. */
export type ReadResult = { readonly text: string | null } | { readonly problem: string };

/** Reads a Python file; the byte-order mark stays in the text, so that it stays in the file. */
export function readPython(path: string, prefilter?: Prefilter): ReadResult {
  const read = readRaw(path);
  return 'problem' in read ? read : textOf(path, read.raw, prefilter);
}

/** What a file holds, whatever that is. What is not UTF-8 in it is replaced, which is quicker than to ask first. */
export function readRaw(path: string): { readonly raw: string } | { readonly problem: string } {
  try {
    return { raw: readFileSync(path, 'utf8') };
  } catch (error) {
    return { problem: reason(error) };
  }
}

/** What stands in the place of what is not UTF-8. */
const REPLACED = '\uFFFD';

/** The text of a Python file, from what it holds; without a prefilter it is always of interest. */
export function textOf(path: string, raw: string, prefilter?: Prefilter): ReadResult {
  if (prefilter && !prefilter.matches(raw)) return { text: null };
  if (isTooLarge(raw)) return { problem: `larger than ${MAX_MEGABYTES} MB, not analysed.` };
  if (raw.includes('\0')) return { problem: 'not a text file.' };
  if (!raw.includes(REPLACED)) return { text: raw };
  try {
    // It can also be in the file itself.
    return Buffer.from(raw).equals(readFileSync(path)) ? { text: raw } : { problem: NOT_UTF8 };
  } catch (error) {
    return { problem: reason(error) };
  }
}

const NOT_UTF8 = 'not UTF-8, not analysed.';

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
    replaceWhole(realpathSync(path), after);
    return null;
  } catch (error) {
    return reason(error);
  }
}

/** A full disk or a crash leaves the old file or the new one, never a part; what else a file has, stays. */
function replaceWhole(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.tmp`;
  const { mode, uid, gid } = statSync(path);
  try {
    // A file that may not be written is not replaced either.
    accessSync(path, constants.W_OK);
    writeFileSync(fresh, text, { mode, flag: 'wx' });
    chmodSync(fresh, mode);
    if (process.getuid?.() === 0) chownSync(fresh, uid, gid);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** What went wrong, in the words of who says it. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
