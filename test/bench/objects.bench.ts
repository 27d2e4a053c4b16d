import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readGuide } from '../../src/build/guides';
import { compose } from '../../src/migration/command';
import { isWritten, stepOf } from '../../src/migration/guide';
import { ensureMinio, minioTools } from '../minio/prepare.mjs';
import { createMachine } from '../rehearsal/machine';
import { startRealStore } from '../rehearsal/minio/store';
import { against, duration, type Measurement } from './measure';

const call = promisify(execFile);
const OBJECTS = 200;
const ROUNDS = 5;

/** Measures the move of thumbnails, compared, against the commands of the official guide, with the real mc and MinIO. */
export async function measureObjects(): Promise<Measurement[]> {
  await ensureMinio();
  const loaded = await readGuide('0.3.5-to-0.4.1');
  const step = 'guide' in loaded ? stepOf(loaded.guide, 'move-thumbnails') : undefined;
  const tools = minioTools();
  if (!('guide' in loaded) || !step || !isWritten(step) || !tools) throw new Error('Nothing to measure.');
  const machine = await createMachine({ platform: { version: '0.4.1' } });
  const store = await startRealStore(machine, tools);
  const file = join(machine.root, 'step.sh');
  await writeFile(file, compose(loaded.guide, step, {}).text);
  const thumbnails = Object.fromEntries(
    Array.from({ length: OBJECTS }, (_, index) => [
      `batch/1.2.${index}/generate-segmentation-thumbnail/1.2.${index}.png`,
      Buffer.alloc(30_000, `thumbnail ${index}`),
    ]),
  );
  const filled = async (work: () => Promise<unknown>) => {
    await store.empty();
    await store.put('thumbnails', thumbnails);
    const taken = await duration(work);
    const moved = Object.keys((await store.content('project-admin')) ?? {}).length;
    if (moved !== OBJECTS) throw new Error(`${moved} of ${OBJECTS} thumbnails were moved.`);
    return taken;
  };
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await filled(() => call('bash', [file, 'run'], { env: machine.env })));
      theirs.push(
        await filled(() =>
          store.mc(
            'find',
            'km/thumbnails',
            '--name',
            '*.png',
            '--exec',
            `${store.command} mv {} km/project-admin/thumbnails/`,
          ),
        ),
      );
    }
    return [
      against(
        `Moving ${OBJECTS} thumbnails, compared`,
        ours,
        { what: 'with the commands of the guide', taken: theirs },
        0.5,
      ),
    ];
  } finally {
    await store.stop();
    await machine.remove();
  }
}
