import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../../host/session';
import {
  composeDetection,
  composeValidation,
  parseDetection,
  parseValidation,
  type Values,
} from '../../migration/command';
import type { Parameter, Step } from '../../migration/guide';
import { STEPS_VIEW } from '../ids';
import { offeredValue } from './offeredValue';
import { inProgress } from '../progress';

export interface Found {
  readonly value: string;
  readonly source: string;
}

/** Reads values from the host. Looks only. */
export const detect = async (
  { guide, runner }: Session,
  names: readonly string[],
): Promise<Map<string, Found>> => parseDetection(await runner.detect(composeDetection(guide), names));

/** Why a value cannot be one, by its form alone. */
function malformed(parameter: Parameter, value: string): string | undefined {
  if (new RegExp(`^(?:${parameter.pattern})$`, 'u').test(value)) return undefined;
  return l10n.t`This is not a value for "${parameter.title}". Example: ${parameter.example}`;
}

/** What speaks against a value. A person may take it all the same, unless its form alone rules it out. */
export interface Objection {
  readonly text: string;
  readonly final: boolean;
}

/** What speaks against a value on this host; undefined where nothing does. Looks only. */
async function objectionTo(
  session: Session,
  parameter: Parameter,
  value: string,
  others: Values,
): Promise<Objection | undefined> {
  const form = malformed(parameter, value);
  if (form !== undefined) return { text: form, final: true };
  const command = composeValidation(session.guide, parameter.name, value, others);
  if (!command) return undefined;
  const text = await inProgress(
    STEPS_VIEW,
    l10n.t`Checking "${parameter.title}" on ${session.transport.label}`,
    async () => parseValidation(await session.runner.detect(command, [])),
  );
  return text === undefined ? undefined : { text, final: false };
}

/** Takes one value, as it was typed, after looking on the host. Answers why not, or undefined once it is journaled. */
export async function confirmValue(
  session: Session,
  name: string,
  typed: string,
  anyway: boolean,
): Promise<Objection | undefined> {
  const parameter = session.guide.parameters.find((candidate) => candidate.name === name);
  if (!parameter) return { text: l10n.t('This guide has no such value.'), final: true };
  const value = typed.trim();
  const objection = await objectionTo(session, parameter, value, session.run.values);
  if (objection && (objection.final || !anyway)) return objection;
  await session.runner.confirm(session.guide.id, { [name]: value });
  return undefined;
}

/** Asks for one value, with what was found filled in. What the host has against it is shown once. Undefined when the admin leaves. */
async function ask(
  session: Session,
  parameter: Parameter,
  offered: Found | undefined,
  position: string,
  others: Values,
): Promise<string | undefined> {
  const source = offered ? l10n.t`Offered: ${offered.source}.` : l10n.t('Not found on the host.');
  let value = offered?.value ?? '';
  const told = new Map<string, string>();
  for (;;) {
    const answer = await vscode.window.showInputBox({
      title: `${parameter.title} ${position}`,
      prompt: `${parameter.what} ${source}`,
      value,
      placeHolder: parameter.example,
      ignoreFocusOut: true,
      validateInput: (typed) => {
        const problem = told.get(typed.trim());
        if (problem === undefined) return malformed(parameter, typed.trim());
        const message = l10n.t`${problem} Enter takes it all the same.`;
        return { message, severity: vscode.InputBoxValidationSeverity.Warning };
      },
    });
    if (answer === undefined) return undefined;
    value = answer.trim();
    if (told.has(value)) return value;
    const objection = await objectionTo(session, parameter, value, others);
    if (!objection) return value;
    told.set(value, objection.text);
  }
}

async function askFor(
  session: Session,
  names: readonly string[],
  current: Values,
): Promise<Values | undefined> {
  const parameters = session.guide.parameters.filter(({ name }) => names.includes(name));
  const found = await inProgress(STEPS_VIEW, l10n.t('Reading values from the host'), () =>
    detect(session, names),
  );
  const answers: Record<string, string> = {};
  for (const [index, parameter] of parameters.entries()) {
    const { name } = parameter;
    const known = current[name];
    const offered =
      known === undefined
        ? offeredValue(parameter, found)
        : { value: known, source: l10n.t('confirmed before') };
    const position = l10n.t`(${index + 1} of ${parameters.length})`;
    const answer = await ask(session, parameter, offered, position, { ...current, ...answers });
    if (answer === undefined) return undefined;
    answers[name] = answer;
  }
  await session.runner.confirm(session.guide.id, answers);
  // What is asked next shows them.
  await session.refresh();
  return { ...current, ...answers };
}

/**
 * The values that a step reads. Those that nobody confirmed yet are read from the host and shown for confirmation.
 * Undefined when the admin leaves.
 */
export async function valuesFor(session: Session, step: Step): Promise<Values | undefined> {
  const { values } = session.run;
  const open = step.uses.filter((name) => values[name] === undefined);
  return open.length === 0 ? values : askFor(session, open, values);
}

/** Lets the admin go through every value of the guide again. */
export async function editValues(session: Session): Promise<void> {
  const all = session.guide.parameters.map(({ name }) => name);
  const answered = await askFor(session, all, session.run.values);
  if (answered) void vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Values confirmed')}`, 4000);
}
