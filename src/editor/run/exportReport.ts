import * as l10n from '@vscode/l10n';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Session } from '../../host/session';
import { folderName } from '../../host/workflowCopies';
import { audit } from '../../migration/audit';
import { parseNumbers } from '../../migration/numbers';
import { asJson, gather } from '../../migration/report';
import { asHtml, asMarkdown } from '../../migration/reportDocument';
import { foldRun } from '../../migration/run';
import { inEnglish } from '../l10n';
import { recordedNumbers } from '../pages/overviewPage';
import { readKept } from './verifyRun';

/** Asks before files are replaced that nobody chose: those that stand beside the chosen one. */
export async function mayReplace(beside: readonly vscode.Uri[]): Promise<boolean> {
  const there: string[] = [];
  for (const file of beside)
    await vscode.workspace.fs.stat(file).then(
      () => there.push(basename(file.fsPath)),
      () => undefined,
    );
  if (there.length === 0) return true;
  const go = l10n.t('Replace');
  const detail = l10n.t`The report is written as three files. Beside the one that you chose there is already: ${there.join(', ')}.`;
  const title = l10n.t('Replace what is there?');
  return (await vscode.window.showWarningMessage(title, { modal: true, detail }, go)) === go;
}

/** The name that is offered for a report: a host may be called by what no file can be. */
export const reportName = (guide: string, host: string, now: string): string =>
  `migration-${guide}-${folderName(host)}-${now.slice(0, 10)}.md`;

/**
 * Writes the report of the run as Markdown, and beside it as JSON and as a page to print, to a place that the admin
 * chooses. Where no file can be written, the Markdown is shown in an unsaved document.
 */
export async function exportReport(session: Session): Promise<void> {
  const kept = await readKept(session);
  const numbers = await recordedNumbers(session);
  const { snapshot, transport } = session;
  const guide = session.guide.original ?? session.guide;
  const now = new Date().toISOString();
  // Filed away, it is read by whoever asks later: in the language of the journal.
  const report = inEnglish(() =>
    gather({
      guide,
      run: foldRun(guide, snapshot),
      snapshot,
      audit: audit(snapshot.journal, kept),
      host: transport.label,
      numbers: parseNumbers(numbers),
      now,
    }),
  );
  const name = reportName(guide.id, transport.label, now);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: l10n.t('Export the report of the migration'),
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { Markdown: ['md'] },
  });
  if (!target) return;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const withEnding = (ending: string) => target.with({ path: target.path.replace(/(\.md)?$/, `.${ending}`) });
  const [json, html] = [withEnding('json'), withEnding('html')];
  if (!(await mayReplace([json, html]))) return;
  try {
    for (const [file, text] of [
      [target, asMarkdown(report)],
      [json, asJson(report)],
      [html, asHtml(report)],
    ] as const)
      await vscode.workspace.fs.writeFile(file, bytes(text));
    await vscode.window.showTextDocument(target);
    void offerPage(html);
  } catch (error) {
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ language: 'markdown', content: asMarkdown(report) }),
    );
    throw new Error(
      l10n.t`The report could not be written to ${target.fsPath}: ${String(error)} It is shown unsaved instead.`,
      { cause: error },
    );
  }
}

/** Leads to the page to print: into a browser where both are on one machine, else to where it can be downloaded. */
async function offerPage(page: vscode.Uri): Promise<void> {
  const { env } = vscode;
  const local = env.uiKind === vscode.UIKind.Desktop && env.remoteName === undefined;
  const action = local ? l10n.t('Open Page to Print') : l10n.t('Show in Explorer');
  const message = l10n.t`The report is written. To print it, open ${basename(page.fsPath)} in a browser.`;
  if ((await vscode.window.showInformationMessage(message, action)) !== action) return;
  if (local) await env.openExternal(page);
  else await vscode.commands.executeCommand('revealInExplorer', page);
}
