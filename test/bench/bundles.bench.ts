import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/host/exec';
import { against, median, rounds, spreadOf, type Measurement } from './measure';

const ROOT = join(import.meta.dirname, '../..');
const EXTENSION = join(ROOT, 'dist/extension.cjs');
const START_UP_MS = 50;
const ROUNDS = { times: 15, warmUp: 2 };

/** What each file may weigh, in kilobytes, and why it is loaded. */
const WEIGHTS: readonly (readonly [file: string, when: string, budget?: number])[] = [
  ['dist/extension.cjs', 'loads at activation', 250],
  ['dist/languageClient.cjs', 'loads with the first Python file'],
  ['dist/server.cjs', 'the DAG language server', 450],
  ['dist/kaapana-dags.cjs', 'the command line'],
  ['dist/page.js', 'loads with a page'],
];

/** Loads and activates the extension as VS Code does, where `vscode` is whatever is asked of it; tells the milliseconds. */
const LOAD = `
const { Module } = require('node:module');
const anything = () => new Proxy(function () {}, {
  get: (_, name) => name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : anything(),
  set: () => true,
  apply: anything,
  construct: anything,
});
const load = Module._load;
// A bundle copies a module's prototype along: what is asked of the module is asked of it.
const vscode = Object.create(anything());
Module._load = (name, ...rest) => name === 'vscode' ? vscode : load(name, ...rest);
const start = process.cpuUsage();
const extension = require(process.argv[1]);
extension.activate(Object.assign(Object.create(anything()), { extensionPath: '/', subscriptions: [] }));
const { user, system } = process.cpuUsage(start);
console.log((user + system) / 1000);
process.exit(0);
`;

async function mustRun(file: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(file, args);
  if (exitCode !== 0) throw new Error(`${file} failed: ${`${stdout}${stderr}`.slice(-600)}`);
  return stdout;
}

async function weights(): Promise<Measurement[]> {
  const { name, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const vsix = `${name}-${version}.vsix`;
  if (!existsSync(EXTENSION)) await mustRun('npm', ['run', '--prefix', ROOT, 'build']);
  if (!existsSync(join(ROOT, vsix))) await mustRun('npm', ['run', '--prefix', ROOT, 'package']);
  const files = [...WEIGHTS, [vsix, 'everything', 1500] as const];
  return Promise.all(
    files.map(async ([file, when, limit]) => ({
      what: `${file}, ${when}`,
      ours: { value: (await stat(join(ROOT, file))).size / 1000, unit: 'KB' as const },
      ...(limit === undefined ? {} : { budget: { of: 'ours' as const, limit } }),
    })),
  );
}

async function loading(): Promise<Measurement[]> {
  const busy: number[] = [];
  const { bare, loads } = await rounds(
    {
      bare: () => mustRun(process.execPath, ['-e', '0']),
      loads: async () => busy.push(Number(await mustRun(process.execPath, ['-e', LOAD, EXTENSION]))),
    },
    ROUNDS,
  );
  const counted = busy.slice(ROUNDS.warmUp);
  return [
    against('node that loads and activates the extension', loads, { what: 'node -e 0', taken: bare }),
    {
      what: 'Extension loaded and activated in a stub editor, CPU time',
      ours: { value: median(counted), unit: 'ms' },
      spread: spreadOf(counted),
      budget: { of: 'ours', limit: START_UP_MS },
    },
  ];
}

/** Weighs what is shipped and measures how long the extension takes to load. */
export async function measureBundles(): Promise<Measurement[]> {
  return [...(await weights()), ...(await loading())];
}
