import * as vscode from 'vscode';
import type { Session } from '../host/session';
import type { Values } from '../migration/command';
import { composeDetection, parseDetection } from '../migration/command';
import type { Parameter, Step } from '../migration/guide';
import { STEPS_VIEW } from './ids';

interface Found {
  readonly value: string;
  readonly source: string;
}

const detect = (session: Session, names: readonly string[]): Promise<Map<string, Found>> =>
  Promise.resolve(
    vscode.window.withProgress(
      { location: { viewId: STEPS_VIEW }, title: 'Reading values from the host' },
      async () => parseDetection(await session.runner.detect(composeDetection(session.guide), names)),
    ),
  );

function validate(parameter: Parameter, value: string): string | undefined {
  if (new RegExp(`^(?:${parameter.pattern})$`, 'u').test(value)) return undefined;
  return `This is not a value for "${parameter.title}". Example: ${parameter.example}`;
}

/** Asks for one value, with what was found filled in. Undefined when the admin leaves. */
function ask(
  parameter: Parameter,
  offered: Found | undefined,
  position: string,
): Promise<string | undefined> {
  const source = offered ? `Offered: ${offered.source}.` : 'Not found on the host.';
  return Promise.resolve(
    vscode.window.showInputBox({
      title: `${parameter.title} ${position}`,
      prompt: `${parameter.what} ${source}`,
      value: offered?.value ?? '',
      placeHolder: parameter.example,
      ignoreFocusOut: true,
      validateInput: (value) => validate(parameter, value.trim()),
    }),
  );
}

async function askFor(
  session: Session,
  names: readonly string[],
  current: Values,
): Promise<Values | undefined> {
  const parameters = session.guide.parameters.filter(({ name }) => names.includes(name));
  const found = await detect(session, names);
  const answers: Record<string, string> = {};
  for (const [index, parameter] of parameters.entries()) {
    const { name } = parameter;
    const known = current[name];
    const offered =
      known === undefined
        ? (found.get(name) ??
          (parameter.default === undefined
            ? undefined
            : { value: parameter.default, source: 'the usual value' }))
        : { value: known, source: 'confirmed before' };
    const answer = await ask(parameter, offered, `(${index + 1} of ${parameters.length})`);
    if (answer === undefined) return undefined;
    answers[name] = answer.trim();
  }
  await session.runner.confirm(session.guide.id, answers);
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
  if (answered) void vscode.window.setStatusBarMessage('$(check) Values confirmed', 4000);
}
