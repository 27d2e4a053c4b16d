import * as l10n from '@vscode/l10n';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { HostProblem } from '../../host/problem';
import type { Session } from '../../host/session';
import { folderName, isThisMachine, realFile, WorkflowCopies, type Changed } from '../../host/workflowCopies';
import type { StepStatus } from '../../migration/run';
import {
  contentName,
  FETCHED,
  HANDED,
  handOver,
  parseReplacements,
  parseWorkflowFiles,
  REPLACED,
  type WorkflowFile,
} from '../../migration/workflowFiles';
import { handedOver } from './handedOver';
import { commandId } from '../ids';
import type { StepNode } from './tree';

/** Where code-server inside Kaapana sees the workflows of its platform. */
const MOUNTED = '/kaapana/mounted/workflows/dags';
/** The folder of this machine with the copies of every host; the button to save them looks for this name. */
const FOLDER = 'kaapana-workflows';
/** More tabs than this help nobody; the others wait in the folder. */
const MOST_TABS = 20;

interface Opened {
  readonly file: WorkflowFile;
  readonly path: string;
  readonly real: boolean;
  readonly setAside?: string;
}

const copiesOf = ({ transport: { label } }: Session): WorkflowCopies =>
  new WorkflowCopies(join(homedir(), FOLDER, folderName(label)), label);

/** What a step keeps on the host under a name; an empty text where it keeps nothing yet. */
async function keptText(session: Session, name: string): Promise<string> {
  try {
    return (await session.runner.kept(session.guide.id, name)).toString('utf8');
  } catch (error) {
    if (error instanceof HostProblem && error.reason === 'no-copy') return '';
    throw error;
  }
}

/** Opens the workflow files that a step found, and lets a person put the changed ones back on the host. */
export class WorkflowFilesOnHost implements vscode.Disposable {
  /** What the platform says of a file, beside what the language server finds in it. */
  private readonly said = vscode.languages.createDiagnosticCollection('kaapana-platform');

  /**
   * Opens each file that the step found to need work: itself where this editor runs on the host, else a copy.
   * @throws HostProblem `no-copy` where the step has not listed them yet
   */
  async open(session: Session, { step }: StepStatus): Promise<void> {
    const text = await keptText(session, FETCHED);
    if (text === '')
      throw new HostProblem('no-copy', l10n.t`"${step.title}" has not looked for workflow files yet.`);
    const { folder, files } = parseWorkflowFiles(text);
    const copies = copiesOf(session);
    const here = (await isThisMachine(session.snapshot.boot)) ? [MOUNTED, folder] : [];
    const opened: Opened[] = [];
    for (const file of files.filter(({ sha256 }) => sha256 !== undefined)) {
      const real = await realFile(here, file);
      const read = (sha256: string) => session.runner.kept(session.guide.id, contentName(sha256));
      opened.push({
        file,
        real: real !== undefined,
        ...(real === undefined ? await copies.take(file, read) : { path: real }),
      });
    }
    await this.show(session, opened);
    this.tellOpened(session, step.id, copies, opened, files);
  }

  private async show({ transport }: Session, opened: readonly Opened[]): Promise<void> {
    this.said.clear();
    const first = new vscode.Range(0, 0, 0, Number.MAX_SAFE_INTEGER);
    for (const { path, file } of opened.slice(0, MOST_TABS)) {
      const uri = vscode.Uri.file(path);
      await vscode.window.showTextDocument(uri, { preview: false });
      if (file.why === 'calls') continue;
      const message = l10n.t`The platform on ${transport.label} cannot load this file: ${file.why}`;
      this.said.set(uri, [new vscode.Diagnostic(first, message, vscode.DiagnosticSeverity.Error)]);
    }
    if (opened.length > 0) await vscode.commands.executeCommand('workbench.actions.view.problems');
  }

  private tellOpened(
    session: Session,
    step: string,
    copies: WorkflowCopies,
    opened: readonly Opened[],
    files: readonly WorkflowFile[],
  ): void {
    const host = session.transport.label;
    const lost = files.filter(({ sha256 }) => sha256 === undefined);
    const aside = opened.flatMap(({ setAside }) => setAside ?? []);
    const copied = opened.filter(({ real }) => !real).length;
    const shown = Math.min(opened.length, MOST_TABS);
    const parts = [
      opened.length === 0 && lost.length === 0 && l10n.t`No workflow file of ${host} needs work.`,
      shown > 0 && l10n.t`Workflow files of ${host} that need work: ${opened.length}, open here: ${shown}.`,
      copied > 0 &&
        l10n.t`They are copies, in ${copies.folder}: change them here, then save them to the host.`,
      opened.length > copied &&
        l10n.t`This editor runs on the host: what you save are the platform's own files. Check the step afterwards.`,
      lost.length > 0 &&
        l10n.t`Not opened: ${lost.map(({ name, why }) => `${name} (${why})`).join(', ')}. Look at them on the host.`,
      aside.length > 0 &&
        l10n.t`Somebody changed files on the host that you had changed here. Your text was set aside: ${aside.join(', ')}.`,
    ];
    const save = l10n.t('Save to Host…');
    const reveal = l10n.t('Show Folder');
    const show =
      lost.length + aside.length > 0
        ? vscode.window.showWarningMessage
        : vscode.window.showInformationMessage;
    void show(parts.filter(Boolean).join(' '), ...(copied > 0 ? [save, reveal] : [])).then((chosen) => {
      if (chosen === save)
        void vscode.commands.executeCommand(commandId('saveWorkflowFiles'), {
          kind: 'step',
          id: step,
        } satisfies StepNode);
      else if (chosen === reveal)
        void vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(copies.folder));
    });
  }

  /**
   * Hands the copies that a person has changed and picks over to the host, and has the step replace the files there.
   * @param from the file whose button was pressed
   * @param run asks for the step and starts it as it is handed over, no earlier; resolves to whether it was started
   */
  async save(
    session: Session,
    from: vscode.Uri | undefined,
    run: (around: (start: () => Promise<boolean>) => Promise<boolean>) => Promise<boolean>,
  ): Promise<void> {
    const copies = copiesOf(session);
    const host = session.transport.label;
    const inside = (uri: vscode.Uri) => uri.fsPath.startsWith(join(copies.folder, '/'));
    if (from && !inside(from))
      throw new HostProblem('bad-host', l10n.t`This file came from another host than ${host}.`);
    for (const document of vscode.workspace.textDocuments)
      if (document.isDirty && inside(document.uri)) await document.save();
    const there = parseReplacements(await keptText(session, REPLACED));
    const isThere = ({ name, after }: Changed) =>
      there.findLast((replaced) => replaced.name === name)?.after === after;
    const changed = (await copies.changed()).filter((copy) => !isThere(copy));
    if (changed.length === 0) {
      void vscode.window.showInformationMessage(
        l10n.t`No copy in ${copies.folder} is different from what ${host} has.`,
      );
      return;
    }
    const picked = await pick(host, changed);
    if (picked.length === 0) return;
    const { runner, guide } = session;
    for (const { after, content } of picked) await runner.keep(guide.id, contentName(after), content);
    const keep = (list: string) => runner.keep(guide.id, HANDED, list);
    if (await run((start) => handedOver(handOver(picked), keep, start)))
      for (const { path } of picked) this.said.delete(vscode.Uri.file(path));
  }

  dispose(): void {
    this.said.dispose();
  }
}

const SHOW_CHANGES: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('diff'),
  tooltip: l10n.t('Show what was changed'),
};

/** Findings that are left in a file, where it is open; an empty text where it is not. */
function findingsIn(path: string): string {
  const uri = vscode.Uri.file(path);
  if (!vscode.workspace.textDocuments.some((document) => document.uri.fsPath === uri.fsPath)) return '';
  const count = vscode.languages
    .getDiagnostics(uri)
    .filter(({ source, severity }) => source === 'kaapana' && severity <= vscode.DiagnosticSeverity.Warning);
  return count.length === 0 ? l10n.t('no findings left') : l10n.t`findings left: ${count.length}`;
}

/** Which of the changed copies go to the host: all of them, unless the person takes some away. */
async function pick(host: string, changed: readonly Changed[]): Promise<readonly Changed[]> {
  const box = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly copy: Changed }>();
  box.title = l10n.t`Save workflow files to ${host}`;
  box.placeholder = l10n.t('A file that somebody changed there meanwhile is not replaced.');
  box.canSelectMany = true;
  box.ignoreFocusOut = true;
  box.items = changed.map((copy) => ({
    label: copy.name,
    description: findingsIn(copy.path),
    buttons: [SHOW_CHANGES],
    copy,
  }));
  box.selectedItems = box.items;
  box.onDidTriggerItemButton(({ item: { copy } }) => {
    const title = l10n.t`${copy.name}: on the host ↔ changed`;
    void vscode.commands.executeCommand(
      'vscode.diff',
      vscode.Uri.file(copy.original),
      vscode.Uri.file(copy.path),
      title,
    );
  });
  try {
    return await new Promise<readonly Changed[]>((resolve) => {
      box.onDidAccept(() => resolve(box.selectedItems.map(({ copy }) => copy)));
      box.onDidHide(() => resolve([]));
      box.show();
    });
  } finally {
    box.dispose();
  }
}
