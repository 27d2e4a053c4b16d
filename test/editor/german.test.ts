import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import type { Guide } from '../../src/migration/guide';
import { DRILL, drillStep } from './drill';
import { closeBrowser, PATIENCE_MS, testIn, until, type Workbench } from './harness';
import { enlarge, overflow, violationsIn } from './pageChecks';
import { CONTAINER, openStepPage, setScene, type Scene } from './scene';

const PATIENCE = { timeout: PATIENCE_MS, interval: 100 };
const VIEW = 'Schritte';
/** German words are found by the names that things have in the shipped guide. */
const WALK = 'Laufende Arbeit enden lassen';

const GUIDE: Guide = {
  ...DRILL,
  sections: [{ id: 'before', title: 'Before' }],
  parameters: [
    { name: 'BACKUP_DIR', title: 'Backup folder', what: 'Where copies go.', pattern: '/.+', example: '/a' },
  ],
  steps: [
    drillStep(
      'drain',
      'Let running work end',
      'echo "mile 1"; while [ ! -e "$HOME/arrived" ]; do sleep 0.1; done',
      { section: 'before', uses: ['BACKUP_DIR'], duration: '5 min to hours, by size' },
    ),
    drillStep('acceptance', 'Accept the migration', undefined, {
      section: 'before',
      needs: { steps: ['drain'] },
      pointOfNoReturn: true,
    }),
  ],
};

afterAll(closeBrowser);

describe.each(['floor', 'newest'] as const)('in German, on %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({ version, language: 'de', drill: GUIDE, host: false });
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
  });
  afterAll(() => scene.end());

  const test = testIn(() => window);

  const picture = (name: string) => window.screenshot(`german-${name}`);

  /** Looks at a page in two themes, and at twice its size in a narrow window. */
  const look = async (name: string, page: Frame) => {
    expect(await violationsIn(['light', 'dark'], window, page, `german-${name}`)).toEqual([]);
    await window.page.setViewportSize({ width: 900, height: 800 });
    await enlarge(page, 2);
    await vi.waitFor(async () => expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0), PATIENCE);
    await picture(`zoomed-${name}`);
    await enlarge(page, 1);
    await window.page.setViewportSize({ width: 1280, height: 800 });
  };

  test('views, rows and menus', async () => {
    const tree = window.tree(VIEW);
    expect((await tree.row(WALK)).description).toBe('bereit · ändernd, 5 min bis Stunden, je nach Größe');
    expect((await tree.row('Migration abnehmen')).description).toBe('von Hand');
    expect(await tree.contextMenu(WALK)).toEqual(
      expect.arrayContaining([
        'Schritt ausführen…',
        'Schritt überspringen…',
        'Als von Hand erledigt markieren…',
      ]),
    );
  });

  test('the pages of a step and of the run', async () => {
    const step = await openStepPage(window, WALK, VIEW);
    expect(await step.locator('html').getAttribute('lang')).toBe('de');
    for (const heading of ['Warum', 'Rückweg', 'Werte', 'Was ausgeführt wird'])
      await step.getByRole('heading', { name: heading, exact: true }).waitFor();
    expect(await step.locator('.now').innerText()).toMatch(
      /Bereit[^]*Was zu tun ist: Lesen Sie[^]*Überspringen…/,
    );
    await look('step', step);
    await window.runCommand('Kaapana Migration: Übersicht des Laufs öffnen');
    const run = await window.webview('Drill', 'main h1');
    expect(await run.locator('.now').innerText()).toMatch(/0 von 2 Schritten erledigt[^]*Als Nächstes:/);
    await look('overview', run);
  });

  test('questions, what is said in passing, and the notification at the end', async () => {
    const tree = window.tree(VIEW);
    await tree.chooseFromMenu(WALK, 'Schritt ausführen…');
    await window.quickInput.opened('Sicherungsordner (1 von 1)');
    await window.quickInput.type('/srv/backup');
    await window.quickInput.accept();
    const { message, detail } = await window.dialog.text();
    expect(message).toBe(`${WALK} auf ${scene.host.alias}?`);
    expect(detail).toMatch(/Sicherungsordner: \/srv\/backup[^]*Risiko: ändernd/);
    await picture('dialog');
    await window.dialog.click('Ausführen');
    await tree.waitForRow(WALK, ({ description }) => description.startsWith('läuft'));
    await window.runCommand('View: Toggle Primary Side Bar Visibility');
    await writeFile(join(scene.host.home, 'arrived'), '');
    const ended = new RegExp(`${WALK}: erledigt\\. Der Schritt lief ohne Fehler, und die Prüfung bestätigt`);
    await window.notifications.waitFor(ended);
    expect(await window.notifications.buttons(ended)).toContain('Schritt öffnen');
    await picture('notification');
    await window.openViewContainer(CONTAINER);
  });

  test('what is filed is English', async () => {
    await window.runCommand('Kaapana Migration: Bericht exportieren…');
    await window.quickInput.opened(/Bericht der Migration exportieren/);
    await window.quickInput.accept();
    const text = await until('the report', async () => {
      const report = (await readdir(scene.workspace)).find((name) => name.endsWith('.md'));
      // The file is there before what is in it.
      return (report && (await readFile(join(scene.workspace, report), 'utf8'))) || undefined;
    });
    expect(text).toContain('Let running work end');
    expect(text).toContain('The run ended without an error and the check confirms the result.');
    expect(text).not.toMatch(/Laufende Arbeit|Schritt|Prüfung|erledigt/);
    expect(await readFile(join(scene.runFolder, 'journal.jsonl'), 'utf8')).not.toMatch(
      /Laufende|Prüfung|erledigt/,
    );
  });
});
