import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles a door of src/dags the way the build does, into a folder of its own. */
export function bundle(entry: 'server' | 'cli'): { file: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'kaapana-dags-'));
  const file = join(folder, `${entry}.cjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, `../../src/dags/${entry}.ts`)],
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
