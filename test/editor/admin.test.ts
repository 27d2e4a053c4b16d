import { readdir, readFile, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { closeBrowser, testIn, until, type EditorVersion, type Workbench } from './harness';
import { confirmValues, CONTAINER, killSshClients, setScene, VIEW, type Scene } from './scene';

const CHECK = 'Check the host';
const BACKUP = 'Back up the snapshot';

afterAll(closeBrowser);

describe.each<EditorVersion>(['floor', 'newest'])('an admin in VS Code, the %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({ version, settings: { 'kaapanaMigration.host': '' } });
    window = await scene.open();
  });
  afterAll(() => scene.end());

  const journal = async () =>
    (await readFile(join(scene.runFolder, 'journal.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const test = testIn(() => window);

  test('is welcomed and chooses a host of the ssh configuration', async () => {
    await window.openViewContainer(CONTAINER);
    expect((await window.welcome(VIEW)).buttons).toEqual(['Choose Host']);
    await window.clickWelcome(VIEW, 'Choose Host');
    await window.quickInput.opened('Choose the Kaapana host');
    expect((await window.quickInput.items()).map(({ label }) => label)).toEqual([
      'rehearsal',
      'This machine',
    ]);
    await window.quickInput.choose('rehearsal');
    const row = await window.tree(VIEW).row(CHECK);
    expect(row.description).toMatch(/^ready · read-only/);
  });

  test('reads the whole guide, every step with its state in words', async () => {
    const rows = (await window.tree(VIEW).rows()).filter(({ level }) => level === 2);
    expect(rows.length).toBeGreaterThanOrEqual(31);
    for (const { label, ariaLabel } of rows) {
      expect(ariaLabel).toMatch(/, (ready|pending).*, (read-only|changing|destructive), .*step \d+ of \d+$/);
      expect(ariaLabel.startsWith(`${label}, `)).toBe(true);
    }
  });

  test('checks the host in a terminal and sees the go / no-go list', async () => {
    const tree = window.tree(VIEW);
    await tree.clickInline(CHECK, 'Run Step');
    await confirmValues(window, ['Backup folder', 'Work folder', 'Folder of the Kaapana scripts']);
    const screen = await window.terminal.waitForText(/Succeeded\. Go/, 60_000);
    expect(screen).toMatch(/Registry:[^:]+:[^:]+Needed before the platform\s+goes\s+down/);
    await until('the check to be done', async () =>
      (await tree.row(CHECK)).description.startsWith('done · 4 notes'),
    );
    await tree.expand(CHECK);
    expect((await tree.row('Kaapana version')).description).toBe('go · 0.3.5');
    await tree.collapse(CHECK);
    await window.terminal.press('Enter');
    await window.page.locator('.terminal-wrapper').waitFor({ state: 'detached' });
  });

  test('previews the exact text of a step with its SHA-256', async () => {
    await window.tree(VIEW).chooseFromMenu(BACKUP, 'Preview Step');
    await confirmValues(window, ['Fast data folder', 'Slow data folder']);
    const lens = window.page.locator('.codelens-decoration', { hasText: 'SHA-256' });
    await lens.waitFor();
    expect(await lens.innerText()).toMatch(/SHA-256 [0-9a-f]{64}/);
    expect(await window.textEditor.text()).toContain('export KM_GUIDE=');
  });

  test('runs a backup that outlives the death of ssh and a reload of the window', async () => {
    const tree = window.tree(VIEW);
    const shown = /[0-9a-f]{64}/.exec(
      await window.page.locator('.codelens-decoration', { hasText: 'SHA-256' }).innerText(),
    )?.[0];
    const hold = join(scene.host.state, 'copy-hold');
    await writeFile(hold, '');
    await tree.clickInline(BACKUP, 'Run Step');
    const { message, detail } = await window.dialog.text();
    expect(message).toBe('Back up the snapshot on rehearsal?');
    expect(detail).toContain(`SHA-256 ${shown?.slice(0, 16)}`);
    await window.dialog.click('Run Anyway');
    await window.terminal.waitForText(/attempt 1/);
    await until('the step to run', async () => (await tree.row(BACKUP)).description.startsWith('running'));
    await window.screenshot('running');

    expect(await killSshClients(scene.host)).toBeGreaterThan(0);
    await window.reload();
    await rm(hold);
    await window.openViewContainer(CONTAINER);
    await until('the step to be done', async () => (await tree.row(BACKUP)).description.startsWith('done'), {
      timeoutMs: 60_000,
    });

    await tree.chooseFromMenu(BACKUP, "Open the Step's Log");
    expect(await window.textEditor.waitForText(/equal by SHA-256/)).not.toContain('\u001b');
    const records = await journal();
    const finished = records.find(({ type, step }) => type === 'finished' && step === 'snapshot-backup');
    expect(finished).toMatchObject({ outcome: 'succeeded', exitCode: 0, check: { status: 'done' } });
    expect(records.find(({ type, step }) => type === 'intent' && step === 'snapshot-backup')).toMatchObject({
      command: shown,
    });
  });

  test('sees the same in a second window', async () => {
    const second = await scene.open();
    await second.openViewContainer(CONTAINER);
    for (const label of [CHECK, BACKUP]) {
      const seen = await second.tree(VIEW).row(label);
      expect(seen.description).toMatch(/^done/);
      expect(seen.description).toBe((await window.tree(VIEW).row(label)).description);
    }
    await second.close();
  });

  test('exports a report with the hash of everything that ran', async () => {
    const name = `migration-0.3.5-to-0.4.1-rehearsal-${new Date().toISOString().slice(0, 10)}`;
    const beside = join(scene.workspace, `${name}.json`);
    await writeFile(beside, 'of somebody else');
    const choose = async () => {
      await window.runCommand('Kaapana Migration: Export Report…');
      await window.quickInput.opened(/Export the report/);
      await window.quickInput.accept();
      expect((await window.dialog.text()).detail).toContain(`${name}.json`);
    };
    await choose();
    await window.dialog.click('Cancel');
    expect(await readFile(beside, 'utf8')).toBe('of somebody else');
    expect(await readdir(scene.workspace)).not.toContain(`${name}.md`);
    await choose();
    await window.dialog.click('Replace');
    const text = await window.textEditor.waitForText('# Migration 0.3.5-to-0.4.1 on rehearsal');
    expect(text).toContain('steps settled');
    const [file] = (await readdir(scene.workspace)).filter((name) => name.endsWith('.json'));
    const report = JSON.parse(await readFile(join(scene.workspace, file!), 'utf8')) as {
      steps: { id: string; attempts: unknown[] }[];
    };
    const intent = (await journal()).find(
      ({ type, step }) => type === 'intent' && step === 'snapshot-backup',
    );
    expect(report.steps.find(({ id }) => id === 'snapshot-backup')?.attempts).toMatchObject([
      { outcome: 'succeeded', command: intent?.['command'] },
    ]);
  });

  test('finds everything in the palette and the state in the status bar', async () => {
    for (const title of ['Run Step…', 'Preview Step', "Open the Step's Log", 'Stop Step…', 'Skip Step…']) {
      expect(await window.commandsFor(`Kaapana Migration: ${title}`)).toContain(
        `Kaapana Migration: ${title}`,
      );
    }
    await window.waitForStatus(/Kaapana Migration, 2 of \d+ steps done/);
  });

  test('reads the step page', async () => {
    await window.tree(VIEW).click(BACKUP);
    const page = await window.webview('Where this departs from the official guide');
    expect(await page.locator('h1').innerText()).toBe(BACKUP);
    expect(await page.locator('.now vscode-button').allInnerTexts()).toEqual([
      'Run Again…',
      'Check',
      'Preview',
      'Open Log',
    ]);
    await page.locator('.now vscode-button', { hasText: 'Open Log' }).click();
    await window.textEditor.waitForText(/equal by SHA-256/);
  });
});
