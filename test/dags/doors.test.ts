import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
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

function snippets(title: string, language: string): string[] {
  const section = GUIDE.slice(GUIDE.indexOf(`\n## ${title}`) + 1).replace(/\n## [\s\S]*/, '');
  return [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (found) => found[1] ?? '',
  );
}

function snippet(title: string, language: string): string {
  const [found] = snippets(title, language);
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

describe('Neovim', () => {
  const SERVER = /vim\.fn\.expand\('[^']*\/dist\/server\.cjs'\)/;

  it.each(snippets('Neovim', 'lua'))('is told to send what the server understands', async (lua) => {
    expect(lua).toMatch(new RegExp(`cmd = \\{ 'node', ${SERVER.source}, '--stdio' \\}`));
    const options = /init_options = \{ (\w+) = '([^']*)' \}/.exec(lua);
    const server = bundle('server');
    const client = new LspClient(server.file);
    await client.start({ [options?.[1] ?? '']: options?.[2] }, pathToFileURL(folder).href);
    const uri = pathToFileURL(join(folder, 'dag.py')).href;
    expect(await client.diagnostics(uri, () => true)).toHaveLength(1);
    expect(await client.stop()).toBe(0);
    server.remove();
  });

  it('shows findings of all files, and takes a fix', () => {
    const [, older] = snippets('Neovim', 'lua');
    const server = bundle('server');
    writeFileSync(join(folder, 'other.py'), DAG);
    writeFileSync(join(folder, 'init.lua'), older?.replace(SERVER, `'${server.file}'`) ?? '');
    writeFileSync(
      join(folder, 'look.lua'),
      `local seen = {}
vim.wait(60000, function()
  for _, one in ipairs(vim.diagnostic.get(nil)) do seen[vim.api.nvim_buf_get_name(one.bufnr)] = one.message end
  return vim.tbl_count(seen) == 2
end)
local params = vim.lsp.util.make_given_range_params({ 3, 15 }, { 3, 15 })
params.context = { diagnostics = {} }
for id, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 60000)) do
  for _, action in ipairs(answer.result) do
    if action.isPreferred then
      vim.lsp.util.apply_workspace_edit(action.edit, vim.lsp.get_client_by_id(id).offset_encoding)
    end
  end
end
vim.cmd('write')
vim.fn.writefile({ vim.fn.json_encode(seen) }, 'seen.json')
`,
    );
    const env = { ...process.env, HOME: folder, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder };
    const args = ['--headless', '-u', 'init.lua', 'dag.py', '-c', 'luafile look.lua', '-c', 'qall!'];
    const { error, stderr } = spawnSync('nvim', args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: 150_000,
    });
    server.remove();
    expect([error, stderr]).toEqual([undefined, expect.not.stringContaining('Error')]);
    const seen = JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8')) as Record<string, string>;
    expect(
      Object.keys(seen)
        .map((path) => basename(path))
        .sort(),
    ).toEqual(['dag.py', 'other.py']);
    expect(readFileSync(join(folder, 'dag.py'), 'utf8')).toBe(
      DAG.replaceAll('LocalGetInputDataOperator', 'GetInputOperator').replace(', dataset_limit=None', ''),
    );
  });
});
