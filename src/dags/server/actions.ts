import * as l10n from '@vscode/l10n';
import {
  CodeActionKind,
  type CodeAction,
  type CodeActionParams,
  type Diagnostic,
  type Range,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { Analysis } from '../analyze';
import type { Edit } from '../edits/edits';
import type { Finding, Fix } from '../findings/findings';
import { LineIndex } from '../lines';
import { suppress } from '../findings/suppressions';
import { SOURCE, toRange, toTextEdits } from './convert';

/** Fixes everything safe in a file without asking; editors run it on save. */
export const FIX_ALL = `${CodeActionKind.SourceFixAll}.${SOURCE}`;

/** The document that actions are for. */
export interface ActionTarget {
  readonly uri: string;
  readonly version: number;
  readonly text: string;
  readonly analysis: Analysis;
  /** The command that fixes the whole workspace. */
  readonly fixWorkspace: string;
}

/** Which fixes may be applied together without a further question. */
export function isSafe(finding: Finding): boolean {
  return finding.fix?.verdict === 'safe';
}

/** The code actions for a range of a document. */
export function codeActions(target: ActionTarget, { range, context }: CodeActionParams): CodeAction[] {
  const lines = new LineIndex(target.text);
  const wants = (kind: string) =>
    !context.only || context.only.some((only) => kind === only || kind.startsWith(`${only}.`));
  const edit = (edits: readonly Edit[]) => versionedEdit(target, toTextEdits(lines, edits));
  const { analysis } = target;
  const actions: CodeAction[] = [];
  if (wants(CodeActionKind.QuickFix)) {
    const here = analysis.findings.filter((finding) => touches(toRange(lines, finding.range), range));
    const diagnosticsOf = (finding: Finding) =>
      context.diagnostics.filter(
        (one) => one.code === finding.code && same(one.range, toRange(lines, finding.range)),
      );
    for (const finding of here) {
      const diagnostics = diagnosticsOf(finding);
      if (finding.fix) actions.push(quickFix(finding.fix, edit(finding.fix.edits), diagnostics));
    }
    // What belongs to a finding is shown before what does not: otherwise suppressions would come first.
    const about = here.flatMap(diagnosticsOf);
    const safe = analysis.findings.filter(isSafe);
    for (const code of new Set(here.filter((finding) => finding.fix).map((finding) => finding.code))) {
      const same = analysis.findings.filter((finding) => finding.code === code && finding.fix);
      const title = same.every(isSafe)
        ? l10n.t`Fix all ${same.length} findings of ${code} in this file`
        : l10n.t`Fix all ${same.length} findings of ${code} in this file (review)`;
      const edits = analysis.fix((finding) => finding.code === code);
      if (same.length > 1)
        actions.push({ title, kind: CodeActionKind.QuickFix, edit: edit(edits), diagnostics: about });
    }
    if (here.length > 0 && safe.length > 1) {
      const title = l10n.t`Fix all ${safe.length} safe Kaapana findings in this file`;
      actions.push({
        title,
        kind: CodeActionKind.QuickFix,
        edit: edit(analysis.fix(isSafe)),
        diagnostics: about,
      });
    }
    if (here.some(isSafe)) {
      const title = l10n.t('Fix all safe Kaapana findings in the workspace');
      actions.push({
        title,
        kind: CodeActionKind.QuickFix,
        command: { title, command: target.fixWorkspace },
        diagnostics: about,
      });
    }
    for (const finding of here) actions.push(...suppressions(finding, target, edit, diagnosticsOf(finding)));
  }
  if (wants(FIX_ALL)) {
    const edits = analysis.fix(isSafe);
    if (edits.length > 0)
      actions.push({ title: l10n.t('Fix all safe Kaapana findings'), kind: FIX_ALL, edit: edit(edits) });
  }
  return actions;
}

function suppressions(
  finding: Finding,
  { analysis }: ActionTarget,
  toEdit: (edits: readonly Edit[]) => WorkspaceEdit,
  diagnostics: Diagnostic[],
): CodeAction[] {
  return (['line', 'file'] as const).flatMap((where) => {
    const edit = suppress(analysis.module, finding, where);
    const title =
      where === 'line'
        ? l10n.t`Ignore ${finding.code} in this line`
        : l10n.t`Ignore ${finding.code} in this file`;
    return edit ? [{ title, kind: CodeActionKind.QuickFix, edit: toEdit([edit]), diagnostics }] : [];
  });
}

function quickFix(fix: Fix, edit: WorkspaceEdit, diagnostics: Diagnostic[]): CodeAction {
  const title = fix.verdict === 'safe' ? fix.title : l10n.t`${fix.title} (review): ${fix.changes.join(' ')}`;
  return {
    title: title.length > 160 ? `${title.slice(0, 159)}…` : title,
    kind: CodeActionKind.QuickFix,
    isPreferred: fix.verdict === 'safe',
    edit,
    ...(diagnostics.length > 0 ? { diagnostics } : {}),
  };
}

/** An edit that an editor refuses when the document has moved on. */
function versionedEdit({ uri, version }: ActionTarget, edits: TextEdit[]): WorkspaceEdit {
  return { documentChanges: [{ textDocument: { uri, version }, edits }] };
}

function touches(a: Range, b: Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start);
}

function same(a: Range, b: Range): boolean {
  return (
    !isBefore(a.start, b.start) &&
    !isBefore(b.start, a.start) &&
    !isBefore(a.end, b.end) &&
    !isBefore(b.end, a.end)
  );
}

function isBefore(a: Range['start'], b: Range['start']): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
