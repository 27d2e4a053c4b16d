import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';

const ROOT = join(import.meta.dirname, '../..');
/** What the one universal VSIX may weigh, in kilobytes. */
const BUDGET = 1500;

const { name, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};
const vsix = join(ROOT, `${name}-${version}.vsix`);
await createVSIX({
  cwd: ROOT,
  packagePath: vsix,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
const kilobytes = Math.round((await stat(vsix)).size / 1000);
if (kilobytes > BUDGET) throw new Error(`The VSIX weighs ${kilobytes} KB; its budget is ${BUDGET} KB.`);
console.log(`${name}-${version}.vsix ${kilobytes} KB`);
