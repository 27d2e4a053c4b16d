import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../host/session';
import { composeDetection, parseDetection, RECOGNITION } from '../migration/command';
import type { Guide } from '../migration/guide';
import { commandId } from './ids';

/** A guide that a host calls for, and why. */
export interface Recognized {
  readonly guide: Guide;
  readonly because: string;
}

/** The guide that a host is in the middle of, else the one whose starting point the host shows; undefined where neither. */
export async function recognizeGuide(
  { runner, transport }: Session,
  guides: readonly Guide[],
): Promise<Recognized | undefined> {
  for (const guide of guides) {
    const { journal } = await runner.status(guide.id);
    if (journal.records.length > 0)
      return { guide, because: l10n.t`A run of it was begun on ${transport.label}.` };
  }
  for (const guide of guides) {
    if (guide.recognize === undefined) continue;
    const found = parseDetection(await runner.detect(composeDetection(guide), [RECOGNITION])).get(
      RECOGNITION,
    );
    if (found) return { guide, because: l10n.t`${transport.label} shows ${found.value}: ${found.source}.` };
  }
  return undefined;
}

/** Lets the admin choose a guide; undefined when they leave. */
export async function pickGuide(guides: readonly Guide[], current: string): Promise<Guide | undefined> {
  const items = guides.map((guide) => ({
    label: guide.title,
    description:
      guide.id === current
        ? l10n.t`${guide.steps.length} steps, open now`
        : l10n.t`${guide.steps.length} steps`,
    guide,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t('Choose the migration guide'),
    placeHolder: l10n.t('Nothing is run by choosing. Each guide has a journal of its own on the host.'),
    matchOnDescription: true,
  });
  return chosen?.guide;
}

/** Says that another guide was opened than the usual one. */
export function tellRecognized({ guide, because }: Recognized): void {
  const other = l10n.t('Choose Another Guide');
  void vscode.window
    .showInformationMessage(l10n.t`${guide.title} is open. ${because}`, other)
    .then((chosen) => chosen && vscode.commands.executeCommand(commandId('chooseGuide')));
}
