import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';
import { browser } from './browser';
import { COLOR_THEMES, type ColorTheme, type Editor } from './editor';
import { Dialog, Notifications } from './messages';
import type { PageElement } from './page-element';
import { QuickInput } from './quick-input';
import { storedTab } from './stored-tab';
import { Terminal } from './terminal';
import { TextEditor } from './text-editor';
import { Tree } from './tree';
import { matches, PATIENCE_MS, readable, until, untilDone } from './wait';

const OUT = resolve(import.meta.dirname, '../../../out');

const ACTIVITY_BUTTON = '.part.activitybar [role="tab"] > .action-label';

/** How a window is opened. */
export interface WorkbenchOptions {
  /** Another folder than the editor's workspace. */
  readonly folder?: string;
  /** Pairs for the address, such as `['extensionDevelopmentPath', …]`. Newer versions need `testDriver`. */
  readonly payload?: [string, string][];
  readonly viewport?: { width: number; height: number };
  /** Called before the page loads, to expose functions on it. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Opens a window of the editor in the browser and waits until it can be used. */
export async function openWorkbench(editor: Editor, options: WorkbenchOptions = {}): Promise<Workbench> {
  const page = await (
    await browser()
  ).newPage({ viewport: options.viewport ?? { width: 1280, height: 800 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const workbench = new Workbench(page, editor);
  try {
    await options.prepare?.(page);
    const address = new URL(editor.url);
    address.searchParams.set('folder', options.folder ?? editor.workspace);
    if (options.payload) address.searchParams.set('payload', JSON.stringify(options.payload));
    await page.goto(address.href, { timeout: 60_000 });
    await workbench.ready();
    return workbench;
  } catch (error) {
    await workbench.dump('open-failed');
    await page.close();
    throw error;
  }
}

/** A VS Code window, as a person sees and uses it. */
export class Workbench {
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly dialog: Dialog;
  readonly terminal: Terminal;
  readonly textEditor: TextEditor;

  constructor(
    readonly page: Page,
    readonly editor: Editor,
  ) {
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page);
    this.dialog = new Dialog(page);
    this.terminal = new Terminal(page);
    this.textEditor = new TextEditor(page, this.quickInput);
  }

  /** Waits until the window is drawn, in its theme: by then it knows its settings and extensions. */
  async ready(): Promise<void> {
    const { pageClass } = COLOR_THEMES[this.editor.colorTheme];
    const themed = `.monaco-workbench.${pageClass}[class*="vscode-theme"]`;
    await this.page.locator(`${themed} .part.activitybar .action-item`).first().waitFor({ timeout: 60_000 });
    await this.page.locator('.part.statusbar .statusbar-item').first().waitFor();
  }

  /** Opens a view container from the activity bar. */
  async openViewContainer(title: string): Promise<void> {
    const labelled = `.action-label[aria-label^=${JSON.stringify(title)}]`;
    const tab = this.page.locator(`.part.activitybar [role="tab"]:has(> ${labelled})`);
    await tab.waitFor();
    const heading = this.page.locator('.part.sidebar .composite.title').getByText(title).first();
    // A window that is still being restored may open the container itself, and a second click would close it again.
    await until(`the view container ${title}`, async () => {
      if (!(await heading.isVisible())) await tab.click();
      await heading.waitFor({ timeout: 2_000 }).catch(() => undefined);
      return heading.isVisible();
    });
  }

  /** The titles of the view containers in the activity bar. */
  async viewContainers(): Promise<string[]> {
    const buttons = this.page.locator(ACTIVITY_BUTTON);
    const labels = await buttons.evaluateAll((all: PageElement[]) =>
      all.map((tab) => tab.getAttribute('aria-label')),
    );
    return labels.map(readable);
  }

  /** What a view with this title says above its tree. */
  message(viewTitle: string): Locator {
    return this.pane(viewTitle).locator('.message');
  }

  /** Waits until a view says something above its tree. */
  async waitForMessage(viewTitle: string, wanted: RegExp, timeoutMs = PATIENCE_MS): Promise<void> {
    const seen = async () => readable(await this.message(viewTitle).textContent());
    await until(`the view ${viewTitle} to say ${String(wanted)}`, async () => wanted.test(await seen()), {
      timeoutMs,
      seen,
    });
  }

  /** The tree of a view with this title, in the side bar or the panel; `nth` when several match. */
  tree(viewTitle: string): Tree {
    return new Tree(this.page, this.pane(viewTitle).locator('.monaco-list').first());
  }

  /** The text and buttons of an empty view's welcome. */
  async welcome(viewTitle: string): Promise<{ text: string; buttons: string[] }> {
    const view = this.pane(viewTitle).locator('.welcome-view-content');
    await view.waitFor();
    return {
      text: readable(await view.innerText()),
      buttons: (await view.locator('.monaco-button').allTextContents()).map(readable),
    };
  }

  /** Clicks a button of an empty view's welcome. */
  async clickWelcome(viewTitle: string, button: string): Promise<void> {
    await this.pane(viewTitle).locator('.welcome-view-content').getByRole('button', { name: button }).click();
  }

  /** Clicks a button in a view's title bar. */
  async clickViewAction(viewTitle: string, action: string): Promise<void> {
    const inPane = this.pane(viewTitle).locator('.pane-header');
    if (await inPane.isVisible()) await inPane.hover();
    const name = `.action-label[aria-label^=${JSON.stringify(action)}]`;
    await this.page
      .locator(`.part.sidebar .pane-header ${name}, .part.sidebar .composite.title ${name}`)
      .first()
      .click();
  }

  /** Runs a command from the palette by the title that is shown there, such as `Developer: Reload Window`. */
  async runCommand(title: string): Promise<void> {
    await this.inPalette(title, () => this.quickInput.choose(title, 5_000));
  }

  /** The commands the palette offers for what is typed. */
  async commandsFor(typed: string): Promise<string[]> {
    const items = await this.inPalette(typed, () =>
      until('commands', async () => {
        const found = await this.quickInput.items();
        return found.length > 0 && found;
      }),
    );
    await this.quickInput.cancel();
    return items.map((item) => item.label);
  }

  /** The texts in the status bar, as a screen reader says them. */
  async statusBar(): Promise<string[]> {
    const items = this.page.locator('.part.statusbar .statusbar-item');
    return (
      await items.evaluateAll((all: PageElement[]) => all.map((item) => item.getAttribute('aria-label')))
    )
      .map(readable)
      .filter(Boolean);
  }

  /** Waits for an item in the status bar. */
  waitForStatus(text: string | RegExp): Promise<string> {
    const ask = async () => (await this.statusBar()).find((item) => matches(item, text));
    return until(`${String(text)} in the status bar`, ask, {
      seen: async () => (await this.statusBar()).join(' | '),
    });
  }

  /** The problems of all files, as a screen reader reads the Problems view, with the rows of files among them. */
  async problems(): Promise<string[]> {
    await this.runCommand('Problems: Focus on Problems View');
    const panel = this.page.locator('.markers-panel');
    await panel.waitFor();
    const rows = await new Tree(this.page, panel.locator('.monaco-list').first()).rows();
    return rows.map((row) => row.ariaLabel);
  }

  /** The document inside a webview whose text matches; of a part of it, where a selector names one. */
  webview(text: string | RegExp, part = 'body'): Promise<Frame> {
    const match = async (frame: Frame) => {
      const shown = await frame.locator(part).innerText({ timeout: 1_000 });
      if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return frame;
      throw new Error('It shows something else.');
    };
    return until(`a webview with ${String(text)}`, () => {
      const frames = this.page
        .frames()
        .filter((frame) => frame.name() !== '' || frame.url().includes('fake.html'));
      // The first that matches: frames without that part take as long as one may wait for it.
      return Promise.any(frames.map(match)).catch(() => undefined);
    });
  }

  /** Changes the theme of all windows of the editor and waits until this one is in it. */
  async wear(theme: ColorTheme): Promise<void> {
    await this.editor.writeColorTheme(theme);
    await this.page.locator(`.monaco-workbench.${COLOR_THEMES[theme].pageClass}`).waitFor();
  }

  /** Loads the window anew, as the command or the browser does: the extension host starts again. */
  async reload(): Promise<void> {
    await this.page.reload({ timeout: 60_000 });
    await this.ready();
  }

  /** Waits until VS Code would bring a tab with this text back to the front; a text in another tab does not count. */
  async stored(text: string): Promise<void> {
    await until(`"${text}" to be stored`, async () => (await storedTab(this.page)).includes(text));
  }

  /** A picture of the window in `out/screenshots`. */
  async screenshot(name: string): Promise<string> {
    const path = join(OUT, 'screenshots', `${this.editor.version}-${this.editor.colorTheme}-${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** What a failed test leaves behind: a picture, the text of the page, the server's output. */
  async dump(name: string): Promise<void> {
    const folder = join(OUT, 'failures');
    mkdirSync(folder, { recursive: true });
    const base = join(folder, `${this.editor.version}-${name.replaceAll(/[^\w-]+/g, '-')}`);
    const text = await this.page.locator('body').innerText({ timeout: 5_000 }).catch(String);
    writeFileSync(`${base}.txt`, `${this.page.url()}\n\n${text}\n\n— server —\n${this.editor.output()}\n`);
    await this.page.screenshot({ path: `${base}.png` }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Types into the palette and does something there; again when a terminal that opens has taken the keyboard. */
  private inPalette<T>(typed: string, action: () => Promise<T>): Promise<T> {
    return untilDone(`the palette to take ${typed}`, async () => {
      await this.page.keyboard.press('F1');
      await this.quickInput.type(`>${typed}`, 5_000);
      return action();
    });
  }

  private pane(title: string) {
    const header = this.page.locator(`.pane-header[aria-label^=${JSON.stringify(title)}]`);
    return this.page.locator('.pane').filter({ has: header }).first();
  }
}
