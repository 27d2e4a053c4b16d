import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readGuide } from '../../src/build/guides';
import { parseCheck, type CheckItem, type CheckResult } from '../../src/migration/check';
import { compose, type Command, type Values } from '../../src/migration/command';
import { describeProblem } from '../../src/migration/loadGuide';
import { isWritten, stepOf, type Guide } from '../../src/migration/guide';
import { createMachine, type Machine, type MachineOptions } from '../rehearsal/machine';

export const GUIDE = '0.3.5-to-0.4.1';
export const isRoot = process.getuid?.() === 0;

/** The guide under test; a guide with mistakes ends the test with all of them. */
export async function loadedGuide(): Promise<Guide> {
  const loaded = await readGuide(GUIDE);
  if ('problems' in loaded) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.guide;
}

/** Where a machine keeps what a later step of that guide needs. */
export const keptOf = ({ home }: Machine, ...path: string[]) =>
  join(home, '.local/state/kaapana-migration/runs', GUIDE, 'kept', ...path);

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until something has happened; ten seconds only stop what never does. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (condition()) return;
    await pause(25);
  }
  throw new Error('It never happened.');
}

/** What a command printed and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  /** Both, in one line: the terminal breaks sentences where it likes. */
  readonly said: string;
}

/** A machine with one step of the guide on it, as the extension puts it there. */
export interface Stage {
  readonly machine: Machine;
  /** The composed text of the step. */
  readonly file: string;
  /** Runs a mode of the step without a terminal. */
  readonly run: (...mode: string[]) => Promise<Ended>;
  /** Runs a mode in a terminal of its own and types each answer when its prompt appears. */
  readonly runInTerminal: (
    mode: string,
    answers: readonly (readonly [prompt: string, answer: string])[],
  ) => Promise<Ended>;
  readonly check: () => Promise<CheckResult>;
  /** Changes a value and writes the step's text anew. */
  readonly set: (values: Readonly<Record<string, string>>) => Promise<void>;
  readonly env: Record<string, string>;
}

export function execute(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd: string,
  answers: readonly (readonly [string, string])[] = [],
): Promise<Ended> {
  const child = spawn(program, args, {
    env,
    cwd,
    stdio: [answers.length > 0 ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const waiting = [...answers];
  let output = '';
  let errors = '';
  let seen = 0;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const next = waiting[0];
    if (next && output.includes(next[0], seen)) {
      seen = output.length;
      waiting.shift();
      child.stdin?.write(`${next[1]}\n`);
    }
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, output, errors, said: `${output} ${errors}`.replaceAll(/\s+/g, ' ') }),
    );
  });
}

/** A step as the extension composes it. */
export function composed(guide: Guide, id: string, values: Values): Command {
  const step = stepOf(guide, id);
  if (!isWritten(step)) throw new Error(`The step ${id} is not written.`);
  return compose(guide, step, values);
}

/** Values that fit a machine. */
export const valuesOf = (machine: Machine): Record<string, string> => ({
  FAST_DATA_DIR: machine.fastDataDir,
  SLOW_DATA_DIR: machine.slowDataDir,
  BACKUP_DIR: join(machine.backupDisk, 'km'),
  WORK_DIR: join(machine.backupDisk, 'work'),
  SCRIPTS_DIR: join(machine.home, 'kaapana'),
  DATABASE_WAY: 'ours',
});

/** Sets a machine up and puts a step on it; everything is removed when the test ends. */
export async function stage(stepId: string, options: MachineOptions = {}): Promise<Stage> {
  const at = await prepareStage(stepId, options);
  onTestFinished(at.machine.remove);
  return at;
}

/** The same for several tests; whoever calls it removes the machine. */
export async function prepareStage(stepId: string, options: MachineOptions = {}): Promise<Stage> {
  const guide = await loadedGuide();
  const machine = await createMachine(options);
  const values = valuesOf(machine);
  const file = join(machine.root, 'run/cmd.sh');
  const env: Record<string, string> = { ...machine.env };
  const set = async (changed: Readonly<Record<string, string>>) => {
    Object.assign(values, changed);
    await writeFile(file, composed(guide, stepId, values).text);
  };
  await mkdir(join(machine.root, 'run'));
  await set({});
  const run = (...mode: string[]) => execute('/bin/bash', [file, ...mode], env, machine.home);
  return {
    machine,
    file,
    env,
    set,
    run,
    runInTerminal: (mode, answers) =>
      execute(
        '/usr/bin/script',
        ['-qefc', `/bin/bash ${file} ${mode}`, '/dev/null'],
        env,
        machine.home,
        answers,
      ),
    check: async () => {
      const { output, errors, code } = await run('check');
      if (code !== 0) throw new Error(`check ended with code ${code ?? -1}: ${errors}`);
      return parseCheck(output);
    },
  };
}

/** One line of a go / no-go list. */
export function item(result: CheckResult, id: string): CheckItem {
  const found = result.items.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`No item ${id} in: ${result.items.map((each) => each.id).join(', ')}`);
  return found;
}
