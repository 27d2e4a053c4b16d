import { readdir, readFile } from 'node:fs/promises';

/** Numbers of all processes of this machine. */
async function processIds(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

async function parentOf(pid: number): Promise<number> {
  const stat = await read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** All processes that descend from one, in no particular order. */
export async function descendants(ancestor: number): Promise<number[]> {
  const parents = new Map(
    await Promise.all((await processIds()).map(async (pid) => [pid, await parentOf(pid)] as const)),
  );
  const descends = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && parent > 1 && (parent === ancestor || descends(parent));
  };
  return [...parents.keys()].filter(descends);
}

/** Name of a process's program. */
export const programOf = async (pid: number): Promise<string> => (await read(`/proc/${pid}/comm`)).trim();

/** Ends a process that was started here; one that has already ended is fine. */
export function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** Processes that carry the mark of a rehearsal machine in their environment: what was started on it, however detached. */
export async function markedProcesses(root: string): Promise<number[]> {
  const mark = `KAAPANA_REHEARSAL_ROOT=${root}`;
  const checked = await Promise.all(
    (await processIds()).map(async (pid) =>
      (await read(`/proc/${pid}/environ`)).split('\0').includes(mark) ? [pid] : [],
    ),
  );
  return checked.flat().filter((pid) => pid !== process.pid);
}

/** Ends everything that still runs on a rehearsal machine, until nothing does. */
export async function endMarkedProcesses(root: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const left = await markedProcesses(root);
    if (left.length === 0) return;
    for (const pid of left) end(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
