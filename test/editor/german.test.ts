import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { closeBrowser, COLOR_THEMES, until, type ColorTheme, type Workbench } from './harness';
import { CONTAINER, setScene, type Scene } from './scene';

const SCREENSHOTS = resolve(import.meta.dirname, '../../out/screenshots');
const PATIENCE = { timeout: 20_000, interval: 100 };
const VIEW = 'Schritte';

afterAll(closeBrowser);

describe.each(['floor', 'newest'] as const)('in German, on %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({ version, language: 'de', drill: true, host: false });
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
  });
  afterAll(() => scene.end());

  const test = (name: string, body: () => Promise<void>) =>
    it(name, async () => {
      onTestFailed(() => window.dump(`german-${name}`));
      await body();
    });
  const picture = async (name: string) => {
    await mkdir(SCREENSHOTS, { recursive: true });
    await window.page.screenshot({ path: join(SCREENSHOTS, `${version}-german-${name}.png`) });
  };
  const page = async (title: string) => {
    await window.tree(VIEW).click(title);
    return until(`the page of ${title}`, async () => {
      for (const frame of window.page.frames()) {
        const shown = await frame
          .locator('main h1')
          .innerText({ timeout: 200 })
          .catch(() => '');
        if (shown === title) return frame;
      }
      return undefined;
    });
  };

  test('views, rows and menus', async () => {
    const tree = window.tree(VIEW);
    expect((await tree.row('Ask a question')).description).toMatch(/^bereit/);
    await picture('tree');
    expect(await tree.contextMenu('Ask a question')).toContain('Schritt prüfen');
  });

  test('the page of a step', async () => {
    const step = await page('Take a long walk');
    expect(await step.locator('html').getAttribute('lang')).toBe('de');
    await step.getByRole('heading', { name: 'Warum' }).waitFor();
    await picture('step');
  });
});
