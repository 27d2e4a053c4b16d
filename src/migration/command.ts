import * as l10n from '@vscode/l10n';
import { librariesOf, type Guide, type WrittenStep } from './guide';
import { sha256 } from './hash';
import { quote } from './quote';

/** Confirmed parameter values by name. */
export type Values = Readonly<Record<string, string>>;

/**
 * What a step runs on the host. The preview shows `text`, the journal names `sha256`, the host executes those very
 * bytes: `bash cmd.sh run`, then `bash cmd.sh check`.
 */
export interface Command {
  readonly text: string;
  readonly sha256: string;
}

/** A text to run on the host. */
export const commandOf = (text: string): Command => ({ text, sha256: sha256(text) });

/** What a command that only looks printed on the host, and how it ended. */
export interface Printed {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number;
}

/**
 * Composes the text of a step: its values, the shared functions that it asks for, the step's own functions, the entry point.
 * @throws Error naming the first parameter of the step that has no value.
 */
export function compose(guide: Guide, step: WrittenStep, values: Values): Command {
  const exports = step.uses.map((name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Step "${step.title}" needs a value for ${name}.`);
    return `export ${name}=${quote(value)}`;
  });
  const text = [
    '#!/usr/bin/env bash',
    `# ${guide.title} · ${step.id}`,
    `export KM_GUIDE=${quote(guide.id)} KM_STEP=${quote(step.id)}`,
    ...exports,
    '',
    ...librariesOf(guide, step).flatMap((library) => [library.trimEnd(), '']),
    step.script.trimEnd(),
    '',
    'km_main "$@"',
    '',
  ].join('\n');
  return commandOf(text);
}

const everyLibrary = (guide: Guide): string[] =>
  [guide.lib, ...Object.values(guide.libs)].flatMap((library) => [library.trimEnd(), '']);

/** What the detection is asked for to learn whether the host stands where the guide begins. */
export const RECOGNITION = 'GUIDE';

/**
 * Composes the text that detects parameters on the host: `bash cmd.sh NAME…` prints a line for each, with tabs between
 * name, value and where it comes from.
 */
export function composeDetection(guide: Guide): Command {
  const functions = guide.parameters
    .filter((parameter) => parameter.detect !== undefined)
    .map((parameter) => `    ${parameter.name}) ${parameter.detect ?? ''} ;;`);
  const text = [
    '#!/usr/bin/env bash',
    `# ${guide.title} · values of this host`,
    `export KM_GUIDE=${quote(guide.id)} KM_STEP=detect`,
    '',
    ...everyLibrary(guide),
    'for name in "$@"; do',
    '  found=$(case $name in',
    ...functions,
    ...(guide.recognize === undefined ? [] : [`    ${RECOGNITION}) ${guide.recognize} ;;`]),
    '  esac) || found=',
    `  printf '%s\\t%s\\n' "$name" "$found"`,
    'done',
    '',
  ].join('\n');
  return commandOf(text);
}

/**
 * Composes the text that looks on the host whether a value can be right there: `bash cmd.sh` prints one sentence that
 * says why not, or nothing. The function sees the other values as a step does; without them it reads the running
 * platform. Undefined where the parameter has no such function.
 */
export function composeValidation(
  guide: Guide,
  name: string,
  value: string,
  others: Values = {},
): Command | undefined {
  const validate = guide.parameters.find((parameter) => parameter.name === name)?.validate;
  if (validate === undefined) return undefined;
  const known = guide.parameters.flatMap((parameter) => {
    const other = parameter.name === name ? undefined : others[parameter.name];
    return other === undefined ? [] : [`export ${parameter.name}=${quote(other)}`];
  });
  const text = [
    '#!/usr/bin/env bash',
    `# ${guide.title} · value of ${name}`,
    `export KM_GUIDE=${quote(guide.id)} KM_STEP=validate`,
    ...known,
    '',
    ...everyLibrary(guide),
    '# What breaks off says nothing against a value.',
    `${validate} ${quote(value)} 2>/dev/null || true`,
    '',
  ].join('\n');
  return commandOf(text);
}

/** Reads what a validation printed: why the value cannot be right, or undefined where nothing speaks against it. */
export function parseValidation(output: string): string | undefined {
  return output.trim().split('\n')[0] || undefined;
}

/** Reads what the detection printed: name, value and source, one line each; names without a value are left out. */
export function parseDetection(output: string): Map<string, { value: string; source: string }> {
  const found = new Map<string, { value: string; source: string }>();
  for (const line of output.split('\n')) {
    const [name, value, source = l10n.t('found on the host')] = line.split('\t');
    if (name && value) found.set(name, { value, source });
  }
  return found;
}
