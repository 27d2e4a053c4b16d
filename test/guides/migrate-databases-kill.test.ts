import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { end, endMarkedProcesses, markedProcesses } from '../rehearsal/processes';
import { ask, FOLDERS, Grown, inFast } from './databases';
import { portrait, run } from './snapshot';
import { pause, type Stage } from './stage';

const grown = Grown.forThisFile(20);

const KILLS = 20;
const NAMES = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[];

/** Ends the step and what it has started, but not the containers: they belong to docker. */
async function endStep({ machine }: Stage): Promise<void> {
  const inside = async (pid: number) =>
    (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).includes('KAAPANA_REHEARSAL_CONTAINER=');
  for (const pid of await markedProcesses(machine.root)) if (!(await inside(pid))) end(pid, 'SIGKILL');
}

/** Names, modes, owners, sizes and times of a tree: a quick look. */
const outline = async (folder: string): Promise<string> =>
  (await run('find', ['.', '-printf', '%P %y %m %U %G %s %T@\\n'], { cwd: folder })).stdout
    .split('\n')
    .sort()
    .join('\n');

/** Every database is there: the old folder as it was, under one of its two names. */
async function expectNothingLost(at: Stage, look = outline): Promise<void> {
  for (const name of NAMES) {
    const folder = inFast(at, FOLDERS[name]);
    const old = existsSync(`${folder}.pg15`) ? `${folder}.pg15` : folder;
    expect(await look(old), name).toBe(await look(join(grown.machine.fastDataDir, FOLDERS[name])));
  }
}

test(
  'killed at twenty random points and run again, nothing is lost and all rows arrive',
  { timeout: 900_000 },
  async (context) => {
    const at = await grown.stage(context);
    const points: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const ended = at.run('run');
      const delay = Math.round(100 + Math.random() ** 2 * 9000);
      await pause(delay);
      // Every third time the whole host dies, with the servers on it.
      if (kill % 3 === 2) await endMarkedProcesses(at.machine.root);
      else await endStep(at);
      const { output } = await ended;
      const { status, evidence } = await at.check();
      points.push(`after ${delay} ms, at ${output.trimEnd().split('\n').at(-1)?.trim() ?? ''}: ${status}`);
      await expectNothingLost(at);
      expect(['pending', 'done'], `${points.join('\n')}\n${evidence}`).toContain(status);
      if (status === 'done') expect(await at.run('undo'), points.join('\n')).toMatchObject({ code: 0 });
    }
    const { code, said } = await at.run('run');
    expect(code, `${points.join('\n')}\n${said}`).toBe(0);
    expect((await at.check()).status).toBe('done');
    await expectNothingLost(at, portrait);
    const counts = await Promise.all([
      ask(at, 'backend', 'select (select count(*) from workflow), (select count(*) from without_key)'),
      ask(
        at,
        'keycloak',
        'select (select count(*) from user_entity), (select count(*) from databasechangelog)',
      ),
      ask(at, 'airflow', 'select (select count(*) from task_instance), (select count(*) from log)'),
      ask(at, 'dcm4che', 'select (select count(*) from instance), count(access_control_id) from series'),
    ]);
    expect(counts).toEqual(['20|10', '20|150', '60|100', '100|20']);
  },
);
