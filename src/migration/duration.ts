/** How long something takes, in minutes; `most` is missing where only the data tells. */
export interface Minutes {
  readonly least: number;
  readonly most: number | undefined;
}

/** What a guide's words for a duration come to; undefined where they name no number. */
export function minutesOf(duration: string): Minutes | undefined {
  const under = /^under (\d+) min/.exec(duration);
  if (under) return { least: 0, most: Number(under[1]) };
  const range = /^(\d+)\s*[-–]\s*(\d+) min/.exec(duration);
  if (range) return { least: Number(range[1]), most: Number(range[2]) };
  const open = /^(\d+) min to/.exec(duration);
  if (open) return { least: Number(open[1]), most: undefined };
  const exact = /^(?:about )?(\d+) min/.exec(duration);
  return exact ? { least: Number(exact[1]), most: Number(exact[1]) } : undefined;
}

/** Several durations one after the other, and how many of them have no upper end. */
export function sumOf(durations: readonly string[]): {
  readonly least: number;
  readonly most: number;
  readonly open: number;
} {
  const known = durations.map(minutesOf);
  return {
    least: known.reduce((sum, minutes) => sum + (minutes?.least ?? 0), 0),
    most: known.reduce((sum, minutes) => sum + (minutes?.most ?? minutes?.least ?? 0), 0),
    open: known.filter((minutes) => minutes?.most === undefined).length,
  };
}
