/** Descriptions of data. Each checks a value that came from elsewhere, and gives it its type. */
export type Shape<T> = (value: unknown) => value is T;
export type Of<S> = S extends Shape<infer T> ? T : never;

export const text: Shape<string> = (value) => typeof value === 'string';
export const flag: Shape<boolean> = (value) => typeof value === 'boolean';
export const number: Shape<number> = (value): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Text of a length that a person types. */
export const shortText: Shape<string> = (value): value is string => text(value) && value.length <= 4096;

export const oneOf =
  <const T extends string>(...words: readonly T[]): Shape<T> =>
  (value): value is T =>
    words.some((word) => word === value);

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || shape(value);

export const list =
  <T>(item: Shape<T>): Shape<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.every(item);

export const object =
  <F extends Readonly<Record<string, Shape<unknown>>>>(
    fields: F,
  ): Shape<{ readonly [K in keyof F]: Of<F[K]> }> =>
  (value): value is { readonly [K in keyof F]: Of<F[K]> } =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, shape]) =>
      shape((value as Readonly<Record<string, unknown>>)[name]),
    );

/** One of several shapes, told apart by the word in `type`. */
export const either =
  <S extends readonly Shape<unknown>[]>(...shapes: S): Shape<Of<S[number]>> =>
  (value): value is Of<S[number]> =>
    shapes.some((shape) => shape(value));
