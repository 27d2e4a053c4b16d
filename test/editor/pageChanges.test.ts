import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TONES, type StepPage } from '../../webview/protocol';
import { browser, closeBrowser } from './harness/browser';

/** The built page on its own, without an editor around it. */
const SCRIPT = join(import.meta.dirname, '../../dist/page.js');

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', '<b>x</b>', '- a\n- b', '`c` **d**'));
const look = fc.record({
  word: fc.constantFrom('ready', 'done'),
  icon: fc.constantFrom('pass', 'sync', 'odd'),
  tone: fc.constantFrom(...TONES),
});
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const option = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined });
const stepLine = fc.record({ id: fc.constantFrom('a', 'b', 'c'), title: text, look, detail: text });
const number = fc.integer({ min: 1, max: 9 });

const pages: fc.Arbitrary<StepPage> = fc.record({
  id: fc.constant('step'),
  title: text,
  host: text,
  place: text,
  look,
  detail: text,
  reason: text,
  evidence: text,
  advice: text,
  next: option(fc.record({ id: text, title: text })),
  since: fc.constant(undefined),
  progress: option(fc.record({ done: number, total: number, what: text })),
  notices: list(fc.record({ tone: fc.constantFrom(...TONES), title: text, text })),
  actions: list(fc.record({ action: fc.constantFrom('run' as const, 'check' as const), label: text })),
  facts: list(fc.record({ title: text, text })),
  why: text,
  does: text,
  manual: text,
  undo: text,
  written: fc.boolean(),
  rows: list(text),
  guideUrl: text,
  deviation: option(fc.record({ guide: text, effect: text, ours: text, evidence: text })),
  values: list(
    fc.record({
      name: fc.constantFrom('A', 'B'),
      title: text,
      what: text,
      example: text,
      value: text,
      source: text,
      found: option(fc.record({ value: text, source: text })),
    }),
  ),
  reading: text,
  needs: list(stepLine),
  followers: fc.array(stepLine, { maxLength: 6 }),
  list: list(fc.record({ title: text, look, found: text, remedy: text })),
  attempts: list(fc.record({ number, look, when: text, took: text, who: text, sha256: text, reason: text })),
  log: option(fc.record({ attempt: number, text })),
  links: list(fc.record({ title: text, url: text })),
});

let page: Page;
beforeAll(async () => {
  page = await (await browser()).newPage();
  await page.setContent('<body></body>');
  const script = await readFile(SCRIPT, 'utf8');
  await page.evaluate(() => {
    const api = { postMessage: () => undefined, getState: () => undefined, setState: () => undefined };
    Object.assign(globalThis, { acquireVsCodeApi: () => api });
  });
  await page.evaluate(script);
});
afterAll(closeBrowser);

/** Hands messages to the page and answers what it shows after the last one. */
const shown = (messages: readonly unknown[]): Promise<string> =>
  page.evaluate(async (all) => {
    const settled = () => new Promise(requestAnimationFrame);
    for (const data of all) {
      dispatchEvent(new MessageEvent('message', { data }));
      // Messages come one by one: what is built of one is whole before the next.
      await settled();
    }
    await settled();
    // The order of attributes means nothing.
    const written = ({ nodeName, attributes, childNodes, textContent }: PageNode): string => {
      if (!attributes) return textContent;
      const given = [...attributes].map(({ name, value }) => `${name}=${value}`).sort();
      return `<${nodeName} ${given.join(' ')}>${[...childNodes].map(written).join('')}</>`;
    };
    const main = document.querySelector('main');
    return main ? written(main) : '';
  }, messages);

it('shows the same, whatever it showed before', async () => {
  const other = { type: 'step', page: fc.sample(pages, { numRuns: 1, seed: 1 })[0]! };
  await fc.assert(
    fc.asyncProperty(list(pages), pages, async (before, last) => {
      const final = { type: 'step', page: last };
      const straight = await shown([{ ...other, page: { ...other.page, id: 'other' } }, final]);
      const detour = await shown([...before.map((each) => ({ type: 'step', page: each })), final]);
      expect(detour).toBe(straight);
    }),
    { numRuns: 25 },
  );
});

it('forgets what was typed when another host takes its place, and keeps it for the same one', async () => {
  const [sample] = fc.sample(pages, { numRuns: 1, seed: 1 });
  const value = { name: 'A', title: 'Folder', what: '', example: '', value: '/old', source: '' };
  const of = (host: string, reason = '') => ({
    type: 'step',
    page: { ...sample!, id: 'typed', host, reason, values: [value] },
  });
  const field = page.locator('[data-field="A"]');
  await shown([of('pacs01')]);
  await page.locator('[data-value="edit"][data-name="A"]').click();
  await field.locator('input').fill('/typed');
  await shown([of('pacs01', 'Something new.')]);
  expect(await field.locator('input').inputValue()).toBe('/typed');
  await shown([of('pacs02')]);
  expect(await field.count()).toBe(0);
});

it('is moved by nothing that is not one of its messages', async () => {
  const before = await shown([]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (junk) => {
      expect(await shown(junk)).toBe(before);
      expect(await shown(junk.map((data) => ({ type: 'step', page: data })))).toBe(before);
    }),
    { numRuns: 30 },
  );
});

/** The page's own functions. */
declare function dispatchEvent(event: object): void;
declare function requestAnimationFrame(callback: (time: number) => void): void;
declare const MessageEvent: new (type: string, init: { readonly data: unknown }) => object;
interface PageNode {
  readonly nodeName: string;
  readonly textContent: string;
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>;
  readonly childNodes: Iterable<PageNode>;
}
declare const document: { querySelector(selector: string): PageNode | null };
