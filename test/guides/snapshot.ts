import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until, type Stage } from './stage';

export const run = promisify(execFile);
export const STEP = 'snapshot-backup';

/** The backup folder of a stage, and the copy in it. */
export const folderOf = ({ machine }: Stage) => join(machine.backupDisk, 'km');
export const copyOf = (at: Stage) => join(folderOf(at), 'opensearch-snapshots');

/** Names, kinds, modes, owners, sizes and contents of a tree, in one text. */
export async function portrait(folder: string): Promise<string> {
  const format = '%P|%y|%m|%U|%G|%T@|%l\\0';
  const { stdout } = await run('bash', [
    '-c',
    `cd "$1" && { find . -printf '${format}' | sort -z; find . -type f -print0 | sort -z | xargs -0 sha256sum; }`,
    'portrait',
    folder,
  ]);
  return stdout;
}

/** Starts a run that waits at the beginning of its copying, until `release` is called. */
export async function heldRun(at: Stage) {
  const hold = join(at.machine.state, 'copy-hold');
  await writeFile(hold, '');
  const ended = at.run('run');
  await until(() => existsSync(join(at.machine.state, 'copy-begun')));
  return { ended, release: () => rm(hold, { force: true }) };
}
