import type { Guide } from './guide';

/** Texts of a guide in another language by their place, such as `steps.drain.title`. What is missing stays English. */
export type GuideWords = Readonly<Record<string, string>>;

type Say = (place: string, text: string) => string;

function reworded<T extends object>(
  place: string,
  object: T,
  names: readonly (keyof T & string)[],
  say: Say,
): T {
  const texts = names.flatMap((name) => {
    const text = object[name];
    return typeof text === 'string' ? [[name, say(`${place}.${name}`, text)] as const] : [];
  });
  return { ...object, ...Object.fromEntries(texts) };
}

/** The guide with every text that a person reads as `say` has it. Whatever runs, and whatever names a thing, stays. */
function reword(guide: Guide, say: Say): Guide {
  return {
    ...guide,
    sections: guide.sections.map((section) => reworded(`sections.${section.id}`, section, ['title'], say)),
    parameters: guide.parameters.map((parameter) =>
      reworded(`parameters.${parameter.name}`, parameter, ['title', 'what'], say),
    ),
    steps: guide.steps.map((step) => {
      const place = `steps.${step.id}`;
      const { needs, deviation, links } = step;
      return {
        ...reworded(place, step, ['title', 'why', 'does', 'manual', 'undo'], say),
        needs: reworded(`${place}.needs`, needs, ['disk'], say),
        ...(deviation && {
          deviation: reworded(`${place}.deviation`, deviation, ['guide', 'effect', 'ours', 'evidence'], say),
        }),
        links: links.map((link, index) => reworded(`${place}.links.${index}`, link, ['title'], say)),
      };
    }),
  };
}

/** The guide in another language; it remembers how it is written. */
export const translated = (guide: Guide, words: GuideWords): Guide => ({
  ...reword(guide, (place, text) => words[place] ?? text),
  original: guide,
});

/** All texts that can be translated, by their places. */
export function textsOf(guide: Guide): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  reword(guide, (place, text) => {
    texts.set(place, text);
    return text;
  });
  return texts;
}
