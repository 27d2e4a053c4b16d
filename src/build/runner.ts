import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The parts of the runner, in the order in which bash reads them. */
const PARTS = [
  'base',
  'journal',
  'attempts',
  'start',
  'job',
  'stop',
  'look',
  'tell',
  'kept',
  'attach',
  'main',
];

/** The runner as it reaches the host: one file. */
export async function runnerText(): Promise<string> {
  const folder = join(import.meta.dirname, '../host/runner');
  const parts = await Promise.all(PARTS.map((name) => readFile(join(folder, `${name}.sh`), 'utf8')));
  return parts.join('\n');
}
