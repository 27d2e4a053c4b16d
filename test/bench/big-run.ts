import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/host/exec';
import type { Guide } from '../../src/migration/guide';
import { sha256 } from '../../src/migration/hash';
import { guide, journalText, step } from '../migration/fixtures';

/** How many steps, and how often each was run. */
export interface Size {
  readonly steps: number;
  readonly attempts: number;
}

/** A long migration, and one that went badly. */
export const SIZES: readonly Size[] = [
  { steps: 50, attempts: 3 },
  { steps: 50, attempts: 10 },
];

const PLAN = 'plan\n';
const idOf = (index: number): string => `step-${index + 1}`;
const range = (count: number): number[] => [...Array(count).keys()];

/** A guide whose steps each need the one before. */
export const bigGuide = ({ steps }: Size): Guide =>
  guide(
    ...range(steps).map((index) => step(idOf(index), { needs: { steps: index ? [idOf(index - 1)] : [] } })),
  );

const CHECK = { status: 'pending', evidence: 'There is no backup of the platform below /home/kaapana yet.' };

/** The journal of such a run, as the runner writes it: three records an attempt, then a check of the step. */
export function bigJournal({ steps, attempts }: Size): string {
  const host = { machine: sha256('machine').slice(0, 16), boot: '7b2f4f0e-1d0c-4a7e-9a1e-5f3f0d8f9a11' };
  const recordsOf = (id: string, attempt: number) => [
    { type: 'intent', step: id, attempt, command: sha256(id), host },
    { type: 'started', step: id, attempt, boot: host.boot, host },
    {
      type: 'finished',
      ...{
        step: id,
        attempt,
        exitCode: 1,
        check: CHECK,
        cancelled: false,
        outcome: 'failed',
        log: sha256(id),
      },
      host,
    },
  ];
  return journalText([
    { type: 'run-started', plan: sha256(PLAN), host },
    ...range(steps)
      .map(idOf)
      .flatMap((id) => [
        ...range(attempts).flatMap((attempt) => recordsOf(id, attempt + 1)),
        { type: 'checked', step: id, check: CHECK, host },
      ]),
  ]);
}

export const recordCount = ({ steps, attempts }: Size): number => 1 + steps * (attempts * 3 + 1);

/** Copies an attempt to be every attempt of every step. */
const COPY = `set -e
cd "$1"
mkdir step-1
for ((n = 1; n <= $4; n++)); do cp -a "$2" "step-1/$n"; done
for ((n = 2; n <= $3; n++)); do cp -a step-1 "step-$n"; done`;

/**
 * Lays such a run out in a state folder. Every attempt is a copy of one that the runner itself has made and closed, so
 * that the layout is the runner's own.
 */
export async function layOutRun(folder: string, size: Size, closedAttempt: string): Promise<void> {
  await mkdir(join(folder, 'steps'), { recursive: true });
  await writeFile(join(folder, 'journal.jsonl'), bigJournal(size));
  await writeFile(join(folder, 'plan.json'), PLAN);
  const words = [join(folder, 'steps'), closedAttempt, String(size.steps), String(size.attempts)];
  const { exitCode, stderr } = await run('bash', ['-c', COPY, 'copy', ...words]);
  if (exitCode !== 0) throw new Error(`The run cannot be laid out: ${stderr}`);
}
