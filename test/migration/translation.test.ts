import { describe, expect, it } from 'vitest';
import { guideIds, readGuide, readTranslations } from '../../src/build/guides';
import { compose } from '../../src/migration/command';
import { isWritten, type Guide } from '../../src/migration/guide';
import { planOf } from '../../src/migration/plan';
import { loadTranslation } from '../../src/migration/loadTranslation';
import { textsOf, translated } from '../../src/migration/translation';

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
    expect([...textsOf(guide).keys()].filter((place) => !words[place])).toEqual([]);
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

  /** By which a translation tells the English text that it was made of. */
  const wordingOf = (owner: string, of = guide) => {
    const [kind, name] = owner.split('.');
    const loaded = wordsOf(of, `${kind}: { ${name}: {} }`);
    return 'problems' in loaded ? /"(english: \w+)"/.exec(loaded.problems[0] ?? '')?.[1] : undefined;
  };

  it('names the line of a text that the guide does not have', () => {
    const yaml = `steps:\n  drain:\n    ${wordingOf('steps.drain')}\n    title: Warten\n    tilte: Warten\n`;
    expect(wordsOf(guide, yaml)).toEqual({
      problems: ['de.yaml:5 The guide has no text "steps.drain.tilte".'],
    });
    expect(wordsOf(guide, 'steps:\n  gone: { title: Weg }\n')).toMatchObject({
      problems: [expect.stringContaining('steps.gone.title') as string],
    });
  });

  it('is refused when the English text is another one now', () => {
    const yaml = `parameters:\n  WORK_DIR:\n    ${wordingOf('parameters.WORK_DIR')}\n    title: Arbeitsordner\n`;
    expect(wordsOf(guide, yaml)).toEqual({ words: { 'parameters.WORK_DIR.title': 'Arbeitsordner' } });
    const parameters = guide.parameters.map((each) =>
      each.name === 'WORK_DIR' ? { ...each, what: 'Something else.' } : each,
    );
    const reworded = { ...guide, parameters };
    expect(wordsOf(reworded, yaml)).toEqual({
      problems: [
        `de.yaml:3 "parameters.WORK_DIR" is not known to translate the English text as it is now. Compare them, then write "${wordingOf('parameters.WORK_DIR', reworded)}" here.`,
      ],
    });
  });

  it('names the texts of a list by their order', () => {
    const place = 'steps.requirements.links.0.title';
    const yaml = `steps: { requirements: { ${wordingOf('steps.requirements')}, links: [{ title: Anleitung }] } }`;
    const { words } = wordsOf(guide, yaml) as {
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
