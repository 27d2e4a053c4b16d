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
import type { Prefilter } from './prefilter';
import { TRIGGER_RULE, triggeredDags } from './project';

/** A DAG file is never that large; what is, has been generated. */
export const MAX_BYTES = 4 * 1024 * 1024;

/** Why a file was left out. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A file's text, or null where the prefilter saw nothing of interest in it. */
export type ReadResult = { readonly text: string | null } | { readonly problem: string };

/** Reads a Python file; the byte-order mark stays in the text, so that it stays in the file. */
export function readPython(path: string, prefilter?: Prefilter): ReadResult {
  const read = readBytes(path);
  return 'problem' in read ? read : textOf(read.bytes, prefilter);
}

/** What a file holds, whatever that is. */
export function readBytes(path: string): { readonly bytes: Buffer } | { readonly problem: string } {
  try {
    return { bytes: readFileSync(path) };
  } catch (error) {
    return { problem: reason(error) };
  }
}

/** The text of a Python file; without a prefilter it is always of interest. */
export function textOf(bytes: Buffer, prefilter?: Prefilter): ReadResult {
  if (prefilter) {
    // One character a byte: nothing is decoded, and strings are searched more quickly than buffers.
    const raw = bytes.toString('latin1');
    if (!prefilter.matches((needle) => raw.indexOf(needle))) return { text: null };
  }
  try {
    if (bytes.length > MAX_BYTES)
      return { problem: `larger than ${MAX_BYTES / 1024 / 1024} MB, not analysed.` };
    if (bytes.includes(0)) return { problem: 'not a text file.' };
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { problem: 'not UTF-8, not analysed.' };
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
