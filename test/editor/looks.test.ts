import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { closeBrowser, testIn, type ColorTheme, type EditorVersion, type Workbench } from './harness';
import { confirmValues, CONTAINER, reaching, setScene, VIEW, type Scene } from './scene';

const CHECK = 'Check the host';
const BACKUP = 'Back up the snapshot';
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 700, height: 800 };
const PATIENCE = { timeout: 5_000, interval: 100 };

const DAG = `from kaapana.operators.LocalGetInputDataOperator import LocalGetInputDataOperator

get_input = LocalGetInputDataOperator(dag=dag, dataset_limit=3)
`;

/** WCAG 2.2: text that is read; and large text, which we take for what VS Code itself draws fainter: lenses, descriptions, brackets. */
const TEXT = 4.5;
const FAINT = 3;

afterAll(closeBrowser);

describe.each<{ version: EditorVersion; themes: ColorTheme[] }>([
  { version: 'newest', themes: ['dark', 'light', 'high-contrast', 'high-contrast-light'] },
  { version: 'floor', themes: ['dark'] },
])('what a person sees in VS Code, the $version', ({ version, themes }) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({
      version,
      host: { sudo: 'refused' },
      settings: { 'kaapanaMigration.host': '' },
      files: { 'dag_measure.py': DAG },
    });
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
  });
  afterAll(() => scene.end());

  const inWindow = testIn(() => window);
  /** One place in every theme: looked at, and a picture taken of it. */
  const test = (place: string, arrive: () => Promise<void>, look: () => Promise<void>) =>
    inWindow(place, async () => {
      await window.wear(themes[0]!);
      await arrive();
      await window.page.mouse.move(WIDE.width - 40, WIDE.height / 4);
      for (const theme of themes) {
        await window.wear(theme);
        // The page may still be being drawn in its new colours.
        await vi.waitFor(look, PATIENCE);
        await window.screenshot(place);
      }
    });

  /** From the palette: a mouse over the tree would leave its tooltip in the picture. */
  const stepCommand = async (command: string, step: string) => {
    await window.runCommand(`Kaapana Migration: ${command}`);
    await window.quickInput.choose(step);
  };

  const readable = async (where: Page | Frame, selector: string, least = TEXT) => {
    const texts = await where.evaluate(readTexts, selector);
    expect(texts.length, `texts in ${selector}`).toBeGreaterThan(0);
    expect(texts.filter(({ contrast }) => contrast < least)).toEqual([]);
  };

  test(
    'welcome',
    async () => {
      expect((await window.welcome(VIEW)).buttons).toEqual(['Choose Host']);
    },
    async () => {
      await readable(window.page, '.welcome-view-content');
      expect(await overflow(window.page)).toBe(0);
    },
  );

  test(
    'terminal',
    async () => {
      await scene.editor.writeSettings(reaching(scene.host));
      await window.tree(VIEW).clickInline(CHECK, 'Run Step');
      await confirmValues(window, ['Backup folder', 'Work folder', 'Folder of the Kaapana scripts']);
      await window.terminal.waitForText(/Needs attention\./, 60_000);
      await window.notifications.waitFor(/Check the host: needs attention/);
    },
    async () => {
      await readable(window.page, '.terminal-wrapper.active .xterm-rows');
      await readable(window.page, '.notifications-toasts .notification-list-item-message');
    },
  );

  test(
    'tree',
    async () => {
      await window.runCommand('Notifications: Clear All Notifications');
      await window.runCommand('View: Hide Panel');
      await window.tree(VIEW).expand(CHECK);
    },
    async () => {
      const rows = await window.tree(VIEW).visibleRows();
      expect(rows.filter(({ label, description }) => label === '' || description === '')).toEqual([]);
      expect(rows.map(({ description }) => description)).toContainEqual(
        expect.stringMatching(/^no-go · sudo/),
      );
      await readable(window.page, '.part.sidebar .monaco-list-row .label-name');
      await readable(window.page, '.part.sidebar .monaco-list-row .label-description', FAINT);
      await readable(window.page, '.part.sidebar .tree-explorer-viewlet-tree-view .message');
      await readable(
        window.page,
        '.part.statusbar [id="kaapana-migration.kaapana-migration.kaapanaMigration.progress"]',
      );
    },
  );

  test(
    'step-page',
    async () => {
      await window.tree(VIEW).click(CHECK);
      await window.webview('What the check found');
    },
    async () => {
      const page = await window.webview('What the check found');
      await readable(page, 'main');
      for (const size of [NARROW, WIDE]) {
        await window.page.setViewportSize(size);
        await vi.waitFor(async () => {
          expect(await overflow(page)).toBe(0);
          expect(await overflow(window.page)).toBe(0);
        }, PATIENCE);
      }
    },
  );

  test(
    'preview',
    async () => {
      await stepCommand('Preview Step', BACKUP);
      await confirmValues(window, ['Fast data folder', 'Slow data folder']);
      await window.page.locator('.codelens-decoration', { hasText: 'SHA-256' }).waitFor();
    },
    async () => {
      const lens = window.page.locator('.codelens-decoration').getByText('SHA-256');
      expect(await lens.innerText()).toMatch(/SHA-256 [0-9a-f]{64}/);
      const [hash, editor] = [
        await lens.boundingBox(),
        await window.page.locator('.part.editor').boundingBox(),
      ];
      expect(hash!.x + hash!.width).toBeLessThan(editor!.x + editor!.width);
      await readable(window.page, '.editor-instance .codelens-decoration', FAINT);
      await readable(window.page, '.editor-instance .view-lines', FAINT);
    },
  );

  test(
    'question',
    async () => {
      await stepCommand('Run Step…', BACKUP);
      await window.dialog.text();
    },
    async () => {
      const { message, detail } = await window.dialog.text();
      expect(message).toBe(`${BACKUP} on rehearsal?`);
      expect(detail).toMatch(
        /must come first and is not proven.*Backup folder: \/.*Risk: .*Way back: .*SHA-256 [0-9a-f]{16}/s,
      );
      expect(await window.dialog.buttons()).toEqual(expect.arrayContaining(['Cancel', 'Run Anyway']));
      await readable(window.page, '.monaco-dialog-box .dialog-message-container');
      await readable(window.page, '.monaco-dialog-box .dialog-buttons');
      const box = await window.page.locator('.monaco-dialog-box').boundingBox();
      expect(box!.y + box!.height).toBeLessThan(WIDE.height);
    },
  );

  test(
    'log',
    async () => {
      await window.page.keyboard.press('Escape');
      await stepCommand("Open the Step's Log", CHECK);
      await window.textEditor.waitForText(/Host check of/);
    },
    async () => {
      expect(await window.textEditor.text()).toMatch(/no-go +Root rights +sudo refuses/);
      await readable(window.page, '.editor-instance .view-lines', FAINT);
    },
  );

  test(
    'quick-fix',
    async () => {
      await window.textEditor.open(join(scene.workspace, 'dag_measure.py'), 3, 20);
      await window.textEditor.waitForSquiggles('warning');
      const problems = await window.problems();
      expect(problems).toContainEqual(expect.stringMatching(/GetInputOperator/));
      await window.textEditor.quickFixes();
    },
    async () => {
      // A change of theme may close the menu.
      const entry = window.page.locator('.action-widget .monaco-list-row.action').first();
      if (!(await entry.isVisible())) await window.textEditor.quickFixes();
      await readable(window.page, '.action-widget .monaco-list-row.action .title');
      await readable(window.page, '.markers-panel .monaco-list-row .marker-message-details-container', FAINT);
    },
  );
});

/** How many pixels the page is wider than its window. */
const overflow = (where: Page | Frame): Promise<number> =>
  where.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The page's own DOM, as far as it is read here. */
interface PageNode {
  readonly nodeType: number;
  readonly textContent: string;
  readonly childNodes: Iterable<PageNode>;
  readonly parentElement: PageNode | null;
  readonly assignedSlot?: PageNode | null;
  getRootNode(): { readonly host?: PageNode };
  checkVisibility(): boolean;
}
declare const document: {
  readonly documentElement: PageNode & { readonly scrollWidth: number; readonly clientWidth: number };
  querySelectorAll(selector: string): Iterable<PageNode>;
};
declare function getComputedStyle(node: PageNode): {
  readonly color: string;
  readonly backgroundColor: string;
  readonly opacity: string;
  getPropertyValue(name: string): string;
};

/** Every piece of text that is visible, with the contrast between it and what lies behind it. Runs in the page. */
function readTexts(selector: string): { text: string; contrast: number }[] {
  type Rgba = readonly [number, number, number, number];
  const parse = (color: string): Rgba => {
    const unit = color.startsWith('color(') ? 255 : 1;
    const [r = 0, g = 0, b = 0, a = 1] = (color.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    return [r * unit, g * unit, b * unit, a];
  };
  const over = (top: Rgba, below: Rgba): Rgba => {
    const mix = (at: 0 | 1 | 2) => top[at] * top[3] + below[at] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const luminance = ([r, g, b]: Rgba): number => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  // A webview is transparent; the editor lies behind it.
  const editor = getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background');
  const part = (at: number) => parseInt(editor.slice(at, at + 2), 16);
  const behind: Rgba = editor.startsWith('#') ? [part(1), part(3), part(5), 1] : [255, 255, 255, 1];
  const parent = (node: PageNode): PageNode | undefined =>
    node.assignedSlot ?? node.parentElement ?? node.getRootNode().host;
  const contrast = (element: PageNode): number => {
    const layers: Rgba[] = [];
    let opacity = 1;
    for (let at: PageNode | undefined = element; at; at = parent(at)) {
      const style = getComputedStyle(at);
      opacity *= Number(style.opacity);
      const layer = parse(style.backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    const ground = layers.reduceRight<Rgba>((below, layer) => over(layer, below), behind);
    const [r, g, b, a] = parse(getComputedStyle(element).color);
    const [one, other] = [luminance(over([r, g, b, a * opacity], ground)), luminance(ground)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const texts = (node: PageNode): { text: string; contrast: number }[] =>
    [...node.childNodes].flatMap((child) => {
      if (child.nodeType !== 3) return texts(child);
      const text = child.textContent.trim();
      const element = parent(child);
      return text === '' || !element?.checkVisibility()
        ? []
        : [{ text, contrast: Math.round(contrast(element) * 100) / 100 }];
    });
  return [...document.querySelectorAll(selector)].flatMap(texts);
}
