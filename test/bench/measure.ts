/** What a measurement is called, what it came to, and what it is held against. */
export interface Measurement {
  readonly what: string;
  /** Absent where only the ratio was told. */
  readonly ours?: { readonly value: number; readonly unit: Unit };
  /** In the unit of `ours`. */
  readonly yardstick?: { readonly what: string; readonly value: number };
  /** Ours in yardsticks: the median of the rounds' own ratios, as load that comes and goes hits both sides of a round. */
  readonly ratio?: number;
  /** Half of all rounds lie within this share of the median; absent where there was nothing to repeat. */
  readonly spread?: number;
  /** What `ratio` or `ours` may be. */
  readonly budget?: { readonly of: 'ratio' | 'ours'; readonly limit: number };
}

export type Unit = 'ms' | 'KB' | 'MB';

export type Work = () => unknown;

export interface Rounds {
  readonly times: number;
  /** Rounds before, which are not counted. */
  readonly warmUp?: number;
}

/** The value below which this share of the numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

export const spreadOf = (numbers: readonly number[]): number =>
  (quantile(numbers, 0.75) - quantile(numbers, 0.25)) / 2 / median(numbers);

/** Milliseconds that a piece of work takes. */
export async function duration(work: Work): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** One of those that are compared: what is set up before each of its turns, untimed, and what is timed. */
export interface Side {
  readonly prepare?: Work;
  readonly work: Work;
}

/**
 * Milliseconds of each side in each round. Each is set up right before its turn, and every other round begins at the other
 * end, so that none always pays for what the one before it left to the disk.
 */
export async function contest<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { times, warmUp = 1 }: Rounds,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUp; round < times; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      await sides[name].prepare?.();
      const milliseconds = await duration(sides[name].work);
      if (round >= 0) taken[name].push(milliseconds);
    }
  }
  return taken;
}

/** The same for works that need no setting up. */
export const rounds = <Name extends string>(
  works: Readonly<Record<Name, Work>>,
  options: Rounds,
): Promise<Record<Name, number[]>> => {
  const sides = Object.entries<Work>(works).map(([name, work]) => [name, { work }] as const);
  return contest(Object.fromEntries(sides) as Record<Name, Side>, options);
};

/** Rounds of ours against rounds of a yardstick, taken together. */
export function against(
  what: string,
  ours: readonly number[],
  yardstick: { readonly what: string; readonly taken: readonly number[] },
  ratioBudget?: number,
): Measurement {
  const ratios = ours.map((value, round) => value / (yardstick.taken[round] ?? NaN));
  return {
    what,
    ours: { value: median(ours), unit: 'ms' },
    yardstick: { what: yardstick.what, value: median(yardstick.taken) },
    ratio: median(ratios),
    spread: spreadOf(ratios),
    ...(ratioBudget === undefined ? {} : { budget: { of: 'ratio', limit: ratioBudget } }),
  };
}

/** Whether a measurement keeps its budget; undefined where it has none. */
export function isWithin({ budget, ours, ratio }: Measurement): boolean | undefined {
  if (!budget) return undefined;
  return ((budget.of === 'ours' ? ours?.value : ratio) ?? NaN) <= budget.limit;
}
