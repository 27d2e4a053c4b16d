import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Session } from '../../host/session';
import { audit, type Audit, type KeptAttempt } from '../../migration/audit';
import { STEPS_VIEW } from '../ids';
import { inProgress } from '../progress';

/** What lies beside the journal on the host now, to be compared with it. */
export async function readKept(session: Session): Promise<KeptAttempt[]> {
  await session.refresh();
  return session.runner.verify(session.guide.id);
}

const document = (host: string, { records, attempts, head, findings }: Audit): string =>
  [
    `# ${l10n.t`The journal on ${host}`}`,
    '',
    l10n.t`${records} records and ${attempts} attempts were compared. What does not agree was changed after it was written:`,
    '',
    ...findings.map((finding) => `- ${finding}`),
    '',
    l10n.t`Hash of the last line: ${head}`,
    '',
  ].join('\n');

/** Tells whether the journal, and what lies beside it, is as it was written. */
export async function verifyRun(session: Session): Promise<void> {
  const host = session.transport.label;
  const result = await inProgress(STEPS_VIEW, l10n.t('Verifying the journal'), async () => {
    const kept = await readKept(session);
    return audit(session.snapshot.journal, kept);
  });
  const { records, attempts, head, findings } = result;
  if (findings.length === 0) {
    void vscode.window.showInformationMessage(
      l10n.t`The journal on ${host} is whole: ${records} records, ${attempts} attempts, their texts and logs agree. It ends in ${head.slice(0, 16)}…`,
    );
    return;
  }
  const show = l10n.t('Show What Differs');
  const chosen = await vscode.window.showWarningMessage(
    findings.length === 1
      ? l10n.t`The journal on ${host} does not agree with itself or its files in 1 place: ${findings[0] ?? ''}`
      : l10n.t`The journal on ${host} does not agree with itself or its files in ${findings.length} places. First: ${findings[0] ?? ''}`,
    show,
  );
  if (chosen !== show) return;
  const content = document(host, result);
  await vscode.window.showTextDocument(
    await vscode.workspace.openTextDocument({ language: 'markdown', content }),
  );
}
