import * as vscode from 'vscode';
import type { Session } from '../host/session';
import { asJson, gather } from '../migration/report';
import { asHtml, asMarkdown } from '../migration/reportDocument';
import { recordedNumbers } from './overview';
import { auditRun } from './verifyRun';

/**
 * Writes the report of the run as Markdown, and beside it as JSON and as a page to print, to a place that the admin
 * chooses. Where no file can be written, the Markdown is shown in an unsaved document.
 */
export async function exportReport(session: Session): Promise<void> {
  const audited = await auditRun(session);
  const numbers = await recordedNumbers(session);
  const { guide, run, snapshot, transport } = session;
  const now = new Date().toISOString();
  const report = gather({ guide, run, snapshot, audit: audited, host: transport.label, numbers, now });
  const name = `migration-${guide.id}-${transport.label}-${now.slice(0, 10)}.md`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: 'Export the report of the migration',
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { Markdown: ['md'] },
  });
  if (!target) return;
  const bytes = (text: string) => new TextEncoder().encode(text);
  try {
    for (const [ending, text] of [
      ['md', asMarkdown(report)],
      ['json', asJson(report)],
      ['html', asHtml(report)],
    ] as const) {
      const path = ending === 'md' ? target.path : target.path.replace(/(\.md)?$/, `.${ending}`);
      await vscode.workspace.fs.writeFile(target.with({ path }), bytes(text));
    }
    await vscode.window.showTextDocument(target);
  } catch (error) {
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ language: 'markdown', content: asMarkdown(report) }),
    );
    throw new Error(
      `The report could not be written to ${target.fsPath}: ${String(error)} It is shown unsaved instead.`,
      { cause: error },
    );
  }
}
