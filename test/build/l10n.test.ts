import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import { getL10nJson } from '@vscode/l10n-dev';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guideIds, readGuide } from '../../src/build/guides';

const ROOT = join(import.meta.dirname, '../..');

const IMPORT = "import * as l10n from '@vscode/l10n';\n";

type Words = Readonly<Record<string, string>>;

const read = async (file: string): Promise<Words> =>
  JSON.parse(await readFile(join(ROOT, file), 'utf8')) as Words;

/** Every text that goes through the library in the sources of the extension and its pages. */
async function extracted(): Promise<string[]> {
  const folders = await Promise.all(
    ['src', 'webview'].map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true })).map((file) => join(ROOT, folder, file)),
    ),
  );
  const sources = folders.flat().filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(sources.map((file) => readFile(file, 'utf8')));
  const users = texts.filter((text) => text.includes(IMPORT));
  // As one file: each import costs the extraction a search through its whole file.
  const contents = [IMPORT, ...users.map((text) => text.replace(/^import .* from '[^.].*';$/gm, ''))].join(
    '\n',
  );
  return Object.keys(await getL10nJson([{ extension: '.ts', contents }]));
}

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\d+\}/g))].sort();
const links = (text: string): string[] => (text.match(/\(command:[^)]+\)|`[^`]+`/g) ?? []).sort();

describe('the German translation', () => {
  it('has every text of the sources, and no other', async () => {
    const german = Object.keys(await read('l10n/bundle.l10n.de.json'));
    const texts = await extracted();
    expect(texts.length).toBeGreaterThan(500);
    expect(texts.filter((text) => !german.includes(text))).toEqual([]);
    expect(german.filter((text) => !texts.includes(text))).toEqual([]);
  });

  it('keeps the placeholders of each text', async () => {
    const german = Object.entries(await read('l10n/bundle.l10n.de.json'));
    for (const [text, translation] of german)
      expect(placeholders(translation), text).toEqual(placeholders(text));
    expect(german.filter(([, translation]) => translation.trim() === '')).toEqual([]);
  });

  it('words every duration that a guide names', async () => {
    l10n.config({ contents: await read('l10n/bundle.l10n.de.json') });
    // Its tables are worded when it is loaded.
    const { durationWords } = await import('../../src/editor/words');
    onTestFinished(() => l10n.config({ contents: {} }));
    for (const id of await guideIds()) {
      const loaded = await readGuide(id);
      const durations = 'guide' in loaded ? loaded.guide.steps.map(({ duration }) => duration) : [];
      expect(durations.length).toBeGreaterThan(0);
      for (const duration of durations)
        if (!/^\d+(-\d+)? min$/.test(duration)) expect(durationWords(duration)).not.toBe(duration);
    }
  });

  it('has every text of the manifest, with the same commands and code words', async () => {
    const [manifest, english, german] = [
      await readFile(join(ROOT, 'package.json'), 'utf8'),
      await read('package.nls.json'),
      await read('package.nls.de.json'),
    ];
    const used = [...manifest.matchAll(/"%([\w.-]+)%"/g)].map(([, key]) => key);
    expect([...new Set(used)].sort()).toEqual(Object.keys(english).sort());
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english))
      expect(links(german[key] ?? ''), key).toEqual(links(text));
  });
});
