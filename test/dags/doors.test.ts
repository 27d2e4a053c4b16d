import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bundle } from './bundle';
import { LspClient } from './lsp-client';

/** What the documentation tells people to do, done. */
const ROOT = join(import.meta.dirname, '../..');
const GUIDE = readFileSync(join(ROOT, 'src/dags/README.md'), 'utf8');
const DAG = `from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

get_input = LocalGetInputDataOperator(dag=dag, dataset_limit=None)
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dags-'));
  writeFileSync(join(folder, 'dag.py'), DAG);
  return () => rmSync(folder, { recursive: true });
});

function snippet(title: string, language: string): string {
  const section = GUIDE.slice(GUIDE.indexOf(`\n## ${title}`));
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section)?.[1];
  if (!found) throw new Error(`${title} has no snippet.`);
  return found;
}

it('the GitLab job writes a code quality report', () => {
  const cli = bundle('cli');
  copyFileSync(cli.file, join(folder, 'kaapana-dags'));
  cli.remove();
  const { 'kaapana-dags': job } = parse(snippet('GitLab CI', 'yaml')) as {
    'kaapana-dags': { script: string[]; artifacts: { reports: { codequality: string } } };
  };
  const { status } = spawnSync('sh', ['-c', job.script.join('\n')], { cwd: folder });
  expect(status).toBe(1);
  const report: unknown = JSON.parse(readFileSync(join(folder, job.artifacts.reports.codequality), 'utf8'));
  expect(report).toMatchObject([
    { check_name: 'KAP-LOCAL-INPUT', severity: 'major', location: { path: 'dag.py', lines: { begin: 3 } } },
  ]);
});

it('the pre-commit hooks exist and are commands of ours', () => {
  const hooks = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as {
    id: string;
    entry: string;
    types: string[];
  }[];
  const [wanted] = (parse(snippet('pre-commit', 'yaml')) as { repos: { hooks: { id: string }[] }[] }).repos;
  const ids = hooks.map((hook) => hook.id).sort();
  expect(wanted?.hooks.map((hook) => hook.id).sort()).toEqual(ids);
  const cli = bundle('cli');
  for (const { entry, types } of hooks) {
    expect(types).toEqual(['python']);
    const [name, ...args] = entry.split(' ');
    expect(name).toBe('kaapana-dags');
    const run = spawnSync(process.execPath, [cli.file, ...args, 'dag.py'], { cwd: folder, encoding: 'utf8' });
    expect([run.stderr, run.status]).toEqual(['', args[0] === 'fix' ? 0 : 1]);
    writeFileSync(join(folder, 'dag.py'), DAG);
  }
  cli.remove();
});

it('the server understands what Neovim is told to send', async () => {
  const lua = snippet('Neovim', 'lua');
  expect(/cmd = \{ 'node', '[^']*dist\/server\.cjs', '--stdio' \}/.test(lua)).toBe(true);
  const options = /init_options = \{ (\w+) = '([^']*)' \}/.exec(lua);
  const server = bundle('server');
  const client = new LspClient(server.file);
  await client.start({ [options?.[1] ?? '']: options?.[2] }, pathToFileURL(folder).href);
  const uri = pathToFileURL(join(folder, 'dag.py')).href;
  expect(await client.diagnostics(uri, () => true)).toHaveLength(1);
  expect(await client.stop()).toBe(0);
  server.remove();
});
