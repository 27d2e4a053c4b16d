/** One change of an object in the cluster, as a step's script says it beforehand. */
export interface Patch {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly patch: object;
}

const NAMES = ['apiVersion', 'kind', 'namespace', 'name'] as const;

function asPatch(line: string): Patch | undefined {
  try {
    const value = JSON.parse(line) as Partial<Record<keyof Patch, unknown>> | null;
    const named = NAMES.every((key) => typeof value?.[key] === 'string');
    return named && typeof value?.patch === 'object' && value.patch !== null ? (value as Patch) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads what a step's `patches` printed: one JSON object a line, none where the run would change nothing.
 * @throws Error with what was printed instead, as the script says there why it cannot tell
 */
export function parsePatches(output: string): Patch[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const patch = asPatch(line);
    if (!patch) throw new Error(`What the step changes could not be found out: ${lines.join(' ')}`);
    return patch;
  });
}
