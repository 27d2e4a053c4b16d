import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOG_CHUNK_BYTES } from '../../src/host/runner';
import { foldRun } from '../../src/migration/run';
import { bigGuide, layOutRun, recordCount, SIZES } from './big-run';
import { SMALL, TRIVIAL, type HostBench } from './host-bench';
import { against, rounds, type Measurement } from './measure';

const LOG_MB = 100;

/** What the tree shows of a long run, against the same of a run with one attempt. */
export async function measureRefresh(bench: HostBench): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  for (const size of SIZES) {
    const attempts = size.steps * size.attempts;
    const name = `long-${attempts}`;
    const guide = bigGuide(size);
    await layOutRun(bench.runFolder(name), size, bench.attemptFolder(SMALL));
    const { small, large } = await rounds(
      {
        small: async () => foldRun(TRIVIAL.guide, await bench.runner.status(SMALL)),
        large: async () => foldRun(guide, await bench.runner.status(name)),
      },
      { times: 5 },
    );
    const what = `Tree refresh: ${size.steps} steps, ${attempts} attempts, ${recordCount(size)} records`;
    measured.push(against(what, large, { what: 'with 1 attempt', taken: small }));
  }
  return measured;
}

/** A long log read as the editor follows it, by offset, against one `cat` of the whole. */
export async function measureLog(bench: HostBench): Promise<Measurement[]> {
  const { runner } = bench;
  const folder = bench.attemptFolder('long-log');
  const file = join(folder, 'out.log');
  await cp(bench.attemptFolder(SMALL), folder, {
    recursive: true,
    filter: (path) => !path.endsWith('.fifo'),
  });
  const line = `${'0123456789'.repeat(8)} a line of a log\n`;
  await writeFile(file, line.repeat(Math.ceil((LOG_MB * 1_000_000) / line.length)));
  const { cat, follow } = await rounds(
    {
      cat: () => bench.drain(`cat ${file}`),
      follow: async () => {
        for (let offset = 0, size = 1; offset < size;) {
          const chunk = await runner.log('long-log', 'work', 1, offset, LOG_CHUNK_BYTES);
          offset += chunk.bytes.length;
          size = chunk.size;
        }
      },
    },
    { times: 3 },
  );
  return [against(`Log of ${LOG_MB} MB followed by offset`, follow, { what: 'ssh host cat', taken: cat })];
}
