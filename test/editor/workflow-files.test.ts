import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { closeBrowser, testIn, until, type EditorVersion, type Workbench } from './harness';
import { confirmValues, CONTAINER, setScene, VIEW, type Scene } from './scene';

const STEP = 'Adapt own workflows';
const MEASURE = 'ward 7/dag_measure.py';
const BROKEN = 'dag_broken.py';
const DAG = `from airflow.models import DAG
from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

dag = DAG(dag_id="measure", default_args={}, schedule_interval=None)

get_input = LocalGetInputDataOperator(dag=dag, parallel_downloads=5)  # all series
`;
const FIXED = DAG.replaceAll('LocalGetInputDataOperator', 'GetInputOperator');

afterAll(closeBrowser);

describe.each<EditorVersion>(['floor', 'newest'])(
  'workflow files of a host in VS Code, the %s',
  (version) => {
    let scene: Scene;
    let window: Workbench;

    const onHost = (name: string) => join(scene.host.fastDataDir, 'workflows/dags', name);
    const copy = (name: string) =>
      join(dirname(scene.editor.userDataDir), 'h/kaapana-workflows/rehearsal', name);
    const says = (name: string, text: string) =>
      writeFile(join(scene.host.state, 'sql/postgres-airflow', name), text);
    const saveButton = () =>
      window.page.locator('.editor-actions .action-label[aria-label^="Save Workflow Files"]').first();

    beforeAll(async () => {
      scene = await setScene({
        version,
        host: { platform: { version: '0.4.1' }, snapshotBytes: 1000 },
      });
      await mkdir(dirname(onHost(MEASURE)), { recursive: true });
      const files = { [MEASURE]: DAG, [BROKEN]: 'import gone\n' };
      let list = '';
      for (const [name, text] of Object.entries(files)) {
        await writeFile(onHost(name), text);
        list += `${createHash('sha256').update(text).digest('hex')}  ./${name}\n`;
      }
      const kept = join(scene.runFolder, 'kept');
      await mkdir(kept, { recursive: true });
      await writeFile(join(kept, 'workflow-files'), list);
      await says('last_parsed_time', '24\n');
      await says('import_error', `${BROKEN}\tModuleNotFoundError: No module named 'gone'\n`);
      window = await scene.open();
      await window.openViewContainer(CONTAINER);
    });
    afterAll(() => scene.end());

    const test = testIn(() => window);

    test('that need work are offered when the step has found them', async () => {
      await window.tree(VIEW).clickInline(STEP, 'Run Step');
      await confirmValues(window, ['Fast data folder']);
      await window.dialog.click('Run Anyway');
      const notice = /Adapt own workflows: needs attention/;
      await window.notifications.waitFor(notice, 60_000);
      expect(await window.notifications.buttons(notice)).toContain('Open Workflow Files');
      await window.notifications.click(notice, 'Open Workflow Files');
    });

    test('are open as copies, with what the language server and the platform find in them', async () => {
      const told = await window.notifications.waitFor(/Workflow files of rehearsal/);
      expect(told).toContain(`They are copies, in ${copy('').replace(/\/$/, '')}`);
      await until('the findings', async () => {
        const problems = (await window.problems()).join('\n');
        return problems.includes("cannot load this file: ModuleNotFoundError: No module named 'gone'") &&
          problems.includes('LocalGetInputDataOperator')
          ? problems
          : undefined;
      });
      await window.screenshot('workflow-files');
      expect(await readFile(copy(MEASURE), 'utf8')).toBe(DAG);
      expect(await readFile(copy('README.txt'), 'utf8')).toContain('rehearsal');
    });

    test('go back to the host by the step, once they are mended and picked', async () => {
      await window.textEditor.open(copy(MEASURE), 6, 20);
      await window.textEditor.waitForSquiggles('warning');
      const fixes = await window.textEditor.quickFixes();
      await window.page.keyboard.press('Escape');
      await window.textEditor.applyQuickFix(fixes.find((title) => title.startsWith('Replace by `GetInput'))!);
      await window.textEditor.waitForText('GetInputOperator(dag=dag');
      await window.textEditor.waitForNoSquiggles('warning');
      await saveButton().click();
      await window.quickInput.opened('Save workflow files to rehearsal');
      expect(await window.quickInput.items()).toMatchObject([
        { label: MEASURE, description: expect.stringContaining('no findings left') as string },
      ]);
      await window.screenshot('workflow-files-save');
      expect(await readFile(onHost(MEASURE), 'utf8')).toBe(DAG);
      await window.quickInput.accept();
      expect((await window.dialog.text()).message).toBe(`${STEP} on rehearsal?`);
      await says('import_error', '');
      await window.dialog.click('Run Anyway');
      await until(
        'the step to be done',
        async () => (await window.tree(VIEW).row(STEP)).description.startsWith('done'),
        {
          timeoutMs: 60_000,
        },
      );
      expect(await readFile(onHost(MEASURE), 'utf8')).toBe(FIXED);
      await window.screenshot('workflow-files-done');
    });

    test('that a colleague has changed meanwhile are not overwritten', async () => {
      await writeFile(copy(BROKEN), 'import os\n');
      await writeFile(onHost(BROKEN), '# of a colleague\n');
      await window.runCommand('Kaapana Migration: Save Workflow Files to the Host…');
      await window.quickInput.opened('Save workflow files to rehearsal');
      // What was saved before is there already.
      expect((await window.quickInput.items()).map(({ label }) => label)).toEqual([BROKEN]);
      await window.quickInput.accept();
      await window.dialog.click('Run Anyway');
      await window.terminal.waitForText(/somebody has changed it on the host\s+since/, 60_000);
      expect(await readFile(onHost(BROKEN), 'utf8')).toBe('# of a colleague\n');
    });
  },
);
