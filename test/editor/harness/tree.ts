import type { Locator, Page } from 'playwright-core';
import { WHEEL_SENSITIVITY } from './editor';
import type { PageElement } from './page-element';
import { exactly, matches, PATIENCE_MS, readable, until, untilDone } from './wait';

/** How far one notch of the wheel scrolls, by the harness's settings; and how high a row is. */
const NOTCH_PX = 50 * WHEEL_SENSITIVITY;
const ROW_PX = 22;

/** A row that VS Code redraws or scrolls away is looked for again instead of waited for. */
const QUICK = { timeout: 2_000 };

/** One row of a tree as it is on the screen now. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** What a screen reader says. */
  readonly ariaLabel: string;
  readonly level: number;
  /** undefined for a leaf. */
  readonly expanded: boolean | undefined;
}

/** A tree view in a side bar or panel. Lists are virtual: rows that are scrolled away do not exist in the page. */
export class Tree {
  constructor(
    private readonly page: Page,
    private readonly root: Locator,
  ) {}

  /** The rows on the screen, from top to bottom. */
  async visibleRows(): Promise<TreeRow[]> {
    const rows = await this.root.locator('.monaco-list-row').evaluateAll((elements: PageElement[]) =>
      elements
        .sort((a, b) => Number(a.getAttribute('data-index')) - Number(b.getAttribute('data-index')))
        .map((element) => ({
          label: element.querySelector('.label-name')?.textContent,
          description: element.querySelector('.label-description')?.textContent,
          ariaLabel: element.getAttribute('aria-label'),
          level: Number(element.getAttribute('aria-level')),
          expanded: element.getAttribute('aria-expanded'),
        })),
    );
    return rows.map((row) => ({
      label: readable(row.label),
      description: readable(row.description),
      ariaLabel: readable(row.ariaLabel),
      level: row.level,
      expanded: row.expanded === null ? undefined : row.expanded === 'true',
    }));
  }

  /** All rows, also those that must be scrolled to. */
  async rows(): Promise<TreeRow[]> {
    const all: TreeRow[] = [];
    const known = new Set<string>();
    await this.scrollToTop();
    do {
      for (const row of await this.visibleRows()) {
        const key = JSON.stringify(row);
        if (!known.has(key)) all.push(row);
        known.add(key);
      }
    } while (await this.scrollDown());
    return all;
  }

  /** What the row with this label shows, waiting for it to appear and scrolling to it. */
  async row(label: string | RegExp): Promise<TreeRow> {
    await this.locate(label);
    const found = (await this.visibleRows()).find((row) => matches(row.label, label));
    return found ?? this.row(label);
  }

  /** Waits until the row with this label is as wanted. */
  waitForRow(
    label: string | RegExp,
    wanted: (row: TreeRow) => boolean,
    timeoutMs = PATIENCE_MS,
  ): Promise<TreeRow> {
    let last: TreeRow | undefined;
    return until(
      `the row ${String(label)} to be as wanted`,
      async () => {
        last = await this.row(label);
        return wanted(last) && last;
      },
      { timeoutMs, seen: () => Promise.resolve(JSON.stringify(last)) },
    );
  }

  async click(label: string | RegExp): Promise<void> {
    await this.act(label, (row) => row.locator('.monaco-tl-contents').click(QUICK));
  }

  /** Opens a row that has children. */
  async expand(label: string | RegExp): Promise<void> {
    await this.setExpanded(label, true);
  }

  /** Closes a row that has children. */
  async collapse(label: string | RegExp): Promise<void> {
    await this.setExpanded(label, false);
  }

  /** The titles of the buttons a row shows when the mouse is over it. */
  async inlineActions(label: string | RegExp): Promise<string[]> {
    const row = await this.act(label, (found) => found.hover(QUICK));
    const labels = await row
      .locator('.actions .action-label')
      .evaluateAll((all: PageElement[]) => all.map((a) => a.getAttribute('aria-label')));
    return labels.map(readable);
  }

  /** Clicks a button in the row. */
  async clickInline(label: string | RegExp, action: string): Promise<void> {
    const button = `.actions .action-label[aria-label^=${JSON.stringify(action)}]`;
    await this.act(label, async (row) => {
      await row.hover(QUICK);
      await row.locator(button).click(QUICK);
    });
  }

  /** The entries of the row's context menu. The menu is closed again. */
  async contextMenu(label: string | RegExp): Promise<string[]> {
    await this.act(label, (row) => row.click({ button: 'right', ...QUICK }));
    const items = this.page.locator(
      '.context-view .monaco-menu .action-item:not(.disabled) .action-label:not(.separator)',
    );
    await items.first().waitFor();
    const texts = (await items.allTextContents()).map(readable);
    await this.page.keyboard.press('Escape');
    return texts;
  }

  /** Chooses an entry of the row's context menu. */
  async chooseFromMenu(label: string | RegExp, entry: string): Promise<void> {
    await this.act(label, (row) => row.click({ button: 'right', ...QUICK }));
    const item = this.page
      .locator('.context-view .monaco-menu')
      .getByRole('menuitem', { name: entry, exact: true });
    await item.waitFor();
    // A menu takes no click in its first tenth of a second.
    await until(`the menu to take ${entry}`, async () => {
      await item.click({ timeout: 1_000 }).catch(() => undefined);
      return item.isHidden();
    });
  }

  /** The row's element, scrolled wholly into sight. */
  locate(label: string | RegExp): Promise<Locator> {
    const name = this.page.locator('.label-name', {
      hasText: typeof label === 'string' ? exactly(label) : label,
    });
    const row = this.root.locator('.monaco-list-row').filter({ has: name }).first();
    let more = false;
    const ask = async () => {
      const [place, list] = [await box(row), await box(this.root)];
      if (place && list) {
        const above = place.y < list.y;
        const below = place.y + place.height > list.y + list.height;
        return !(above || below) || !(await this.wheel(1, above ? -1 : 1)) ? row : undefined;
      }
      // It is looked for from the top downwards: what a test asks for next is mostly above what it asked for last.
      if (more) more = await this.scrollDown();
      else {
        await this.scrollToTop();
        more = true;
      }
      return undefined;
    };
    const seen = async () => (await this.visibleRows()).map((each) => each.label).join(' | ');
    return until(`a row ${String(label)}`, ask, { seen });
  }

  /** Does something to a row, again from the start when the list moved under the mouse meanwhile. */
  private act(label: string | RegExp, action: (row: Locator) => Promise<void>): Promise<Locator> {
    return untilDone(`the row ${String(label)} to take the mouse`, async () => {
      const row = await this.locate(label);
      await action(row);
      return row;
    });
  }

  private async setExpanded(label: string | RegExp, expanded: boolean): Promise<void> {
    if ((await this.row(label)).expanded !== expanded) {
      await this.act(label, (row) => row.locator('.monaco-tl-twistie').click(QUICK));
    }
    await this.waitForRow(label, (row) => row.expanded === expanded);
  }

  /** Scrolls down by about a page; false at the end. */
  private async scrollDown(): Promise<boolean> {
    const height = (await box(this.root))?.height ?? 0;
    return this.wheel(Math.max(1, Math.floor((height - ROW_PX) / NOTCH_PX)), 1);
  }

  private async scrollToTop(): Promise<void> {
    while (await this.wheel(20, -1));
  }

  /** Turns the mouse wheel; false when nothing moved. VS Code takes every event for one notch, however far. */
  private async wheel(notches: number, direction: 1 | -1): Promise<boolean> {
    const list = await box(this.root);
    if (!list) return false;
    const before = await this.scrollTop();
    await this.page.mouse.move(list.x + list.width / 2, list.y + list.height / 2);
    for (let notch = 0; notch < notches; notch++) await this.page.mouse.wheel(0, direction * 100);
    await this.settled();
    return (await this.scrollTop()) !== before;
  }

  private scrollTop(): Promise<string> {
    return this.root
      .locator('.monaco-list-rows')
      .first()
      .evaluate((rows: PageElement) => `${rows.style.top} ${rows.style.transform}`);
  }

  /** Two frames: the list has drawn what the wheel asked for. */
  private settled(): Promise<void> {
    return this.page.evaluate(
      () =>
        new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
    );
  }
}

/** The page's own function. */
declare function requestAnimationFrame(callback: () => void): void;

/** Where an element is on the page now; undefined when it is not there, or drawn anew at this moment. */
const box = async (element: Locator) =>
  (await element.isVisible())
    ? ((await element.boundingBox(QUICK).catch(() => undefined)) ?? undefined)
    : undefined;
