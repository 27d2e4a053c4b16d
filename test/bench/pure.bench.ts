import { parseJournal } from '../../src/migration/journal';
import { foldRun, type Snapshot } from '../../src/migration/run';
import { bigGuide, bigJournal, recordCount, SIZES, type Size } from './big-run';
import { against, rounds, type Measurement } from './measure';

const ROUNDS = { times: 60, warmUp: 20 };

async function measure(size: Size): Promise<Measurement[]> {
  const guide = bigGuide(size);
  const text = bigJournal(size);
  const lines = text.trimEnd().split('\n');
  const snapshot: Snapshot = {
    journal: parseJournal(text),
    live: liveOf(size),
    boot: 'now',
    plan: undefined,
    me: { user: 'admin' },
    hostKey: '',
  };
  const { json, parse, fold } = await rounds(
    {
      json: () => lines.map((line) => JSON.parse(line) as unknown),
      parse: () => parseJournal(text),
      fold: () => foldRun(guide, snapshot),
    },
    ROUNDS,
  );
  const yardstick = { what: 'JSON.parse of its lines', taken: json };
  const records = `${recordCount(size)} records`;
  return [
    against(`Journal of ${records} read and its chain verified`, parse, yardstick),
    against(`State of ${size.steps} steps from ${records}`, fold, yardstick),
  ];
}

const liveOf = ({ steps, attempts }: Size): Snapshot['live'] =>
  [...Array(steps * attempts).keys()].map((index) => ({
    step: `step-${Math.floor(index / attempts) + 1}`,
    attempt: (index % attempts) + 1,
    alive: false,
    began: true,
    boot: 'now',
    logBytes: 1000,
  }));

/** Measures what turns a look at the host into the state of the steps. */
export async function measurePure(): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  for (const size of SIZES) measured.push(...(await measure(size)));
  return measured;
}
