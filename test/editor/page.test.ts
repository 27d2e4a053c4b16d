import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import type { Guide, Step } from '../../src/migration/guide';
import { DRILL } from './drill';
import {
  closeBrowser,
  COLOR_THEMES,
  openWorkbench,
  PATIENCE_MS,
  testIn,
  until,
  type ColorTheme,
  type Workbench,
} from './harness';
import { enlarge, overflow, violationsIn } from './pageChecks';
import { CONTAINER, openStepPage, setScene, VIEW, type Scene } from './scene';

const PATIENCE = { timeout: PATIENCE_MS, interval: 100 };
const THEMES = Object.keys(COLOR_THEMES) as ColorTheme[];

/** What VS Code loads a page in. */
const FRAME = '**/webview/browser/pre/index.html*';
/** A little longer than a page may take to say its first word. */
const BLANK_MS = 11_000;

const LONG = 'Dieses-sehr-lange-Wort-ohne-Leerzeichen-'.repeat(8);

const over = (id: string, changes: Partial<Step>): Step => ({
  ...DRILL.steps.find((step) => step.id === id)!,
  ...changes,
});

/** One step with everything that a page can show, and long words in it. */
const GUIDE: Guide = {
  ...DRILL,
  url: 'https://example.org/guide',
  parameters: [
    {
      name: 'DRILL_FOLDER',
      title: 'Drill folder',
      what: 'Where the drill takes place. `~` is not understood.',
      detect: 'found_folder',
      validate: 'look_at_folder',
      pattern: '/[^\\n]+',
      example: '/data/drill',
    },
  ],
  lib: [
    'found_folder() { printf "/srv/drill\\tfrom the running drill"; }',
    'look_at_folder() { [ "$1" != /full ] || echo "There is no room left in $1."; }',
    'km_main() { "$@"; }',
    '',
  ].join('\n'),
  steps: [
    over('asked', {}),
    over('walked', {
      covers: ['requirements'],
      uses: ['DRILL_FOLDER'],
      needs: { steps: ['asked'], disk: 'none' },
      pointOfNoReturn: true,
      does: `Walks **four** miles.\n\n- one after the other\n- <img src=x onerror=alert(1)>\n\n${LONG}`,
      deviation: { guide: 'Says run.', effect: LONG, ours: 'We walk.', evidence: 'Tried `twice`.' },
      links: [{ title: 'About walking', url: 'https://example.org/walk' }],
    }),
    over('razed', { title: `Raze the old ${LONG}` }),
    over('down', {}),
    over('restarted', {}),
    over('paper', {}),
  ],
};

/** What an action is called on the page and in the tree's menu. */
const MENU: Readonly<Record<string, string>> = {
  'Show Terminal': "Show the Step's Terminal",
  'Stop…': 'Stop Step…',
  'Run…': 'Run Step…',
  'Run Again…': 'Run Step…',
  Check: 'Check Step',
  Preview: 'Preview Step',
  'Open Log': "Open the Step's Log",
  'Done by Hand…': 'Mark as Done by Hand…',
  'Skip…': 'Skip Step…',
  'Mark as Not Done': 'Mark as Not Done',
  'Take Back…': 'Take Step Back…',
};

afterAll(closeBrowser);

describe.each(['floor', 'newest'] as const)('the pages, on %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({ version, host: false, drill: GUIDE });
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
  });
  afterAll(() => scene.end());

  const test = testIn(() => window);

  const stepPage = (title: string) => openStepPage(window, title);
  const overview = async () => {
    await window.runCommand('Kaapana Migration: Open Run Overview');
    return window.webview(/steps settled/);
  };
  const tabs = () => window.page.locator('.tabs-container .tab').allInnerTexts();
  const picture = (name: string) => window.screenshot(`page-${name}`);

  test('follow the selection in one tab, and lead to what a step needs', async () => {
    await stepPage('Ask a question');
    const page = await stepPage('Take a long walk');
    expect(await tabs()).toEqual(['Take a long walk']);
    expect(await page.locator('.beside').innerText()).toMatch(/Says run\.[^]*We walk\./);
    expect(await page.locator('.beside').innerText()).toContain('Requirements: admin login');
    await page.getByRole('button', { name: 'Ask a question' }).click();
    await vi.waitFor(
      async () => expect(await page.locator('h1').innerText()).toBe('Ask a question'),
      PATIENCE,
    );
  });

  test('show what a guide says as text, whatever it looks like', async () => {
    const page = await stepPage('Take a long walk');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.beside').innerText()).toContain('<img src=x onerror=alert(1)>');
    expect(await page.locator('.beside strong').innerText()).toBe('four');
  });

  test('show where a value comes from, take another after the host has looked at it', async () => {
    const page = await stepPage('Take a long walk');
    const row = page.locator('.value');
    await vi.waitFor(
      async () =>
        expect(await row.innerText()).toMatch(/\/srv\/drill[^]*not confirmed yet; from the running/),
      PATIENCE,
    );
    await row.getByRole('button', { name: 'Edit: Drill folder' }).click();
    const field = row.locator('vscode-textfield input');
    await field.fill('here');
    await field.press('Enter');
    await row.getByText('This is not a value for "Drill folder". Example: /data/drill').waitFor();
    await field.fill('/full');
    await field.press('Enter');
    await row.getByText('There is no room left in /full.').waitFor();
    await row.getByRole('button', { name: 'Save Anyway: Drill folder' }).waitFor();
    await field.fill('/data/Übung');
    await field.press('Enter');
    await vi.waitFor(
      async () => expect(await row.innerText()).toMatch(/\/data\/Übung\s+confirmed by/),
      PATIENCE,
    );
    const journal = await readFile(join(scene.runFolder, 'journal.jsonl'), 'utf8');
    expect(journal).toContain('"DRILL_FOLDER":"/data/Übung"');
  });

  test('show the exact text that runs, with its hash', async () => {
    const page = await stepPage('Take a long walk');
    await page.getByText('The exact text, and its SHA-256').click();
    await page.getByRole('button', { name: 'Copy SHA-256' }).waitFor();
    const hash = await page.locator('details code').first().innerText();
    const parts = await page
      .locator('details pre')
      .evaluateAll((all: { textContent: string }[]) => all.map(({ textContent }) => textContent).reverse());
    expect(createHash('sha256').update(parts.join('')).digest('hex')).toBe(hash);
    expect(parts.join('')).toContain("export DRILL_FOLDER='/data/Übung'");
    await page.getByText('The exact text, and its SHA-256').click();
  });

  test('offer exactly what the tree offers', async () => {
    for (const title of ['Ask a question', 'Take a long walk', 'Do it on paper']) {
      const page = await stepPage(title);
      const actions = await page.locator('.now vscode-button').allInnerTexts();
      const menu = (await window.tree(VIEW).contextMenu(title)).filter((entry) => entry !== 'Open Step Page');
      expect(actions.map((label) => MENU[label]).sort()).toEqual(menu.sort());
    }
  });

  test('are reached by keyboard, every element of them', async () => {
    for (const open of [() => stepPage('Take a long walk'), overview]) {
      const page = await open();
      const reachable = await page.evaluate(focusable);
      await page.evaluate(() => document.querySelector('h1')!.scrollIntoView());
      const reached = new Set<string>();
      await page.locator('main .link, main vscode-button').first().focus();
      for (let presses = reachable.length; presses > 0; presses--) {
        reached.add(await page.evaluate(focused));
        await window.page.keyboard.press('Tab');
      }
      expect(reachable.filter((name) => !reached.has(name))).toEqual([]);
    }
  });

  test('have nothing that axe objects to, in every theme', async () => {
    const look = (name: string, page: Frame) => violationsIn(THEMES, window, page, `page-${name}`);
    const page = await stepPage('Take a long walk');
    await page.getByRole('button', { name: 'Edit: Drill folder' }).click();
    const problems = await look('step', page);
    await page.getByRole('button', { name: 'Cancel: Drill folder' }).click();
    problems.push(...(await look('overview', await overview())));
    await window.wear('dark');
    expect(problems).toEqual([]);
  });

  test('fit a narrow tab, twice the size, and long words', async () => {
    for (const [name, open] of [
      ['step', () => stepPage('Take a long walk')],
      ['overview', overview],
    ] as const) {
      const page = await open();
      for (const [kind, width] of [
        ['narrow', 700],
        ['zoomed', 1280],
      ] as const) {
        await window.page.setViewportSize({ width, height: 800 });
        await enlarge(page, kind === 'zoomed' ? 2 : 1);
        await vi.waitFor(async () => expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0), PATIENCE);
        await picture(`${kind}-${name}`);
      }
      await enlarge(page, 1);
    }
    await window.page.setViewportSize({ width: 1280, height: 800 });
  });

  test('follow a running step, keep the keyboard where it is, and say a changed state once', async () => {
    const miles = [1, 2, 3, 4].map((mile) => join(scene.host.home, `mile-${mile}`));
    const page = await stepPage('Take a long walk');
    await page.evaluate(listen);
    await page.locator('.now vscode-button', { hasText: 'Run…' }).click();
    await window.dialog.click('Run Anyway');
    await page.locator('.now', { hasText: 'Running' }).waitFor();
    await page.locator('pre.log', { hasText: 'mile 1' }).waitFor();
    expect(await page.locator('[role=progressbar]').getAttribute('aria-valuenow')).toBe('25');
    await page.locator('.now vscode-button', { hasText: 'Open Log' }).focus();
    const clock = await page.locator('.clock').innerText();
    await writeFile(miles[0]!, '');
    await page.locator('pre.log', { hasText: 'mile 2' }).waitFor();
    await vi.waitFor(
      async () => expect(await page.locator('[role=progressbar]').getAttribute('aria-valuenow')).toBe('50'),
      PATIENCE,
    );
    await vi.waitFor(async () => expect(await page.locator('.clock').innerText()).not.toBe(clock), PATIENCE);
    expect(await page.evaluate(focused)).toContain('Open Log');
    const menu = await window.tree(VIEW).contextMenu('Take a long walk');
    expect(
      (await page.locator('.now vscode-button').allInnerTexts()).map((label) => MENU[label]).sort(),
    ).toEqual(menu.filter((entry) => entry !== 'Open Step Page').sort());
    const run = await overview();
    await run.locator('[role=progressbar]').waitFor();
    await picture('overview-running');

    await window.stored('Run Overview');
    await window.reload();
    await window.openViewContainer(CONTAINER);
    await window.waitForStatus(/Take a long walk/);
    const again = await stepPage('Take a long walk');
    // The tab that came back out of sight gave way to it.
    expect(await tabs()).toEqual(['Run Overview', 'Take a long walk']);
    await again.locator('.now', { hasText: 'Running' }).waitFor();
    await again.evaluate(listen);
    for (const mile of miles) await writeFile(mile, '');
    await again.locator('.now', { hasText: 'Done' }).waitFor();
    expect(await again.evaluate(heard)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Take a long walk: done\./)]),
    );
    expect((await again.evaluate(heard)).length).toBeLessThanOrEqual(2);
    for (const mile of miles) await rm(mile);
  });

  test('come back after a reload, with what they showed', async () => {
    await stepPage('Take a long walk');
    await window.runCommand('View: Toggle Primary Side Bar Visibility');
    await window.stored('Walks **four** miles.');
    await window.reload();
    const page = await window.webview('Walks four miles.');
    expect(await page.locator('h1').innerText()).toBe('Take a long walk');
    await page.getByText('confirmed by').first().waitFor();
    await window.openViewContainer(CONTAINER);
  });

  test('come with another click where VS Code has left the tab blank', async () => {
    let refused = 0;
    const refuse = (route: Route) => {
      refused++;
      return route.abort();
    };
    const unlucky = await openWorkbench(scene.editor, {
      prepare: async (page) => {
        await page.route(FRAME, refuse);
      },
    });
    try {
      await unlucky.openViewContainer(CONTAINER);
      await unlucky.tree(VIEW).click('Take a long walk');
      await until('the page not to be loaded', () => Promise.resolve(refused > 0));
      await unlucky.page.unroute(FRAME);
      await sleep(BLANK_MS);
      const page = await openStepPage(unlucky, 'Take a long walk');
      expect(await page.locator('h1').innerText()).toBe('Take a long walk');
    } finally {
      await unlucky.close();
    }
  });

  test('where they are blocked, tree, palette and documents have it all', async () => {
    const blocked = await openWorkbench(scene.editor, {
      prepare: async (page) => {
        await page.addInitScript(() => {
          Object.defineProperty(navigator, 'serviceWorker', { value: undefined });
        });
      },
    });
    try {
      await blocked.openViewContainer(CONTAINER);
      const tree = blocked.tree(VIEW);
      expect((await tree.row('Take a long walk')).description).toMatch(/^done/);
      await tree.click('Take a long walk');
      await tree.chooseFromMenu('Take a long walk', 'Preview Step');
      await blocked.textEditor.waitForText(/export DRILL_FOLDER=/);
      await tree.chooseFromMenu('Take a long walk', "Open the Step's Log");
      await blocked.textEditor.waitForText(/mile 4/);
      await blocked.runCommand('Kaapana Migration: Edit Values of This Host…');
      await blocked.quickInput.opened(/Drill folder/);
      await blocked.quickInput.cancel();
      await blocked.runCommand('Kaapana Migration: Export Report…');
      await blocked.quickInput.opened(/Export the report/);
      await blocked.quickInput.accept();
      await blocked.textEditor.waitForText(/# Migration 0\.3\.5-to-0\.4\.1/);
      const [html] = (await readdir(scene.workspace)).filter((name) => name.endsWith('.html'));
      expect(await readFile(join(scene.workspace, html!), 'utf8')).toContain('Take a long walk');
    } finally {
      await blocked.close();
    }
  });
});

/** The page's own DOM, as far as it is read here. */
interface PageNode {
  readonly textContent: string;
  readonly shadowRoot: { readonly activeElement: PageNode | null } | null;
  getAttribute(name: string): string | null;
  scrollIntoView(): void;
  checkVisibility(): boolean;
}
declare const document: {
  readonly activeElement: PageNode | null;
  querySelector(selector: string): PageNode | null;
  querySelectorAll(selector: string): Iterable<PageNode>;
};
declare const navigator: object;
declare const heardBefore: string[];
declare class MutationObserver {
  constructor(changed: () => void);
  observe(node: PageNode, what: object): void;
}

/** Names of everything that the keyboard has to reach. Runs in the page. */
function focusable(): string[] {
  const all =
    'main a[href], main .link, main vscode-button, main summary, main pre[tabindex], main vscode-textfield';
  return [...document.querySelectorAll(all)]
    .filter((node) => node.checkVisibility())
    .map((node) => `${node.textContent.trim()} ${node.getAttribute('aria-label') ?? ''}`);
}

/** The name of what has the keyboard. Runs in the page. */
function focused(): string {
  const node = document.activeElement;
  return node ? `${node.textContent.trim()} ${node.getAttribute('aria-label') ?? ''}` : '';
}

/** Notes what is said aloud from now on. Runs in the page. */
function listen(): void {
  const said: string[] = [];
  Object.assign(globalThis, { heardBefore: said });
  const spoken = document.querySelector('.spoken')!;
  new MutationObserver(() => said.push(spoken.textContent)).observe(spoken, {
    childList: true,
    characterData: true,
    subtree: true,
  });
}
const heard = (): string[] => heardBefore;
