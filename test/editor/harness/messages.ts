import type { Locator, Page } from 'playwright-core';
import { matches, PATIENCE_MS, readable, until } from './wait';

/** Notifications, in toasts as they pop up. */
export class Notifications {
  constructor(private readonly page: Page) {}

  /** The messages on the screen. */
  async messages(): Promise<string[]> {
    return (await this.toasts().locator('.notification-list-item-message').allTextContents()).map(readable);
  }

  /** Waits for a message and answers its whole text. */
  async waitFor(text: string | RegExp, timeoutMs = PATIENCE_MS): Promise<string> {
    const found = await this.find(text, timeoutMs);
    return readable(await found.locator('.notification-list-item-message').textContent());
  }

  /** The buttons of a message. */
  async buttons(text: string | RegExp): Promise<string[]> {
    return (await (await this.find(text)).locator('.monaco-button').allTextContents()).map(readable);
  }

  /** Clicks a button of a message. */
  async click(text: string | RegExp, button: string): Promise<void> {
    const toast = await this.find(text);
    await toast.hover();
    await toast.getByRole('button', { name: button, exact: true }).click();
  }

  /** Closes a message. */
  async close(text: string | RegExp): Promise<void> {
    const toast = await this.find(text);
    await toast.hover();
    await toast.locator('.codicon-notifications-clear').click();
  }

  private toasts(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item');
  }

  private find(text: string | RegExp, timeoutMs = PATIENCE_MS): Promise<Locator> {
    return until(
      `a notification ${String(text)}`,
      async () => {
        const index = (await this.messages()).findIndex((message) => matches(message, text));
        return index >= 0 && this.toasts().nth(index);
      },
      { timeoutMs, seen: async () => (await this.messages()).join(' | ') || 'none' },
    );
  }
}

/** A modal dialog in front of everything. */
export class Dialog {
  private readonly box: Locator;

  constructor(page: Page) {
    this.box = page.locator('.monaco-dialog-box');
  }

  /** Waits for a dialog and answers its message and detail. */
  async text(): Promise<{ message: string; detail: string }> {
    await this.box.waitFor();
    const part = async (selector: string) =>
      (await this.box.locator(selector).allTextContents()).map(readable).join('\n');
    return { message: await part('.dialog-message-text'), detail: await part('.dialog-message-detail') };
  }

  async buttons(): Promise<string[]> {
    await this.box.waitFor();
    return (await this.box.locator('.dialog-buttons .monaco-button').allTextContents())
      .map(readable)
      .filter(Boolean);
  }

  /** Clicks a button and waits until the dialog is gone. */
  async click(button: string): Promise<void> {
    await this.box.locator('.dialog-buttons').getByRole('button', { name: button, exact: true }).click();
    await this.box.waitFor({ state: 'hidden' });
  }
}
