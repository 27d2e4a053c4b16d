/** What is never passed on in a report: shapes of secrets and of identifiers that point at a patient. */
const SHAPES: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['secret', /\b(password|passwd|secret|token|apikey|api_key)(\s*[=:]\s*)(?!\s)\S+/gi],
  ['secret', /\b(bearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi],
  // A DICOM unique identifier: dotted numbers, longer than any version or address.
  ['identifier', /\b\d+(?:\.\d+){6,}\b/g],
  ['identifier', /\bPatient(?:ID|Name|BirthDate)\b\s*[=:]\s*\S+/gi],
];

export interface Redacted {
  readonly text: string;
  /** How many places were taken out. */
  readonly count: number;
}

/** Takes secrets and patient identifiers out of a text and counts them. */
export function redact(text: string): Redacted {
  let count = 0;
  const cleaned = SHAPES.reduce(
    (rest, [kind, pattern]) =>
      rest.replace(pattern, () => {
        count++;
        return `«${kind} removed»`;
      }),
    text,
  );
  return { text: cleaned, count };
}

/** The same for every text in a value, however deep, keeping its shape. */
export function redactAll<T>(value: T): { readonly value: T; readonly count: number } {
  let count = 0;
  const clean = (part: unknown): unknown => {
    if (typeof part === 'string') {
      const redacted = redact(part);
      count += redacted.count;
      return redacted.text;
    }
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, child]) => [key, clean(child)]));
  };
  return { value: clean(value) as T, count };
}
