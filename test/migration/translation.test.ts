import { describe, expect, it } from 'vitest';
import { guideIds, readGuide, readTranslations } from '../../src/build/guides';
import { compose } from '../../src/migration/command';
import { isWritten, type Guide } from '../../src/migration/guide';
import { planOf } from '../../src/migration/plan';
import { loadTranslation } from '../../src/migration/loadTranslation';
import { placesOf, translated } from '../../src/migration/translation';

async function guideOf(id: string): Promise<Guide> {
  const loaded = await readGuide(id);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.guide;
}

const wordsOf = (guide: Guide, yaml: string) => loadTranslation(guide, 'de.yaml', yaml);

describe.each(await guideIds())('the guide %s in German', async (id) => {
  const guide = await guideOf(id);
  const words = (await readTranslations(guide)).get('de') ?? {};
  const german = translated(guide, words);

  it('has every text', () => {
    expect(placesOf(guide).filter((place) => !words[place])).toEqual([]);
  });

  it('calls no two steps the same', () => {
    const titles = german.steps.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('runs what it runs in English, and remembers how it is written', () => {
    expect(german.original).toBe(guide);
    expect(planOf(german)).toEqual(planOf(guide));
    for (const [index, step] of guide.steps.entries()) {
      const other = german.steps[index];
      if (!isWritten(step) || !other || !isWritten(other)) continue;
      const values = Object.fromEntries(step.uses.map((name) => [name, '/a']));
      expect(compose(german, other, values)).toEqual(compose(guide, step, values));
    }
  });
});

describe('a translation', async () => {
  const guide = await guideOf('0.3.5-to-0.4.1');

  it('names the line of a text that the guide does not have', () => {
    expect(wordsOf(guide, 'steps:\n  drain:\n    title: Warten\n    tilte: Warten\n')).toEqual({
      problems: ['de.yaml:4 The guide has no text "steps.drain.tilte".'],
    });
    expect(wordsOf(guide, 'steps:\n  gone: { title: Weg }\n')).toMatchObject({
      problems: [expect.stringContaining('steps.gone.title') as string],
    });
  });

  it('names the texts of a list by their order', () => {
    const place = 'steps.requirements.links.0.title';
    const { words } = wordsOf(guide, 'steps: { requirements: { links: [{ title: Anleitung }] } }') as {
      words: Readonly<Record<string, string>>;
    };
    expect(words).toEqual({ [place]: 'Anleitung' });
    expect(translated(guide, words).steps[0]?.links).toEqual([
      { ...guide.steps[0]?.links[0], title: 'Anleitung' },
    ]);
  });

  it('says what is no text or no YAML', () => {
    for (const yaml of ['', 'steps: 1', 'steps: { drain: [a] }', 'a: b: c'])
      expect(wordsOf(guide, yaml), yaml).toHaveProperty('problems');
  });

  it('leaves in English what it does not have', () => {
    const german = translated(guide, { 'steps.drain.title': 'Warten' });
    const [english, drain] = [guide, german].map(({ steps }) => steps.find(({ id }) => id === 'drain'));
    expect(drain).toEqual({ ...english, title: 'Warten' });
  });
});
