import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Command } from '../../migration/command';
import type { Step } from '../../migration/guide';
import { commandId } from '../ids';
import type { StepNode } from './tree';

export const PREVIEW_SCHEME = 'kaapana-preview';

interface Previewed {
  readonly step: Step;
  readonly host: string;
  readonly command: Command;
}

/** Shows the exact text that a step runs, read-only, with its SHA-256 above it. */
export class Previews implements vscode.TextDocumentContentProvider, vscode.CodeLensProvider {
  private readonly shown = new Map<string, Previewed>();

  /** Opens the text. Its address carries its hash, so that a text that is on screen never changes. */
  async open(step: Step, host: string, command: Command): Promise<void> {
    const path = `/${host}/${step.id}.sh`;
    const uri = vscode.Uri.from({ scheme: PREVIEW_SCHEME, path, query: command.sha256 });
    this.shown.set(uri.toString(), { step, host, command });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, 'shellscript').then(undefined, () => undefined);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return (
      this.shown.get(uri.toString())?.command.text ??
      `# ${l10n.t('This preview belongs to an earlier window. Open it again from the step.')}\n`
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const previewed = this.shown.get(document.uri.toString());
    if (!previewed) return [];
    const { step, host, command } = previewed;
    const top = new vscode.Range(0, 0, 0, 0);
    const node: StepNode = { kind: 'step', id: step.id };
    const own = ownLine(step, command);
    const lens = (title: string, action: string, ...args: unknown[]) =>
      new vscode.CodeLens(top, { title, command: action, arguments: args });
    return [
      lens(`$(play) ${l10n.t`Run on ${host}…`}`, commandId('runStep'), node),
      lens(`SHA-256 ${command.sha256}`, ''),
      ...(own > 0
        ? [lens(l10n.t`The step's own part: line ${own}`, 'revealLine', { lineNumber: own - 1, at: 'top' })]
        : []),
    ];
  }
}

/** Line, from 1, at which the step's own part begins below the shared functions. */
function ownLine({ script = '' }: Step, { text }: Command): number {
  const offset = text.indexOf(script.trimEnd());
  return offset < 0 ? 0 : text.slice(0, offset).split('\n').length;
}
