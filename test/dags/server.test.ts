import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type {
  ApplyWorkspaceEditParams,
  CodeAction,
  Hover,
  MarkupContent,
  TextDocumentEdit,
} from 'vscode-languageserver/node';
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
      title: 'Replace by `GetInputOperator`, drop `dataset_limit`',
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

describe('what else an editor can ask for', () => {
  it('offers everything else behind the fix, suppression last', async () => {
    const diagnostics = await client.diagnostics(URI, (one) => one.version === 3);
    const actions = await client.actions(URI, diagnostics[0]!.range, diagnostics);
    expect(actions.map((one) => one.title)).toEqual([
      'Replace by `GetInputOperator`, drop `dataset_limit`',
      'Fix all 2 findings of KAP-LOCAL-INPUT in this file (review)',
      'Fix all safe Kaapana findings in the workspace',
      'Ignore KAP-LOCAL-INPUT in this line',
      'Ignore KAP-LOCAL-INPUT in this file',
      'Fix all safe Kaapana findings',
    ]);
    expect(applied(actions[3]!, TEXT).split('\n')[4]).toBe(
      'first = LocalGetInputDataOperator(dag=dag, dataset_limit=None)  # kaapana: ignore[KAP-LOCAL-INPUT]',
    );
    expect(applied(actions[4]!, TEXT)).toMatch(/^# kaapana: ignore-file\[KAP-LOCAL-INPUT\]\nfrom/);
  });

  it('shows old and new arguments on hover', async () => {
    const ask = (line: number, character: number) =>
      client.request<Hover | null>('textDocument/hover', {
        textDocument: { uri: URI },
        position: { line, character },
      });
    const operator = await ask(4, 12);
    expect(JSON.stringify(operator?.contents)).toContain('| `dataset_limit` | `None` | dropped |');
    const keyword = await ask(5, 62);
    expect(JSON.stringify(keyword?.contents)).toContain('`check_modality` (KAP-LOCAL-INPUT)');
    expect(await ask(0, 2)).toBeNull();
  });

  it('checks for the version of the platform, unless the settings name one, and says so', async () => {
    const shown = async () => {
      const textDocument = { uri: URI };
      const hover = await client.request<Hover>('textDocument/hover', {
        textDocument,
        position: { line: 4, character: 12 },
      });
      return /Checked for .*\./.exec((hover.contents as MarkupContent).value)?.[0];
    };
    expect(await shown()).toBe('Checked for Kaapana 0.4.1, the default.');
    await client.notify('kaapana/options', { platform: '0.5.3' });
    expect(await shown()).toBe('Checked for Kaapana 0.5.3, the version of the platform.');
    await client.notify('kaapana/options', { platform: '0.5.9' });
    expect(await shown()).toBe('Checked for Kaapana 0.5.3, the version of the platform.');
    await client.notify('kaapana/options', { platform: '0.5.3', target: '0.6.0' });
    expect(await shown()).toBe('Checked for Kaapana 0.6.0, named in the settings.');
    for (const odd of [{ platform: 'latest' }, { platform: '0.3.5' }, { target: '7' }, {}]) {
      await client.notify('kaapana/options', odd);
      expect(await shown()).toBe('Checked for Kaapana 0.4.1, the default.');
    }
  });

  it('follows a change of the target version', async () => {
    const uri = 'file:///dags/conf.py';
    await client.open(uri, 'import kaapana\nx = conf["form_data"]\n');
    expect((await client.diagnostics(uri, (one) => one.version === 1)).map((one) => one.code)).toEqual([
      'KAP-FORM-DATA-SOON',
    ]);
    await client.notify('kaapana/options', { target: '0.5.3' });
    expect(await client.diagnostics(uri, (one) => one.diagnostics[0]?.code === 'KAP-FORM-DATA')).toHaveLength(
      1,
    );
    await client.notify('kaapana/options', {});
  });
});

describe('workspace', () => {
  let folder: string;
  let other: LspClient;
  const uri = (name: string) => pathToFileURL(join(folder, name)).href;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dags-'));
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'closed.py'), TEXT);
    writeFileSync(join(folder, 'clean.py'), 'import os\n');
    writeFileSync(join(folder, 'triggered.py'), TEXT.replace('"slices"', '"watch-inbox"'));
    writeFileSync(
      join(folder, 'inbox_trigger_rule.json'),
      '[{"dag_ids": {"watch-inbox": {"fetch_method": "copy"}}}]',
    );
    const subclass = 'class Mine(LocalGetInputDataOperator):\n    pass\n';
    writeFileSync(join(folder, 'lib/Mine.py'), TEXT.split('\n').slice(1, 2).concat(subclass).join('\n'));
    writeFileSync(join(folder, 'user.py'), 'import kaapana\nfrom lib.Mine import Mine\nx = Mine()\n');
    other = new LspClient(server.file);
    await other.start({}, pathToFileURL(folder).href);
  });
  afterAll(async () => {
    await other.stop();
    rmSync(folder, { recursive: true });
  });

  it('finds in files that were never opened, with what the project knows', async () => {
    expect(await other.diagnostics(uri('closed.py'), () => true)).toHaveLength(2);
    const [triggered] = await other.diagnostics(uri('triggered.py'), () => true);
    expect(triggered?.message).toContain('a trigger rule starts this DAG');
    const [user] = await other.diagnostics(uri('user.py'), () => true);
    expect(user).toMatchObject({ code: 'KAP-SUBCLASS', range: { start: { line: 1 } } });
    expect(user?.message).toContain('`Mine` derives from `LocalGetInputDataOperator`');
  });

  it('keeps findings when a tab closes, and follows the disk', async () => {
    await other.open(uri('closed.py'), TEXT.replace(', check_modality=True', ''));
    expect(await other.diagnostics(uri('closed.py'), (one) => one.version === 1)).toHaveLength(2);
    await other.notify('textDocument/didClose', { textDocument: { uri: uri('closed.py') } });
    expect(await other.diagnostics(uri('closed.py'), (one) => one.version === undefined)).toHaveLength(2);
    rmSync(join(folder, 'user.py'));
    await other.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uri('user.py'), type: 3 }] });
    expect(await other.diagnostics(uri('user.py'), (one) => one.diagnostics.length === 0)).toEqual([]);
  });

  it('leaves out what git ignores and what the editor does not show', async () => {
    writeFileSync(join(folder, '.gitignore'), 'generated/\n');
    for (const name of ['generated', 'hidden']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'dag.py'), TEXT);
    }
    const changes = ['.gitignore', 'generated/dag.py', 'hidden/dag.py'].map((name) => ({
      uri: uri(name),
      type: 1,
    }));
    await other.notify('workspace/didChangeWatchedFiles', { changes });
    expect(await other.diagnostics(uri('hidden/dag.py'), () => true)).toHaveLength(2);
    expect(other.last(uri('generated/dag.py'))).toBeUndefined();
    await other.notify('kaapana/options', { exclude: ['**/hidden'] });
    expect(await other.diagnostics(uri('hidden/dag.py'), (one) => one.diagnostics.length === 0)).toEqual([]);
  });

  it('goes by the options of now, also where a longer scan by those of before is under way', async () => {
    const site = mkdtempSync(join(tmpdir(), 'dags-'));
    onTestFinished(() => rmSync(site, { recursive: true }));
    mkdirSync(join(site, 'hidden'));
    writeFileSync(join(site, 'shown.py'), TEXT);
    // More than a scan looks at in one go.
    for (let each = 0; each < 400; each++) writeFileSync(join(site, `hidden/dag_${each}.py`), TEXT);
    const third = new LspClient(server.file);
    onTestFinished(async () => {
      await third.stop();
    });
    await third.start({}, pathToFileURL(site).href);
    await third.notify('kaapana/options', { exclude: ['**/hidden'] });
    await third.diagnostics(
      pathToFileURL(join(site, 'shown.py')).href,
      (one) => one.diagnostics.length === 2,
    );
    // A scan goes on between any two requests: by then every one is over.
    const hidden = { uri: pathToFileURL(join(site, 'hidden/dag_0.py')).href };
    for (let each = 0; each < 400; each++)
      await third.request('textDocument/hover', {
        textDocument: hidden,
        position: { line: 0, character: 0 },
      });
    const summary = await third.request<{ findings: number }>('kaapana/summary', null);
    expect(summary.findings).toBe(2);
  });

  it('fixes the file that is there, not the one that was scanned', async () => {
    const edits: ApplyWorkspaceEditParams[] = [];
    other.onRequest('workspace/applyEdit', (params) => {
      edits.push(params as ApplyWorkspaceEditParams);
      return { applied: false, failureReason: 'the document has moved on' };
    });
    const path = join(folder, 'moving.py');
    writeFileSync(path, TEXT);
    await other.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uri('moving.py'), type: 1 }] });
    await other.diagnostics(uri('moving.py'), () => true);
    // Nobody tells the server about what happens now.
    writeFileSync(path, `# moved\n${TEXT}`);
    writeFileSync(join(folder, 'gone.py'), TEXT);
    await other.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uri('gone.py'), type: 1 }] });
    await other.diagnostics(uri('gone.py'), () => true);
    rmSync(join(folder, 'gone.py'));
    const answer = await other.request('workspace/executeCommand', { command: 'kaapana.dags.fixWorkspace' });
    expect(answer).toMatchObject({ applied: false, reason: 'the document has moved on' });
    const changed = (edits[0]?.edit.documentChanges ?? []) as TextDocumentEdit[];
    const moved = changed.find((one) => one.textDocument.uri === uri('moving.py'));
    expect(changed.map((one) => one.textDocument.uri)).not.toContain(uri('gone.py'));
    const fixed = TextDocument.applyEdits(
      TextDocument.create(URI, 'python', 1, `# moved\n${TEXT}`),
      (moved?.edits ?? []) as never,
    );
    expect(fixed).toContain('\nfirst = GetInputOperator(dag=dag)\n');
    rmSync(path);
    const changes = ['moving.py', 'gone.py'].map((name) => ({ uri: uri(name), type: 3 }));
    await other.notify('workspace/didChangeWatchedFiles', { changes });
    await other.diagnostics(uri('moving.py'), (one) => one.diagnostics.length === 0);
  });

  it('ties its edits to the version of the document that they were made for', async () => {
    const document = uri('versions.py');
    await other.open(document, TEXT, 7);
    const found = await other.diagnostics(document, (one) => one.version === 7);
    const [action] = await other.actions(document, found[0]!.range, found, ['quickfix']);
    expect(action?.edit?.documentChanges).toMatchObject([{ textDocument: { uri: document, version: 7 } }]);
    const start = { line: 0, character: 0 };
    await other.change(document, 8, { start, end: start }, '# more\n');
    const [next] = await other.actions(
      document,
      { start, end: { line: 9, character: 0 } },
      [],
      ['source.fixAll.kaapana'],
    );
    expect(next?.edit?.documentChanges).toMatchObject([{ textDocument: { uri: document, version: 8 } }]);
    await other.notify('textDocument/didClose', { textDocument: { uri: document } });
    await other.diagnostics(document, (one) => one.version === undefined);
  });

  it('leaves a document alone whose file would be far too large for a DAG', async () => {
    const document = uri('large.py');
    // Two bytes a letter: as a file it is larger than the limit, counted in letters it is not.
    await other.open(document, `${TEXT}# ${'é'.repeat(2_100_000)}\n`, 1);
    expect(await other.diagnostics(document, (one) => one.version === 1)).toEqual([]);
    await other.notify('textDocument/didClose', { textDocument: { uri: document } });
  });

  it('adds up and fixes the workspace in one edit', async () => {
    const summary = await other.request<{ findings: number; safe: number }>('kaapana/summary', null);
    expect(summary).toMatchObject({ safe: 1, unsafe: 1 });
    const edits: ApplyWorkspaceEditParams[] = [];
    other.onRequest('workspace/applyEdit', (params) => {
      edits.push(params as ApplyWorkspaceEditParams);
      return { applied: true };
    });
    const run = (command: string) => other.request('workspace/executeCommand', { command });
    expect(await run('kaapana.dags.fixWorkspace')).toEqual({ files: 1, applied: true });
    expect(await run('kaapana.dags.fixWorkspaceWithReview')).toEqual({ files: 1, applied: true });
    expect(edits[0]).toMatchObject({ metadata: { isRefactoring: true } });
    expect(edits[0]?.edit.changeAnnotations).toBeUndefined();
    expect(edits[1]?.edit.changeAnnotations).toMatchObject({ 'kaapana-review': { needsConfirmation: true } });
    expect(readFileSync(join(folder, 'closed.py'), 'utf8')).toBe(TEXT);
  });

  it('takes the target and rules of a site from its file', async () => {
    const rule = {
      kind: 'symbol',
      code: 'SITE-OLD',
      title: 'Our reader',
      message: 'Our reader is old.',
      advice: 'Use the new one.',
      verdict: 'safe',
      symbols: ['ourlib.Reader.OldReader'],
      becomes: 'ourlib.Reader.NewReader',
    };
    writeFileSync(
      join(folder, '.kaapana-dags.json'),
      JSON.stringify({ target: '0.6.0', rules: [rule, { kind: 'odd' }] }),
    );
    writeFileSync(join(folder, 'site.py'), 'from ourlib.Reader import OldReader\nx = OldReader()\n');
    await other.notify('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('.kaapana-dags.json'), type: 1 }],
    });
    const [found] = await other.diagnostics(uri('site.py'), () => true);
    expect(found).toMatchObject({ code: 'SITE-OLD', severity: 2 });
  });
});
