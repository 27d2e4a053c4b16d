import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles a file of src/dags, or of a path, the way the build does, into a folder of its own. */
export function bundle(entry: string): { file: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'kaapana-dags-'));
  const file = join(folder, `${basename(entry)}.cjs`);
  buildSync({
    entryPoints: [`${resolve(import.meta.dirname, '../../src/dags', entry)}.ts`],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
