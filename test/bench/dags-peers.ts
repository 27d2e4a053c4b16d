import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../dags/bundle';
import { readFixtures } from '../dags/fixtures';
import { LspClient } from '../dags/lsp-client';
import type { BenchRow } from './dags.bench';
import { largeDag } from './dags-corpus';
import { analyze } from './dags-shipped';
import { typeInto } from './dags-typing';
import { median } from './measure';

/** What others do in the same place. They are no part of the project: they are installed beside it, once. */
const PEERS = { '@astral-sh/ruff-wasm-nodejs': '0.17.3', pyright: '1.1.414' };

const FOLDER = join(
  process.env['KAAPANA_MIGRATION_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kaapana-migration'),
  'dags-peers',
);

const ROUNDS = 15;
const KEYS = 40;

/** What of ruff is used. */
interface Ruff {
  readonly Workspace: new (options: object, encoding: number) => { check: (text: string) => unknown[] };
  readonly PositionEncoding: { readonly Utf16: number };
}

function install(): boolean {
  if (existsSync(join(FOLDER, 'node_modules/pyright'))) return true;
  mkdirSync(FOLDER, { recursive: true });
  const packages = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`);
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional'];
  const { status, stderr } = spawnSync('npm', ['install', '--prefix', FOLDER, ...quiet, ...packages], {
    encoding: 'utf8',
  });
  if (status !== 0)
    console.error(`ruff and pyright cannot be installed; they are not compared with.\n${stderr}`);
  return status === 0;
}

/** Against ruff's Airflow rules and pyright's language server, in the same minute on the same files. */
export async function peers(): Promise<BenchRow[]> {
  return install() ? [...againstRuff(), ...(await againstPyright())] : [];
}

function againstRuff(): BenchRow[] {
  const load = createRequire(join(FOLDER, 'package.json'));
  const { Workspace, PositionEncoding } = load('@astral-sh/ruff-wasm-nodejs') as Ruff;
  const options = { lint: { select: ['AIR'] }, 'line-length': 120, 'target-version': 'py311' };
  const ruff = new Workspace({ ...options, preview: true }, PositionEncoding.Utf16);
  const texts = [...readFixtures().map(({ text }) => text), largeDag(500)];
  const time = (work: (text: string) => unknown) => {
    const start = performance.now();
    for (const text of texts) work(text);
    return performance.now() - start;
  };
  const ratios: number[] = [];
  for (let round = -3; round < ROUNDS; round++) {
    const theirs = time((text) => ruff.check(text));
    const ours = time((text) => analyze(text).findings);
    if (round >= 0) ratios.push(ours / theirs);
  }
  const name = `analysis of ${texts.length} DAGs against ruff's Airflow rules (WebAssembly)`;
  return [{ name, value: median(ratios), unit: 'x' }];
}

async function againstPyright(): Promise<BenchRow[]> {
  const server = bundle('server');
  const keystroke = async (file: string) => {
    const client = new LspClient(file);
    const uri = pathToFileURL(join(tmpdir(), 'large.py')).href;
    await client.start();
    await client.open(uri, largeDag(500));
    await client.diagnostics(uri, () => true);
    const taken = await typeInto(client, uri, 250, KEYS);
    await client.stop();
    return median(taken.slice(KEYS / 4));
  };
  const theirs = await keystroke(join(FOLDER, 'node_modules/pyright/langserver.index.js'));
  const ours = await keystroke(server.file);
  server.remove();
  return [
    { name: 'pyright: keystroke → diagnostics over stdio, 500 lines, median', value: theirs, unit: 'ms' },
    { name: 'keystroke → diagnostics against pyright', value: ours / theirs, unit: 'x' },
  ];
}
