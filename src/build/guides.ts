import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Guide } from '../migration/guide';
import { loadGuide, type GuideSources, type LoadedGuide } from '../migration/loadGuide';
import { loadTranslation } from '../migration/loadTranslation';
import type { GuideWords } from '../migration/translation';

const GUIDES = join(import.meta.dirname, '../guides');

/** Where the guides of this project lie. */
export const guidesFolder = GUIDES;

const readScripts = async (folder: string): Promise<Map<string, string>> => {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.sh'));
  const entries = names.map(
    async (name) => [basename(name, '.sh'), await readFile(join(folder, name), 'utf8')] as const,
  );
  return new Map(await Promise.all(entries));
};

/** Ids of the guides in a folder: the names of the folders that hold a `guide.yaml`. */
export async function guideIds(folder = GUIDES): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
    .map(({ name }) => name)
    .sort();
}

/** The texts of one guide as they lie in its folder. */
export async function guideSources(id: string, folder = GUIDES): Promise<GuideSources> {
  const [yaml, lib, libs, schema, rows, scripts] = await Promise.all([
    readFile(join(folder, id, 'guide.yaml'), 'utf8'),
    readFile(join(folder, 'lib.sh'), 'utf8'),
    readScripts(join(folder, 'lib')),
    readFile(join(folder, 'guide.schema.json'), 'utf8'),
    readFile(join(folder, 'rows.json'), 'utf8'),
    readScripts(join(folder, id, 'steps')),
  ]);
  const known = JSON.parse(rows) as Record<string, { id: string }[] | undefined>;
  return {
    file: join('src/guides', id, 'guide.yaml'),
    yaml,
    lib,
    libs,
    scripts,
    schema: JSON.parse(schema) as object,
    rows: (known[id] ?? []).map((row) => row.id),
  };
}

/** Reads one guide from its folder, checked whole. */
export async function readGuide(id: string, folder = GUIDES): Promise<LoadedGuide> {
  return loadGuide(await guideSources(id, folder));
}

/** A guide's words in other languages by language: `<language>.yaml` beside its `guide.yaml`, each checked whole. */
export async function readTranslations(guide: Guide, folder = GUIDES): Promise<Map<string, GuideWords>> {
  const home = join(folder, guide.id);
  const files = (await readdir(home)).filter((name) => name.endsWith('.yaml') && name !== 'guide.yaml');
  const entries = files.map(async (name) => {
    const yaml = await readFile(join(home, name), 'utf8');
    const loaded = loadTranslation(guide, join('src/guides', guide.id, name), yaml);
    if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
    return [basename(name, '.yaml'), loaded.words] as const;
  });
  return new Map(await Promise.all(entries));
}
