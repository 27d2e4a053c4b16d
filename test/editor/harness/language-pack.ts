import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createVSIX } from '@vscode/vsce';

/**
 * Makes a language pack for a display language that translates nothing of VS Code's own: the marketplace's cannot be
 * fetched in tests, and an editor is in a language only when a pack for it is installed. Extensions then use their own
 * translations, and the words of VS Code itself stay those that the tests know.
 */
export async function makeLanguagePack(folder: string, languageId: string): Promise<string> {
  const translations = 'translations/main.i18n.json';
  const files = {
    'package.json': {
      name: `language-pack-${languageId}`,
      publisher: 'kaapana-migration',
      version: '1.0.0',
      engines: { vscode: '*' },
      categories: ['Language Packs'],
      contributes: {
        localizations: [{ languageId, translations: [{ id: 'vscode', path: `./${translations}` }] }],
      },
    },
    [translations]: { version: '1.0.0', contents: {} },
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  const packagePath = join(folder, 'pack.vsix');
  await createVSIX({
    cwd: folder,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    skipLicense: true,
  });
  return packagePath;
}
