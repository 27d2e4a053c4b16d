import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { COMMANDS, PREFIX } from '../../../src/editor/ids';

const ID = 'kaapana-migration.kaapana-migration';

/** Asks until there is an answer; mocha's own timeout ends a wait in vain. */
async function until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(ID);
  assert.ok(found, `${ID} is not installed`);
  return found;
}

describe('the extension', () => {
  it('activates and registers every command', async () => {
    await extension().activate();
    const commands = await vscode.commands.getCommands(true);
    assert.deepEqual(
      COMMANDS.map((name) => `${PREFIX}.${name}`).filter((id) => !commands.includes(id)),
      [],
    );
  });

  it('runs where the workspace is, on the version that it promises', () => {
    assert.equal(extension().extensionKind, vscode.ExtensionKind.Workspace);
    assert.equal((extension().packageJSON as { engines: { vscode: string } }).engines.vscode, '^1.93.0');
  });

  it('opens its view without a host', async () => {
    await vscode.commands.executeCommand(`${PREFIX}.steps.focus`);
  });

  it('answers a step command without a host by a message, not by an error', async () => {
    await vscode.commands.executeCommand(`${PREFIX}.checkAll`);
  });
});

describe('the DAG language server', () => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const file = vscode.Uri.file(join(folder, 'dag_api.py'));

  before(async () => {
    const lines = [
      'from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator',
      'get_input = LocalGetInputDataOperator(dag=dag, dataset_limit=3)',
    ];
    await writeFile(file.fsPath, `${lines.join('\n')}\n`);
  });
  after(() => vscode.workspace.fs.delete(file));

  const findings = () => {
    const found = vscode.languages.getDiagnostics(file).filter(({ source }) => source === 'kaapana');
    return found.length > 0 ? found : undefined;
  };

  it('finds a local operator and says which rule it breaks', async () => {
    await vscode.window.showTextDocument(file);
    const [finding] = await until(findings);
    const code = finding?.code;
    assert.equal(typeof code === 'object' ? code.value : code, 'KAP-LOCAL-INPUT');
  });

  it('offers an edit that leaves nothing to find', async () => {
    const [finding] = await until(findings);
    assert.ok(finding);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      file,
      finding.range,
      vscode.CodeActionKind.QuickFix.value,
    );
    const fix = actions.find(({ isPreferred }) => isPreferred);
    assert.ok(fix?.edit, actions.map(({ title }) => title).join(' | '));
    await vscode.workspace.applyEdit(fix.edit);
    await until(() => (findings() === undefined ? true : undefined));
    const text = (await vscode.workspace.openTextDocument(file)).getText();
    assert.match(
      text,
      /^from kaapana\.operators\.GetInputOperator import GetInputOperator\nget_input = GetInputOperator\(dag=dag\)\n$/,
    );
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });
});
