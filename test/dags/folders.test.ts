import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hover, MarkupContent } from 'vscode-languageserver/node';
import { bundle } from './bundle';
import { LspClient } from './lsp-client';

const CONFIG = '.kaapana-dags.json';
const LOCAL = 'from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator\n';
const DAG = `from airflow.models import DAG
${LOCAL}
dag = DAG(dag_id="slices")
first = LocalGetInputDataOperator(dag=dag)
`;

const rule = (name: string, more = {}) => ({
  kind: 'symbol',
  code: `SITE-${name.toUpperCase()}`,
  title: 'Our reader',
  message: 'Our reader is old.',
  advice: 'Use the new one.',
  verdict: 'report',
  symbols: [`ourlib.${name}`],
  ...more,
});

describe('several folders in one workspace', () => {
  let base: string;
  let server: ReturnType<typeof bundle>;
  let client: LspClient;
  const uri = (name: string) => pathToFileURL(join(base, name)).href;
  const write = (name: string, text: string | object) =>
    writeFileSync(join(base, name), typeof text === 'string' ? text : JSON.stringify(text));
  const codes = async (name: string, wanted: (codes: unknown[]) => boolean) => {
    const found = await client.diagnostics(uri(name), (one) =>
      wanted(one.diagnostics.map(({ code }) => code)),
    );
    return found.map(({ code }) => code);
  };

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'dags-'));
    for (const folder of ['old', 'new', 'new/inner']) mkdirSync(join(base, folder));
    write(`old/${CONFIG}`, { target: '0.4.1', rules: [rule('alpha')] });
    write(`new/${CONFIG}`, { target: '0.6.0', rules: [rule('beta')] });
    write(`new/inner/${CONFIG}`, { target: '0.4.2' });
    for (const folder of ['old', 'new', 'new/inner']) {
      write(`${folder}/dag.py`, DAG);
      write(`${folder}/site.py`, 'from ourlib import alpha, beta\n');
    }
    write('old/shared.py', `${LOCAL}\n\ndef first(dag):\n    return LocalGetInputDataOperator(dag=dag)\n`);
    write('old/user.py', `${DAG}from shared import LocalGetInputDataOperator\n`);
    server = bundle('server');
    client = new LspClient(server.file);
    await client.start({}, ...['old', 'new', 'new/inner'].map(uri));
  });
  afterAll(async () => {
    await client.stop();
    server.remove();
    rmSync(base, { recursive: true });
  });

  it('each has its own target', async () => {
    const shown = async (name: string) => {
      await client.open(uri(name), DAG);
      await client.diagnostics(uri(name), (one) => one.version === 1);
      const textDocument = { uri: uri(name) };
      const hover = await client.request<Hover>('textDocument/hover', {
        textDocument,
        position: { line: 4, character: 12 },
      });
      return /Checked for .*\./.exec((hover.contents as MarkupContent).value)?.[0];
    };
    expect(await shown('old/dag.py')).toBe('Checked for Kaapana 0.4.1, named in the project.');
    expect(await shown('new/dag.py')).toBe('Checked for Kaapana 0.6.0, named in the project.');
    expect(await shown('new/inner/dag.py')).toBe('Checked for Kaapana 0.4.2, named in the project.');
  });

  it('each has its own rules', async () => {
    expect(await codes('old/site.py', (found) => found.length > 0)).toEqual(['SITE-ALPHA']);
    expect(await codes('new/site.py', (found) => found.length > 0)).toEqual(['SITE-BETA']);
    expect(client.last(uri('new/inner/site.py'))).toBeUndefined();
  });

  it('keeps an import that another file takes from there', async () => {
    await client.open(uri('old/shared.py'), `${LOCAL}first = LocalGetInputDataOperator(dag=dag)\n`);
    const found = await client.diagnostics(uri('old/shared.py'), (one) => one.version === 1);
    const [fix] = await client.actions(uri('old/shared.py'), found[0]!.range, found, ['quickfix']);
    const start = { line: 0, character: 0 };
    expect(fix?.edit?.documentChanges).toMatchObject([
      {
        edits: [
          {
            range: { start, end: start },
            newText: 'from kaapana.operators.GetInputOperator import GetInputOperator\n',
          },
          { newText: 'GetInputOperator' },
        ],
      },
    ]);
  });

  it('tells in the file itself what is wrong with a configuration', async () => {
    const config = `old/${CONFIG}`;
    const change = async (text: string | object) => {
      write(config, text);
      const changes = [{ uri: uri(config), type: 2 }];
      await client.notify('workspace/didChangeWatchedFiles', { changes });
    };
    expect(await client.diagnostics(uri(config), () => true)).toEqual([]);
    await change({ target: '0.1', rules: [rule('alpha'), rule('odd', { verdict: 'perhaps' })] });
    const found = await client.diagnostics(uri(config), (one) => one.diagnostics.length > 0);
    expect(found.map(({ severity, message }) => [severity, message])).toEqual([
      [2, expect.stringMatching(/^target\b/)],
      [2, expect.stringMatching(/^rules\[1\]/)],
    ]);
    // They stay when something else is published again.
    await client.notify('kaapana/options', { target: '0.5.3' });
    expect(await codes('old/site.py', (all) => all.length > 0)).toEqual(['SITE-ALPHA']);
    expect(client.last(uri(config))?.diagnostics).toHaveLength(2);
    await change('{ "target": ');
    const [broken] = await client.diagnostics(uri(config), (one) => one.diagnostics.length === 1);
    expect(broken?.message).toMatch(/^not JSON/);
    rmSync(join(base, config));
    await client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uri(config), type: 3 }] });
    expect(await client.diagnostics(uri(config), (one) => one.diagnostics.length === 0)).toEqual([]);
  });
});
