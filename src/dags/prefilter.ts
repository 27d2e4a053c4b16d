/**
 * The cheap question before the expensive one: does a file mention anything that a rule speaks about? Works on the
 * bytes of a file, so that most files of a workspace are never decoded, and on text.
 */
export interface Prefilter {
  /** `find` is Buffer's or string's own indexOf, bound to the content. */
  readonly matches: (find: (needle: string) => number) => boolean;
}

/**
 * Every name in `needles` is matched as a substring; needles that contain another needle are redundant. What is in
 * `together` counts only beside the `companion`.
 */
export function createPrefilter(
  needles: Iterable<string>,
  companion: string,
  together: Iterable<string>,
): Prefilter {
  const alone = shortest(needles);
  const accompanied = shortest(together);
  const any = (list: readonly string[], find: (needle: string) => number) =>
    list.some((needle) => find(needle) >= 0);
  return { matches: (find) => any(alone, find) || (find(companion) >= 0 && any(accompanied, find)) };
}

function shortest(needles: Iterable<string>): readonly string[] {
  const sorted = [...new Set(needles)].filter((needle) => needle !== '').sort((a, b) => a.length - b.length);
  const kept: string[] = [];
  for (const needle of sorted) if (!kept.some((shorter) => needle.includes(shorter))) kept.push(needle);
  return kept;
}
