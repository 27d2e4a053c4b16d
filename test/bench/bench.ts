import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { measureBundles } from './bundles.bench';
import type { BenchRow } from './dags.bench';
import { measureHost } from './host.bench';
import type { Measurement } from './measure';
import { isWithin } from './measure';
import { measureCopies } from './copies.bench';
import { measureDatabases } from './databases.bench';
import { measureObjects } from './objects.bench';
import { measurePlatform } from './platform.bench';
import { measurePure } from './pure.bench';
import { table } from './table';
import { measureTreeCopies } from './tree-copy.bench';

const OUT = join(import.meta.dirname, '../../out');

const fromDags = ({ name, value, unit, budget }: BenchRow): Measurement => ({
  what: name,
  ...(unit === 'x' ? { ratio: value } : { ours: { value, unit } }),
  ...(budget === undefined ? {} : { budget: { of: unit === 'x' ? 'ratio' : 'ours', limit: budget } }),
});

/** What is measured, in this order: one thing at a time, so that nothing disturbs its neighbour. */
const GROUPS: Readonly<Record<string, () => Promise<Measurement[]>>> = {
  bundles: measureBundles,
  pure: measurePure,
  host: measureHost,
  objects: measureObjects,
  trees: measureTreeCopies,
  copies: measureCopies,
  databases: measureDatabases,
  platform: measurePlatform,
  // Loaded where it is wanted: it bundles what it measures.
  dags: async () => (await (await import('./dags.bench')).benchDags()).map(fromDags),
};

const USAGE = `Measures what has a budget, as ratios taken in one run, and writes out/bench.json. Nothing is asserted.

  npm run bench [-- ${Object.keys(GROUPS).join(' | ')} …]
`;

const NOTES = `Ours and yardstick are medians. A ratio is the median of the rounds' own ratios: each round takes both, so that load
on this machine hits both. Half of all rounds lie within the spread. Times without a ratio grow with the load.`;

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(GROUPS, name));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(' ')}.\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const load = loadavg()[0] ?? 0;
  const measurements: Measurement[] = [];
  const broken: string[] = [];
  for (const [name, measure] of Object.entries(GROUPS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const began = performance.now();
    try {
      measurements.push(...(await measure()));
    } catch (error) {
      broken.push(name);
      console.error(`The measurement of ${name} broke:`, error);
    }
    console.error(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  const machine = { cores: cpus().length, node: process.version, loadBefore: load, loadAfter: loadavg()[0] };
  const rows = measurements.map((measurement) => ({ ...measurement, within: isWithin(measurement) }));
  await mkdir(OUT, { recursive: true });
  await writeFile(
    join(OUT, 'bench.json'),
    `${JSON.stringify({ machine, broken, measurements: rows }, null, 2)}\n`,
  );
  console.log(`\n${table(measurements)}\n\n${NOTES}`);
  console.log(
    `${machine.cores} cores, node ${machine.node}, load ${load.toFixed(1)} before the run. Written to out/bench.json.`,
  );
  if (load > machine.cores)
    console.log('Other work was running: take no time from this table, and a ratio only with its spread.');
  if (broken.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
