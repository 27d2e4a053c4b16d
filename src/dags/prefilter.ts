/**
 * The cheap question before the expensive one: does a file mention anything that a rule speaks about? Works on the
 * bytes of a file, so that most files of a workspace are never decoded, and on text.
 */
export interface Prefilter {
  /** `find` is Buffer's or string's own indexOf, bound to the content. */
  readonly matches: (find: (needle: string) => number) => boolean;
}

/**
 * Needles are matched as substrings. They come by companion: those of a group count only in a file that has the
 * companion as well, and are looked for only there; the empty companion is everywhere.
 */
export function createPrefilter(needles: ReadonlyMap<string, Iterable<string>>): Prefilter {
  const groups = [...needles].map(([companion, list]) => ({ companion, list: shortest(list) }));
  return {
    matches: (find) =>
      groups.some(
        ({ companion, list }) =>
          (companion === '' || find(companion) >= 0) && list.some((needle) => find(needle) >= 0),
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
