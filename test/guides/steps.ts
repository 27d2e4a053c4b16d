import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCheck, type CheckResult } from '../../src/migration/check';
import type { Guide } from '../../src/migration/guide';
import { composed, execute, type Ended } from './stage';

/** All steps of a guide on one machine, each composed as the editor does it when it is asked for. */
export interface Steps {
  readonly run: (step: string, mode?: string) => Promise<Ended>;
  /** Runs a step in a terminal of its own and types each answer when its prompt appears. */
  readonly runInTerminal: (
    step: string,
    answers: readonly (readonly [prompt: string, answer: string])[],
  ) => Promise<Ended>;
  readonly check: (step: string) => Promise<CheckResult>;
}

export interface StepsOptions {
  readonly guide: Guide;
  readonly values: Readonly<Record<string, string>>;
  /** Where the composed texts are put. */
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly home: string;
  /** Changes what a step needs but cannot have on a machine of a test. */
  readonly adapt?: (text: string) => Promise<string>;
}

export function stepsOn({ guide, values, folder, env, home, adapt }: StepsOptions): Steps {
  const file = async (id: string): Promise<string> => {
    const path = join(folder, `${id}.sh`);
    const { text } = composed(guide, id, values);
    await writeFile(path, adapt ? await adapt(text) : text);
    return path;
  };
  const run = async (step: string, mode = 'run') => execute('/bin/bash', [await file(step), mode], env, home);
  return {
    run,
    runInTerminal: async (step, answers) => {
      const command = `/bin/bash ${await file(step)} run`;
      return execute('/usr/bin/script', ['-qefc', command, '/dev/null'], env, home, answers);
    },
    check: async (step) => {
      const { output, errors, code } = await run(step, 'check');
      if (code !== 0) throw new Error(`check of ${step} ended with code ${code ?? -1}: ${errors}`);
      return parseCheck(output);
    },
  };
}
