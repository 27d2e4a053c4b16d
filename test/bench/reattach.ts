import { spawn } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../src/migration/quote';
import { guideRunning, until } from '../host/connect';
import type { HostBench } from './host-bench';
import { against, rounds, type Measurement } from './measure';

const RUN = 'reattach';
const BUDGET_MS = 1000;
const PROMPT = 'Shall the step go on?';

/** A step that has written a megabyte and waits for an answer. */
const TALKATIVE = guideRunning(
  `for ((i = 0; i < 20000; i++)); do echo "line $i of what this step has to tell 0123"; done; read -r -p "${PROMPT} "`,
);

/** A new editor looks at a running step: until it knows the state, and until its terminal shows the end of the log. */
export async function measureReattach(bench: HostBench): Promise<Measurement[]> {
  await bench.start(RUN, TALKATIVE);
  await until(
    () => readFile(join(bench.attemptFolder(RUN), 'out.log'), 'utf8'),
    (log) => log.includes(PROMPT),
  );
  const { bare, snapshot, terminal } = await rounds(
    {
      bare: bench.bare,
      snapshot: () => firstSnapshot(bench),
      terminal: () => terminalShowsPrompt(bench),
    },
    { times: 9 },
  );
  await appendFile(join(bench.attemptFolder(RUN), 'in.fifo'), 'yes\n');
  await bench.ended(RUN);
  const yardstick = { what: 'bare ssh', taken: bare };
  const budget = { of: 'ours', limit: BUDGET_MS } as const;
  return [
    { ...against('Reattach until the state is known', snapshot, yardstick), budget },
    { ...against('Reattach until a terminal shows the end of 1 MB', terminal, yardstick), budget },
  ];
}

async function firstSnapshot({ runner }: HostBench): Promise<void> {
  const abort = new AbortController();
  let states: readonly boolean[] = [];
  await runner.watch(
    RUN,
    ({ live }) => {
      states = live.map(({ alive }) => alive);
      abort.abort();
    },
    abort.signal,
  );
  if (!states.includes(true)) throw new Error('The step that should be running is not.');
}

/** `script` gives ssh a terminal, as an editor's terminal does. */
async function terminalShowsPrompt({ runner }: HostBench): Promise<void> {
  const { file, args } = runner.attach(RUN, 'work', 1, 'Work');
  const view = spawn('script', ['-qefc', [file, ...args].map(quote).join(' '), '/dev/null'], {
    stdio: 'pipe',
  });
  let end = '';
  for await (const data of view.stdout as AsyncIterable<Buffer>) {
    end = (end + data.toString()).slice(-1000);
    if (end.includes(PROMPT)) break;
  }
  if (!end.includes(PROMPT)) throw new Error(`The terminal closed before it showed the log: ${end}`);
  view.kill();
}
