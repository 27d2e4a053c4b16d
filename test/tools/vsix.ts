import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The VSIX as it is given to users; `npm run build` and `npm run package` make it. */
export async function vsix(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const file = join(ROOT, `${manifest.name}-${manifest.version}.vsix`);
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run build && npm run package`);
  return file;
}
