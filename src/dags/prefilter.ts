/**
 * The cheap question before the expensive one: does a file mention anything that a rule speaks about? Works on the
 * bytes of a file, so that most files of a workspace are never decoded, and on text.
 */
export interface Prefilter {
  /** `find` is Buffer's or string's own indexOf, bound to the content. */
  readonly matches: (find: (needle: string) => number) => boolean;
}

/** Every name in `needles` is matched as a substring; needles that contain another needle are redundant. */
export function createPrefilter(needles: Iterable<string>): Prefilter {
  const sorted = [...new Set(needles)].filter((needle) => needle !== '').sort((a, b) => a.length - b.length);
  const kept: string[] = [];
  for (const needle of sorted) if (!kept.some((shorter) => needle.includes(shorter))) kept.push(needle);
  return { matches: (find) => kept.some((needle) => find(needle) >= 0) };
}
