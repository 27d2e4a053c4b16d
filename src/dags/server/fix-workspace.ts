import type { TextDocumentEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import type { Analysis } from '../analyze';
import { LineIndex } from '../lines';
import { isSafe } from './actions';
import { toTextEdits } from './convert';

/** A document or file to fix; `version` is null for what no editor holds. */
export interface FixTarget {
  readonly uri: string;
  readonly version: number | null;
  readonly text: string;
  readonly analysis: Analysis;
}

/** Change annotation of edits that somebody has to confirm. */
const REVIEW = 'kaapana-review';

/**
 * One edit for the whole workspace. Safe fixes are plain; with `unsafe`, the edits of files that have unsafe fixes
 * must be confirmed in the editor's refactor preview.
 */
export function workspaceFix(
  targets: readonly FixTarget[],
  unsafe: boolean,
): { edit: WorkspaceEdit; files: number } {
  const documentChanges: TextDocumentEdit[] = [];
  for (const { uri, version, text, analysis } of targets) {
    const edits = analysis.fix((finding) => finding.fix !== null && (unsafe || isSafe(finding)));
    if (edits.length === 0) continue;
    const review = unsafe && analysis.findings.some((finding) => finding.fix?.verdict === 'unsafe');
    const plain = toTextEdits(new LineIndex(text), edits);
    const annotated = review ? plain.map((edit) => ({ ...edit, annotationId: REVIEW })) : plain;
    documentChanges.push({ textDocument: { uri, version }, edits: annotated });
  }
  const changeAnnotations = {
    [REVIEW]: {
      label: 'Changes what a DAG does',
      description: 'These fixes are not equivalent; read what each finding says before you confirm.',
      needsConfirmation: true,
    },
  };
  return {
    edit: { documentChanges, ...(unsafe ? { changeAnnotations } : {}) },
    files: documentChanges.length,
  };
}
