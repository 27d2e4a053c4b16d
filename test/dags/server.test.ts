import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { CodeAction, TextDocumentEdit } from 'vscode-languageserver/node';
import { bundle } from './bundle';
import { LspClient } from './lsp-client';

const TEXT = `from airflow.models import DAG
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

dag = DAG(dag_id="slices", default_args={"ui_visible": True, "ui_forms": {}})
first = LocalGetInputDataOperator(dag=dag, dataset_limit=None)
second = LocalGetInputDataOperator(dag=dag, name="second", check_modality=True)
`;
const URI = 'file:///dags/slices.py';

let server: ReturnType<typeof bundle>;
let client: LspClient;

beforeAll(async () => {
  server = bundle('server');
  client = new LspClient(server.file);
  await client.start();
});

afterAll(async () => {
  expect(await client.stop()).toBe(0);
  server.remove();
});

function applied(action: CodeAction, text: string): string {
  const [change] = (action.edit?.documentChanges ?? []) as TextDocumentEdit[];
  return TextDocument.applyEdits(TextDocument.create(URI, 'python', 1, text), (change?.edits ?? []) as never);
}

describe('language server', () => {
  it('finds while typing and takes back what is fixed', async () => {
    await client.open(URI, TEXT);
    const found = await client.diagnostics(URI, (one) => one.version === 1);
    expect(found.map((one) => [one.code, one.range.start.line, one.tags])).toEqual([
      ['KAP-LOCAL-INPUT', 4, [2]],
      ['KAP-LOCAL-INPUT', 5, [2]],
    ]);
    expect(found[0]?.relatedInformation?.[0]?.location.range.start.line).toBe(1);

    const line = { start: { line: 5, character: 0 }, end: { line: 6, character: 0 } };
    await client.change(URI, 2, line, 'second = None\n');
    expect(await client.diagnostics(URI, (one) => one.version === 2)).toHaveLength(1);
    await client.change(
      URI,
      3,
      { start: line.start, end: { line: 6, character: 0 } },
      `${TEXT.split('\n')[5]}\n`,
    );
    expect(await client.diagnostics(URI, (one) => one.version === 3)).toHaveLength(2);
  });

  it('offers the safe fix first and names what an unsafe one changes', async () => {
    const diagnostics = await client.diagnostics(URI, (one) => one.version === 3);
    const [safe] = await client.actions(URI, diagnostics[0]!.range, diagnostics, ['quickfix']);
    expect(safe).toMatchObject({
      title: 'Replace by `GetInputOperator`',
      isPreferred: true,
      kind: 'quickfix',
    });
    expect(safe?.edit?.documentChanges).toMatchObject([{ textDocument: { uri: URI, version: 3 } }]);
    expect(safe?.diagnostics).toHaveLength(1);
    expect(applied(safe!, TEXT)).toContain(
      'first = GetInputOperator(dag=dag)\nsecond = LocalGetInputDataOperator(',
    );

    const [unsafe] = await client.actions(URI, diagnostics[1]!.range, diagnostics, ['quickfix']);
    expect(unsafe?.isPreferred).toBe(false);
    expect(unsafe?.title).toMatch(
      /^Replace by `GetInputOperator` \(review\): `check_modality` is set to False/,
    );
  });

  it('fixes all that is safe on save, and nothing else', async () => {
    const everything = { start: { line: 0, character: 0 }, end: { line: 6, character: 0 } };
    const actions = await client.actions(URI, everything, [], ['source.fixAll']);
    expect(actions.map((one) => one.kind)).toEqual(['source.fixAll.kaapana']);
    const fixed = applied(actions[0]!, TEXT);
    expect(fixed).toContain('first = GetInputOperator(dag=dag)');
    expect(fixed).toContain('check_modality=True');
    expect(await client.actions(URI, everything, [], ['refactor'])).toEqual([]);
  });

  it('says why there is no fix', async () => {
    const uri = 'file:///dags/service.py';
    await client.open(uri, TEXT.replace('"slices"', '"service-slices"'));
    const [found] = await client.diagnostics(uri, (one) => one.version === 1);
    expect(found?.message).toMatch(/No automatic fix: this is a service DAG/);
    expect(await client.actions(uri, found!.range, [found!], ['source.fixAll.kaapana'])).toEqual([]);
    await client.notify('textDocument/didClose', { textDocument: { uri } });
    expect(await client.diagnostics(uri, (one) => one.version === undefined)).toEqual([]);
  });
});
