import * as l10n from '@vscode/l10n';
import type { Printed } from './command';

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

const filled = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/**
 * Reads what a step's `patches` printed: one JSON object a line, none where the run would change nothing.
 * @throws Error with what was said instead, as the script says there why it cannot tell
 */
export function parsePatches({ output, errors, exitCode }: Printed): Patch[] {
  const lines = filled(output);
  const patches = lines.flatMap((line) => asPatch(line) ?? []);
  if (exitCode === 0 && patches.length === lines.length) return patches;
  const said = [...filled(errors), ...lines].join(' ') || l10n.t('it does not answer.');
  throw new Error(l10n.t`What the step changes could not be found out: ${said}`);
}
