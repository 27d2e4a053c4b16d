import axe from 'axe-core';
import type { Frame } from 'playwright-core';
import type { ColorTheme, Workbench } from './harness';

declare const document: {
  readonly documentElement: {
    readonly scrollWidth: number;
    readonly clientWidth: number;
    readonly style: { zoom: string };
  };
};

/** How many pixels the page is wider than its window. Runs in the page. */
export const overflow = (): number =>
  document.documentElement.scrollWidth - document.documentElement.clientWidth;

/** Shows the page larger. */
export const enlarge = (page: Frame, times: number): Promise<void> =>
  page.evaluate((zoom) => void (document.documentElement.style.zoom = zoom), String(times));

/** What axe objects to, one line each. */
async function violations(page: Frame): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const found = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    if (!found.passes.some(({ id }) => id === 'color-contrast')) return ['no contrast was measured'];
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
  });
}

/** What axe objects to in each of some themes; leaves a picture of each behind. */
export async function violationsIn(
  themes: readonly ColorTheme[],
  window: Workbench,
  page: Frame,
  name: string,
): Promise<string[]> {
  const problems: string[] = [];
  for (const theme of themes) {
    await window.wear(theme);
    // The page may still be being drawn in its new colours.
    await window.page.waitForTimeout(400);
    await window.screenshot(name);
    problems.push(...(await violations(page)).map((problem) => `${theme} ${name}: ${problem}`));
  }
  return problems;
}
