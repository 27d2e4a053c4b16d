import * as vscode from 'vscode';
import type { Session } from '../host/session';
import { audit, type Audit } from '../migration/audit';
import { STEPS_VIEW } from './ids';

/** Compares journal, texts and logs of the run, as they lie on the host now. */
export async function auditRun(session: Session): Promise<Audit> {
  await session.refresh();
  return audit(session.snapshot.journal, await session.runner.verify(session.guide.id));
}

const document = (host: string, { records, attempts, head, findings }: Audit): string =>
  [
    `# The journal on ${host}`,
    '',
    `${records} records and ${attempts} attempts were compared. What does not agree was changed after it was written:`,
    '',
    ...findings.map((finding) => `- ${finding}`),
    '',
    `Hash of the last line: ${head}`,
    '',
  ].join('\n');

/** Tells whether the journal, and what lies beside it, is as it was written. */
export async function verifyRun(session: Session): Promise<void> {
  const host = session.transport.label;
  const result = await vscode.window.withProgress(
    { location: { viewId: STEPS_VIEW }, title: 'Verifying the journal' },
    () => auditRun(session),
  );
  const { records, attempts, head, findings } = result;
  if (findings.length === 0) {
    void vscode.window.showInformationMessage(
      `The journal on ${host} is whole: ${records} records, ${attempts} attempts, their texts and logs agree. It ends in ${head.slice(0, 16)}…`,
    );
    return;
  }
  const show = 'Show What Differs';
  const chosen = await vscode.window.showWarningMessage(
    `The journal on ${host} does not agree with itself or its files in ${findings.length} place${findings.length > 1 ? 's' : ''}. First: ${findings[0] ?? ''}`,
    show,
  );
  if (chosen !== show) return;
  const content = document(host, result);
  await vscode.window.showTextDocument(
    await vscode.workspace.openTextDocument({ language: 'markdown', content }),
  );
}
