import type { Locator, Page } from 'playwright-core';
import type { PageElement } from './page-element';
import { readable, until } from './wait';

/** The part of xterm.js that is read here; VS Code hangs the object on the terminal's element for its own tests. */
interface XtermElement extends PageElement {
  xterm?: {
    buffer: {
      active: {
        length: number;
        getLine(
          index: number,
        ): { isWrapped: boolean; translateToString(trimRight: boolean): string } | undefined;
      };
    };
  };
}

/** The integrated terminal that is shown. */
export class Terminal {
  constructor(private readonly page: Page) {}

  /** Waits until a terminal is on the screen. */
  async opened(): Promise<void> {
    await this.element().locator('.xterm-screen').waitFor();
  }

  /** Everything in the terminal with its scrollback, wrapped lines joined, trailing empty lines left out. */
  async text(): Promise<string> {
    const text = await this.page.evaluate(() => {
      const element = document.querySelector('.terminal-wrapper.active');
      const buffer = element?.xterm?.buffer.active;
      if (!buffer) return undefined;
      let all = '';
      for (let index = 0; index < buffer.length; index++) {
        const line = buffer.getLine(index);
        if (!line) continue;
        const next = buffer.getLine(index + 1);
        all += `${index > 0 && !line.isWrapped ? '\n' : ''}${line.translateToString(!next?.isWrapped)}`;
      }
      return all;
    });
    return (text ?? '').trimEnd();
  }

  /** Waits until the terminal shows this, and answers the whole text. */
  waitForText(wanted: string | RegExp, timeoutMs?: number): Promise<string> {
    const found = (text: string) => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text));
    const ask = async () => {
      const text = await this.text();
      return found(text) && { text };
    };
    const seen = () => this.text();
    return until(
      `the terminal to show ${String(wanted)}`,
      ask,
      timeoutMs === undefined ? { seen } : { timeoutMs, seen },
    ).then(({ text }) => text);
  }

  /** The names of all terminals. */
  async names(): Promise<string[]> {
    const tabs = this.page.locator('.terminal-tabs-entry .label-name');
    if ((await tabs.count()) > 0) return (await tabs.allTextContents()).map(readable);
    const only = await this.page.locator('.action-label.single-terminal-tab').allTextContents();
    return only.slice(0, 1).map(readable);
  }

  /** Types keys into the terminal, as a person does. */
  async type(text: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.type(text);
  }

  /** Presses one key, such as `Enter` or `Control+c`. */
  async press(key: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.press(key);
  }

  /** At its left edge: messages pop up over the right half. */
  async focus(): Promise<void> {
    await this.element()
      .locator('.xterm-screen')
      .click({ position: { x: 20, y: 20 } });
    await this.element().locator('.xterm.focus').waitFor();
  }

  private element(): Locator {
    return this.page.locator('.terminal-wrapper.active');
  }
}

/** The page's own document. */
declare const document: { querySelector(selector: string): XtermElement | null };
