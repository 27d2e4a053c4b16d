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

/** One finding of each kind: a safe fix, one to review, none, and a class that is gone. */
const KINDS = `from airflow.models import DAG
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator
from kaapana.operators.LocalMinioOperator import LocalMinioOperator
from kaapana.operators.LocalDeleteFromPacsOperator import LocalDeleteFromPacsOperator

dag = DAG(dag_id="kinds", default_args={}, schedule_interval=None)

get_input = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
put = LocalMinioOperator(dag=dag, action="put", action_operators=[get_input], bucket_name="kinds")
remove = LocalMinioOperator(dag=dag, action="remove", bucket_name="kinds")
delete = LocalDeleteFromPacsOperator(dag=dag, input_operator=get_input)
`;

afterAll(closeBrowser);

describe.each<EditorVersion>(['floor', 'newest'])('a DAG developer in VS Code, the %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({
      version,
      host: false,
      settings: { 'kaapanaMigration.host': '' },
      files: {
        'dag_measure.py': DAG,
        'dag_cut_off.py': CUT_OFF,
        'dag_kinds.py': KINDS,
        'dag_twin.py': KINDS,
      },
    });
    window = await scene.open();
  });
  afterAll(() => scene.end());

  const test = testIn(() => window);

  /** Waits until VS Code has written a file to its end: it is empty for a moment before. */
  const saved = (name: string, isWhole: (text: string) => boolean) => {
    const text = () => readFile(join(scene.workspace, name), 'utf8');
    return until(`${name} to be saved`, async () => isWhole(await text()), { seen: text });
  };

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
    await saved('dag_measure.py', (text) => text === FIXED);
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

  const kinds = async (line: number, column: number) => {
    await window.textEditor.open(join(scene.workspace, 'dag_kinds.py'), line, column);
    await window.textEditor.waitForSquiggles('warning');
  };

  /** What is shown for the place of the cursor. */
  const hover = (wanted: string) =>
    until(`a hover with ${wanted}`, async () => {
      await window.textEditor.focus();
      await window.page.keyboard.press('Control+k');
      await window.page.keyboard.press('Control+i');
      const shown = window.page.locator('.monaco-hover:not(.hidden) .monaco-hover-content');
      const text = await shown.innerText({ timeout: 2_000 }).catch(() => '');
      return text.includes(wanted) && text;
    });

  test('reads at an operator and at a keyword what becomes of it', async () => {
    await kinds(8, 20);
    const operator = await hover('Checked for Kaapana 0.4.1');
    expect(operator).toContain('`GetInputOperator` takes its place');
    expect(operator).toContain('`LocalGetInputDataOperator` is imported here.');
    expect(operator).toContain('what becomes of it');
    await window.page.keyboard.press('Escape');
    await window.textEditor.goTo(8, 52);
    expect(await hover('so it never had an effect')).toMatch(/dataset_limit\s+None\s+dropped/);
    await window.page.keyboard.press('Escape');
  });

  test('is offered the fix first and the suppressions last', async () => {
    const offered = async (line: number) => {
      await kinds(line, 14);
      const titles = await window.textEditor.quickFixes();
      await window.page.keyboard.press('Escape');
      return titles;
    };
    const rest = (code: string) => [`Ignore ${code} in this line`, `Ignore ${code} in this file`];
    const all = 'Fix all 2 safe Kaapana findings in this file';
    expect(await offered(8)).toEqual([
      'Replace by `GetInputOperator`, drop `dataset_limit`',
      all,
      'Fix all safe Kaapana findings in the workspace',
      ...rest('KAP-LOCAL-INPUT'),
    ]);
    expect(await offered(9)).toEqual([
      expect.stringMatching(/^Replace by `MinioOperator` \(review\): files go to the bucket of the project/),
      all,
      ...rest('KAP-LOCAL-MINIO'),
    ]);
    expect(await offered(10)).toEqual([all, ...rest('KAP-LOCAL-MINIO')]);
  });

  test('opens the page of a rule by its code', async () => {
    const rows = await window.problems();
    expect(rows.join(' | ')).toContain('No automatic fix');
    const link = window.page.locator('.markers-panel a', { hasText: /^KAP-LOCAL-\w+$/ }).first();
    const code = await link.innerText();
    await link.click();
    const page = await window.webview(`${code}: Local`);
    expect(await page.locator('table').count()).toBeGreaterThan(1);
  });

  test('suppresses a finding where it is', async () => {
    await kinds(10, 14);
    await window.textEditor.applyQuickFix('Ignore KAP-LOCAL-MINIO in this line');
    await window.textEditor.waitForText('bucket_name="kinds")  # kaapana: ignore[KAP-LOCAL-MINIO]');
  });

  test('fixes all that is safe in a file', async () => {
    await kinds(8, 14);
    await window.textEditor.applyQuickFix('Fix all 2 safe Kaapana findings in this file');
    await window.textEditor.waitForText('get_input = GetInputOperator(dag=dag)');
    const text = await window.textEditor.waitForText('delete = DeleteFromPacsOperator(');
    expect(text).toContain('put = LocalMinioOperator(');
    await window.textEditor.save();
  });

  test('looks at what is to be reviewed in all files before it happens', async () => {
    await window.runCommand('Kaapana Migration: Fix All DAG Findings in the Workspace, with Review…');
    const panel = window.page.locator('.part.panel');
    const tick = window.page.getByRole('checkbox');
    const file = (name: string) => panel.locator('.monaco-list-row', { has: tick, hasText: name }).first();
    const isTaken = (name: string) => file(name).getByRole('checkbox').first().isChecked();
    await file('dag_kinds.py').waitFor();
    // What is safe is taken along; what has to be reviewed waits for a tick.
    expect(await isTaken('dag_cut_off.py')).toBe(true);
    expect(await isTaken('dag_kinds.py')).toBe(false);
    await panel.getByRole('button', { name: 'Discard' }).click();
    await file('dag_kinds.py').waitFor({ state: 'hidden' });
    expect(await readFile(join(scene.workspace, 'dag_twin.py'), 'utf8')).toBe(KINDS);
  });

  test('fixes all that is safe in the workspace, in files that are closed as well', async () => {
    await window.runCommand('Kaapana Migration: Fix All Safe DAG Findings in the Workspace');
    await window.textEditor.open(join(scene.workspace, 'dag_twin.py'), 8, 1);
    await window.textEditor.waitForText('get_input = GetInputOperator(dag=dag)');
    await window.textEditor.save();
    await saved('dag_twin.py', (text) => text.includes('put = LocalMinioOperator('));
  });

  test('can switch the DAG language server off', async () => {
    await scene.editor.writeSettings({ 'kaapanaMigration.host': '', 'kaapanaMigration.dags.enabled': false });
    await window.textEditor.waitForNoSquiggles('warning');
  });
});
