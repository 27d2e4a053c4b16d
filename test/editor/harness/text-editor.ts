import type { Locator, Page } from 'playwright-core';
import type { PageElement } from './page-element';
import type { QuickInput } from './quick-input';
import { matches, readable, until } from './wait';

/** How grave a diagnostic is, as VS Code underlines it. */
export type Squiggle = 'error' | 'warning' | 'info' | 'hint';

/** The text editor in front. */
export class TextEditor {
  constructor(
    private readonly page: Page,
    private readonly quickInput: QuickInput,
  ) {}

  /** Opens a file by its absolute path, with the cursor at a place counted from 1. */
  async open(file: string, line?: number, column?: number): Promise<void> {
    await this.page.keyboard.press('Control+p');
    await this.quickInput.opened();
    await this.quickInput.type([file, line, column].filter((part) => part !== undefined).join(':'));
    const name = file.slice(file.lastIndexOf('/') + 1);
    await until(`${name} in quick open`, async () => (await this.quickInput.items())[0]?.label === name);
    await this.quickInput.accept();
    await this.quickInput.closed();
    await this.instance(name).locator('.view-line').first().waitFor();
    if (line !== undefined) await this.goTo(line, column);
  }

  /** Puts the cursor at a place counted from 1. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.focus();
    await this.page.keyboard.press('Control+g');
    await this.quickInput.answer(`:${line}:${column}`);
    await this.quickInput.closed();
    await this.front().locator('.cursors-layer .cursor').first().waitFor();
  }

  /** The lines on the screen. */
  async text(): Promise<string> {
    const lines = await this.front()
      .locator('.view-lines .view-line')
      .evaluateAll((elements: PageElement[]) =>
        elements
          .map((element) => ({
            top: parseFloat(element.style.top),
            text: element.textContent,
          }))
          .sort((a, b) => a.top - b.top)
          .map((line) => line.text),
      );
    return lines.map((line) => line.replaceAll('\u00a0', ' ')).join('\n');
  }

  /** Waits until the lines on the screen match. */
  waitForText(wanted: string | RegExp): Promise<string> {
    const found = (text: string) => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text));
    const ask = async () => {
      const text = await this.text();
      return found(text) && { text };
    };
    return until(`the editor to show ${String(wanted)}`, ask, { seen: () => this.text() }).then(
      ({ text }) => text,
    );
  }

  /** Types at the cursor. */
  async type(text: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.type(text);
  }

  /** Saves the file and waits until it no longer counts as changed. */
  async save(): Promise<void> {
    await this.focus();
    await this.page.keyboard.press('Control+s');
    await this.page.locator('.tabs-container .tab.active:not(.dirty)').waitFor();
  }

  /** Waits until something is underlined, and answers how many pieces. */
  async waitForSquiggles(kind: Squiggle): Promise<number> {
    const marks = this.front().locator(`.squiggly-${kind}`);
    await marks.first().waitFor({ state: 'attached' });
    return marks.count();
  }

  /** Waits until nothing is underlined any more. */
  async waitForNoSquiggles(kind: Squiggle): Promise<void> {
    const marks = this.front().locator(`.squiggly-${kind}`);
    await until(`no ${kind} to be underlined`, async () => (await marks.count()) === 0);
  }

  /** The entries of the quick-fix menu at the cursor. The menu stays open. */
  async quickFixes(): Promise<string[]> {
    await this.focus();
    const menu = this.menu();
    await until('the quick-fix menu', async () => {
      await this.page.keyboard.press('Control+.');
      return menu
        .first()
        .waitFor({ timeout: 2_000 })
        .then(
          () => true,
          () => false,
        );
    });
    return (await menu.locator('.title').allTextContents()).map(readable);
  }

  /** Opens the quick-fix menu at the cursor and chooses an entry. */
  async applyQuickFix(title: string | RegExp): Promise<void> {
    const titles = await this.quickFixes();
    const index = titles.findIndex((each) => matches(each, title));
    if (index < 0) throw new Error(`no quick fix ${String(title)}; there are: ${titles.join(' | ')}`);
    const entry = this.menu().nth(index);
    // The menu ignores a mouse that has not moved since it opened.
    await entry.hover({ force: true });
    await entry.click();
    await this.menu().first().waitFor({ state: 'hidden' });
  }

  /** Gives the editor the keyboard without moving its cursor. */
  async focus(): Promise<void> {
    const input = this.front().locator('textarea.inputarea, .native-edit-context').first();
    await input.focus();
  }

  private menu(): Locator {
    return this.page.locator('.action-widget .monaco-list-row.action');
  }

  private front(): Locator {
    return this.page
      .locator('.editor-group-container.active .editor-instance .monaco-editor[role="code"]')
      .first();
  }

  private instance(name: string): Locator {
    return this.page.locator(
      `.editor-group-container.active .editor-instance .monaco-editor[data-uri$="/${encodeURI(name)}"]`,
    );
  }
}
