/** The cheap question before the expensive one: does a file mention anything that a rule speaks about? */
export interface Prefilter {
  readonly matches: (text: string) => boolean;
}

/**
 * Needles are matched as substrings. They come by companion: those of a group count only in a file that has the
 * companion as well, and are looked for only there; the empty companion is everywhere.
 */
export function createPrefilter(needles: ReadonlyMap<string, Iterable<string>>): Prefilter {
  const groups = [...needles].map(([companion, list]) => ({ companion, list: shortest(list) }));
  return {
    matches: (text) =>
      groups.some(
        ({ companion, list }) => text.includes(companion) && list.some((needle) => text.includes(needle)),
      ),
  };
}

/** What contains another needle is redundant. */
function shortest(needles: Iterable<string>): readonly string[] {
  const sorted = [...new Set(needles)].filter((needle) => needle !== '').sort((a, b) => a.length - b.length);
  const kept: string[] = [];
  for (const needle of sorted) if (!kept.some((shorter) => needle.includes(shorter))) kept.push(needle);
  return kept;
}
