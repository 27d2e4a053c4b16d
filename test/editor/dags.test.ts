import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { closeBrowser, testIn, until, type EditorVersion, type Workbench } from './harness';
import { setScene, type Scene } from './scene';

const DAG = `from airflow.models import DAG
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalWorkflowCleanerOperator import LocalWorkflowCleanerOperator

dag = DAG(dag_id="measure", default_args={}, schedule_interval=None)

get_input = LocalGetInputDataOperator(dag=dag, parallel_downloads=5, dataset_limit=3)  # all series
clean = LocalWorkflowCleanerOperator(dag=dag, clean_workflow_dir=True)

get_input >> clean
`;

/** The same, cut off where somebody is still typing. */
const CUT_OFF = `${DAG.slice(0, DAG.indexOf('clean = '))}clean = LocalWorkflowCleanerOperator(dag=dag,\n`;

const FIXED = DAG.replaceAll('LocalGetInputDataOperator', 'GetInputOperator').replace(
  ', dataset_limit=3',
  '',
);

afterAll(closeBrowser);

describe.each<EditorVersion>(['floor', 'newest'])('a DAG developer in VS Code, the %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({
      version,
      host: false,
      settings: { 'kaapanaMigration.host': '' },
      files: { 'dag_measure.py': DAG, 'dag_cut_off.py': CUT_OFF },
    });
    window = await scene.open();
  });
  afterAll(() => scene.end());

  const test = testIn(() => window);

  test('sees what 0.4 replaces, and takes the fix', async () => {
    await window.textEditor.open(join(scene.workspace, 'dag_measure.py'), 7, 20);
    await window.textEditor.waitForSquiggles('warning');
    const fixes = await window.textEditor.quickFixes();
    const fix = fixes.find((title) => title.startsWith('Replace by `GetInputOperator`'));
    expect(fix, fixes.join(' | ')).toBeDefined();
    await window.page.keyboard.press('Escape');
    await window.textEditor.applyQuickFix(fix!);
    await window.textEditor.waitForText('GetInputOperator(dag=dag, parallel_downloads=5)');
    await window.textEditor.waitForNoSquiggles('warning');
    await window.textEditor.save();
    const saved = () => readFile(join(scene.workspace, 'dag_measure.py'), 'utf8');
    await until('the file to be saved', async () => (await saved()) !== DAG);
    expect(await saved()).toBe(FIXED);
  });

  test('keeps the finding in a file that is cut off in the middle', async () => {
    await window.textEditor.open(join(scene.workspace, 'dag_cut_off.py'), 7, 20);
    await window.textEditor.waitForSquiggles('warning');
    expect(
      (await window.textEditor.quickFixes()).some((title) =>
        title.startsWith('Replace by `GetInputOperator`'),
      ),
    ).toBe(true);
    await window.page.keyboard.press('Escape');
  });

  test('can switch the DAG language server off', async () => {
    await scene.editor.writeSettings({ 'kaapanaMigration.host': '', 'kaapanaMigration.dags.enabled': false });
    await window.textEditor.waitForNoSquiggles('warning');
  });
});
