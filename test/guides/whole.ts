import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { composeDetection, parseDetection, type Values } from '../../src/migration/command';
import type { Guide } from '../../src/migration/guide';
import { IMAGES, layDocker } from '../postgres/docker';
import { addUser } from '../rehearsal/keycloak/realm';
import { live, LIVE, type LivePlatform } from '../rehearsal/live';
import { createMachine, type Machine } from '../rehearsal/machine';
import { end, markedProcesses } from '../rehearsal/processes';
import { layUpdate, rootEnv, withOwnUpdate } from './databases';
import { document } from './metadata';
import { run } from './snapshot';
import { execute, keptOf, loadedGuide } from './stage';
import { stepsOn, type Steps } from './steps';

/** Studies of the archive, each with one series of five images. */
export const SERIES = 20;
export const seriesOf = (number: number) => `1.2.841.${number}`;

const GROW = join(import.meta.dirname, '../postgres/grow.sh');
const REGISTRY_LOGIN = 'robot:SECRET-registry';

/** A machine with a living 0.3.5, on which the guide is carried out from beginning to end. */
export interface WholeStage extends Steps {
  readonly guide: Guide;
  readonly machine: Machine;
  readonly platform: LivePlatform;
  readonly values: Values;
  readonly kept: (name: string) => string;
}

/** Databases of PostgreSQL 15 in the data folders, and images in the registry only. */
async function grow(machine: Machine): Promise<void> {
  await layDocker(machine);
  await run(
    'bash',
    [GROW, machine.fastDataDir, String(SERIES), IMAGES.IMAGE_POSTGRES_OLD, IMAGES.IMAGE_POSTGRES_DCM4CHE_OLD],
    { env: rootEnv(machine) },
  );
  await rm(join(machine.state, 'docker/images'), { recursive: true });
  await writeFile(join(machine.state, 'docker/registry-login'), REGISTRY_LOGIN);
  await layUpdate(machine);
}

/** What users have on 0.3.5: metadata with tags, objects, workflows of their own, accounts. */
async function fill(machine: Machine, platform: LivePlatform): Promise<void> {
  const { engine } = platform.opensearch();
  const metadata = engine.writable('meta-index');
  for (let number = 1; number <= SERIES; number++)
    metadata.write(seriesOf(number), {
      ...document(number),
      '0020000E SeriesInstanceUID_keyword': seriesOf(number),
    });
  metadata.refresh();
  await platform.store.put('thumbnails', {
    'batch/1/generate-segmentation-thumbnail/1.2.841.1.png': 'one',
    'batch/2/generate-segmentation-thumbnail/1.2.841.2.png': 'two',
  });
  await platform.store.put('staticwebsiteresults', { 'report/index.html': '<h1>Report</h1>' });
  await platform.store.put('uploads', { 'case 1/a.nii.gz': 'an upload' });
  await writeFile(join(machine.fastDataDir, 'workflows/dags/dag_our_own.py'), 'import os\n');
  addUser(platform.realm, 'dr.jäger', ['kaapana_user']);
  addUser(platform.realm, 'nurse', ['kaapana_user']);
}

/** Sets it all up; everything is removed when the test ends. */
export async function wholeStage(): Promise<WholeStage> {
  const guide = await loadedGuide();
  const machine = await createMachine({ snapshotBytes: 1000 });
  onTestFinished(machine.remove);
  await rm(machine.snapshots, { recursive: true });
  await grow(machine);
  const platform = await live(machine);
  onTestFinished(platform.stop);
  await platform.settled();
  await fill(machine, platform);
  const folder = join(machine.root, 'run');
  await mkdir(folder);
  const env = { ...machine.env, KM_POLL: '0.1', KM_PATIENCE: '600', KM_PROGRESS: join(folder, 'progress') };

  const detection = join(folder, 'detect.sh');
  await writeFile(detection, composeDetection(guide).text);
  const names = guide.parameters.map(({ name }) => name);
  const { output } = await execute('/bin/bash', [detection, ...names], env, machine.home);
  const found = parseDetection(output);
  const values = Object.fromEntries(
    guide.parameters.map(({ name, default: usual }) => [name, found.get(name)?.value ?? usual ?? '']),
  );

  // The hash in the step is that of a file which is not in this repository.
  const steps = stepsOn({ guide, values, folder, env, home: machine.home, adapt: withOwnUpdate });
  return {
    ...steps,
    guide,
    machine,
    platform,
    values,
    kept: (name) => keptOf(machine, name),
  };
}

/** Kills a step and all that it has started, but neither the platform nor what belongs to docker. */
export async function kill({ machine }: WholeStage): Promise<void> {
  for (const pid of await markedProcesses(machine.root)) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.includes(LIVE) && !environment.includes('KAAPANA_REHEARSAL_CONTAINER='))
      end(pid, 'SIGKILL');
  }
}
