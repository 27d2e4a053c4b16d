import * as l10n from '@vscode/l10n';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Session } from '../host/session';
import { audit } from '../migration/audit';
import { parseNumbers } from '../migration/numbers';
import { asJson, gather } from '../migration/report';
import { asHtml, asMarkdown } from '../migration/reportDocument';
import { foldRun } from '../migration/run';
import { inEnglish } from './l10n';
import { recordedNumbers } from './overview';
import { readKept } from './verifyRun';

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
  const name = `migration-${guide.id}-${transport.label}-${now.slice(0, 10)}.md`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: l10n.t('Export the report of the migration'),
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { Markdown: ['md'] },
  });
  if (!target) return;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const withEnding = (ending: string) => target.with({ path: target.path.replace(/(\.md)?$/, `.${ending}`) });
  try {
    for (const [ending, text] of [
      ['md', asMarkdown(report)],
      ['json', asJson(report)],
      ['html', asHtml(report)],
    ] as const)
      await vscode.workspace.fs.writeFile(ending === 'md' ? target : withEnding(ending), bytes(text));
    await vscode.window.showTextDocument(target);
    void offerPage(withEnding('html'));
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
