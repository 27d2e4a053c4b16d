import type { Locator, Page } from 'playwright-core';
import type { PageElement } from './page-element';
import { matches, PATIENCE_MS, readable, until } from './wait';

/** One entry of a quick pick. */
export interface QuickPickItem {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** The box at the top: command palette, quick pick, input box. */
export class QuickInput {
  private readonly widget: Locator;

  constructor(private readonly page: Page) {
    this.widget = page.locator('.quick-input-widget:visible');
  }

  /** Waits until the box is open, with this title when one is given. */
  async opened(title?: string | RegExp): Promise<void> {
    await this.widget.waitFor();
    if (title === undefined) return;
    await until(`a quick input ${String(title)}`, async () => matches(await this.title(), title), {
      seen: () => this.title(),
    });
  }

  async title(): Promise<string> {
    return readable(await this.widget.locator('.quick-input-title').textContent());
  }

  /** The prompt or validation message below the input. */
  async message(): Promise<string> {
    return readable(await this.widget.locator('.quick-input-message').textContent());
  }

  async placeholder(): Promise<string> {
    return readable(await this.input().getAttribute('placeholder'));
  }

  async value(): Promise<string> {
    return this.input().inputValue();
  }

  /** The entries on the screen. */
  async items(): Promise<QuickPickItem[]> {
    const rows = await this.widget
      .locator('.quick-input-list .monaco-list-row')
      .evaluateAll((elements: PageElement[]) =>
        elements.map((element) => ({
          label: element.querySelector('.quick-input-list-label .label-name')?.textContent,
          description: element.querySelector('.quick-input-list-label .label-description')?.textContent,
          detail: element.querySelector('.quick-input-list-label-meta')?.textContent,
        })),
      );
    return rows.map((row) => ({
      label: readable(row.label),
      description: readable(row.description),
      detail: readable(row.detail),
    }));
  }

  /** Replaces what is typed in. */
  async type(text: string, timeoutMs = PATIENCE_MS): Promise<void> {
    await this.input().fill(text, { timeout: timeoutMs });
  }

  async accept(): Promise<void> {
    await this.input().press('Enter');
  }

  /** Types an answer and accepts it. */
  async answer(text: string): Promise<void> {
    await this.opened();
    await this.type(text);
    await this.accept();
  }

  /** Waits for an entry and clicks it. */
  async choose(label: string | RegExp, timeoutMs = PATIENCE_MS): Promise<void> {
    const rows = this.widget.locator('.quick-input-list .monaco-list-row');
    const index = await until(
      `an entry ${String(label)}`,
      async () => {
        const found = (await this.items()).findIndex((item) => matches(item.label, label));
        return found >= 0 ? { at: found } : undefined;
      },
      { timeoutMs, seen: async () => (await this.items()).map((item) => item.label).join(' | ') },
    );
    await rows.nth(index.at).click({ timeout: timeoutMs });
  }

  async cancel(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.closed();
  }

  async closed(): Promise<void> {
    await this.widget.waitFor({ state: 'hidden' });
  }

  private input(): Locator {
    return this.widget.locator('.quick-input-box input, .quick-input-filter input.input').first();
  }
}
