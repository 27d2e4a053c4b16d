import { resolve } from 'node:path';
import { build } from 'esbuild';

/** The extension under test: the checkout itself, built. */
export const DEVELOPMENT_PATH = resolve(import.meta.dirname, '../../..');

/** Bundles `test/editor/extension/run.ts`, which exports `run()`, for the extension host; answers the file. */
export async function bundleExtensionTests(): Promise<string> {
  const outfile = resolve(DEVELOPMENT_PATH, 'out/extension-tests/run.cjs');
  await build({
    entryPoints: [resolve(DEVELOPMENT_PATH, 'test/editor/extension/run.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}
