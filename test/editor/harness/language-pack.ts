import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Registers a language pack that translates nothing of VS Code's own, as if it had been installed: the marketplace's
 * cannot be fetched in tests, and an editor is in a language only where there is a pack for it. Extensions then use
 * their own translations, and the words of VS Code itself stay those that the tests know.
 */
export async function addLanguagePack(userData: string, languageId: string): Promise<void> {
  const folder = join(userData, `language-pack-${languageId}`);
  const file = join(folder, 'main.i18n.json');
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify({ version: '1.0.0', contents: {} }));
  const pack = {
    hash: languageId,
    label: languageId,
    extensions: [{ extensionIdentifier: { id: `test.language-pack-${languageId}` }, version: '1.0.0' }],
    translations: { vscode: file },
  };
  await writeFile(join(userData, 'languagepacks.json'), JSON.stringify({ [languageId]: pack }));
}
