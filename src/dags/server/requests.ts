import * as l10n from '@vscode/l10n';
import { MarkupKind, type Connection } from 'vscode-languageserver/node';
import { hoverAt } from '../report/hover';
import { LineIndex } from '../lines';
import { reportEntries } from '../report/reports';
import { codeActions } from './actions';
import { toRange } from './convert';
import type { OpenDocument } from './documents';
import { workspaceFix, type FixTarget } from './fix-workspace';
import type { Workspace } from './workspace';
import { summarize } from '../report/summary';

/** Commands that the server carries out; `vscode-languageclient` registers them under these names. */
const FIX_WORKSPACE = 'kaapana.dags.fixWorkspace';
const FIX_WORKSPACE_WITH_REVIEW = 'kaapana.dags.fixWorkspaceWithReview';

/** The commands that the server carries out. */
export const COMMANDS = [FIX_WORKSPACE, FIX_WORKSPACE_WITH_REVIEW];

/** What is open and what is known. */
export interface ServerState {
  readonly documents: ReadonlyMap<string, OpenDocument>;
  /** Files on disk that concern some rule. */
  readonly relevant: ReadonlySet<string>;
  readonly workspace: () => Workspace;
}

/** Answers what an editor asks for: actions, hovers, commands, the summary. */
export function answerRequests(connection: Connection, state: ServerState): void {
  const { documents, workspace } = state;

  connection.onCodeAction((params) => {
    const document = documents.get(params.textDocument.uri);
    const analysis = document?.analysis(workspace().optionsOf(document.uri));
    if (!document || !analysis) return [];
    const { uri, version, text } = document;
    return codeActions({ uri, version, text, analysis, fixWorkspace: FIX_WORKSPACE }, params);
  });

  connection.onHover(({ textDocument: { uri }, position }) => {
    const document = documents.get(uri);
    const analysis = document?.analysis(workspace().optionsOf(document.uri));
    if (!document || !analysis) return null;
    const lines = new LineIndex(document.text);
    const offset = lines.start(position.line) + position.character;
    const hover = hoverAt(analysis, offset, workspace().targetOf(uri), workspace().rulesOf(uri));
    return (
      hover && {
        contents: { kind: MarkupKind.Markdown, value: hover.markdown },
        range: toRange(lines, hover),
      }
    );
  });

  connection.onExecuteCommand(async ({ command }) => {
    const { edit, files } = workspaceFix(targets(state), command === FIX_WORKSPACE_WITH_REVIEW);
    if (files === 0) return { files, applied: true };
    const label = l10n.t('Fix Kaapana findings');
    const { applied, failureReason } = await connection.workspace.applyEdit({
      label,
      edit,
      metadata: { isRefactoring: true },
    });
    return { files, applied, ...(failureReason === undefined ? {} : { reason: failureReason }) };
  });

  connection.onRequest('kaapana/summary', () =>
    summarize(
      targets(state).flatMap(({ uri, text, analysis }) => reportEntries(uri, text, analysis.findings)),
      workspace().rules,
    ),
  );
}

/** Everything that can have findings: open documents as they are edited, other files as they are on disk now. */
function targets({ documents, relevant, workspace }: ServerState): FixTarget[] {
  const open = [...documents.values()].flatMap((document): FixTarget[] => {
    const analysis = document.analysis(workspace().optionsOf(document.uri));
    return analysis ? [{ uri: document.uri, version: document.version, text: document.text, analysis }] : [];
  });
  const closed = [...relevant].flatMap((uri): FixTarget[] => {
    const file = documents.has(uri) ? null : workspace().read(uri);
    return file ? [{ ...file, version: null }] : [];
  });
  return [...open, ...closed];
}
