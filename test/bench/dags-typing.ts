import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../dags/bundle';
import { LspClient } from '../dags/lsp-client';
import type { BenchRow } from './dags.bench';
import { largeDag } from './dags-corpus';
import { quantile } from './measure';

/** Somebody who types four characters a second without a rest. */
const KEYS_AN_HOUR = 4 * 60 * 60;
/** The keystrokes that are timed; before them the server warms up. */
const TIMED = { from: 200, to: 1200 };

/** Types into a document of a server; answers the milliseconds that each keystroke took to its diagnostics. */
export async function typeInto(
  client: LspClient,
  uri: string,
  line: number,
  keys: number,
  onKey: (key: number) => void = () => undefined,
): Promise<number[]> {
  const taken: number[] = [];
  for (let key = 0; key < keys; key++) {
    const version = key + 2;
    const remove = key % 2 === 1;
    const began = performance.now();
    const range = { start: { line, character: 0 }, end: { line, character: remove ? 1 : 0 } };
    await client.change(uri, version, range, remove ? '' : 'x');
    await client.diagnostics(uri, (one) => one.version === version);
    taken.push(performance.now() - began);
    onKey(key);
  }
  return taken;
}

/** Through a real server process: the wire, the parser, the rules and back; and what an hour of it leaves behind. */
export async function typing(): Promise<BenchRow[]> {
  const server = bundle('server');
  const client = new LspClient(server.file);
  await client.start();
  const uri = pathToFileURL(join(tmpdir(), 'large.py')).href;
  await client.open(uri, largeDag(500));
  await client.diagnostics(uri, (one) => one.version === 1);
  const memory: number[] = [];
  const taken = await typeInto(client, uri, 250, KEYS_AN_HOUR, (key) => {
    if (key === TIMED.to || key === KEYS_AN_HOUR - 1) memory.push(client.memoryMb() ?? NaN);
  });
  await client.stop();
  server.remove();
  const timed = taken.slice(TIMED.from, TIMED.to);
  const [early = NaN, late = NaN] = memory;
  const name = 'keystroke → diagnostics over stdio, 500 lines';
  return [
    { name: `${name}, median`, value: quantile(timed, 0.5), unit: 'ms' },
    { name: `${name}, p95`, value: quantile(timed, 0.95), unit: 'ms', budget: 5 },
    { name: `memory of the server after ${TIMED.to} keystrokes`, value: early, unit: 'MB' },
    { name: 'memory of the server after an hour of typing', value: late, unit: 'MB', budget: 120 },
    { name: 'memory after an hour against memory at its start', value: late / early, unit: 'x' },
  ];
}
