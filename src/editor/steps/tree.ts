import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CheckItem } from '../../migration/check';
import type { Section } from '../../migration/guide';
import { isSettled, type RunStatus, type StepStatus } from '../../migration/run';
import { commandId } from '../ids';
import type { Sessions } from '../sessions';
import { byUrgency, contextWords, describe, deviationFacts, facts, spoken } from './stepText';
import { factList, icon } from '../treeParts';
import { ITEM_LOOK, STATE_LOOK } from '../words';

export interface SectionNode {
  readonly kind: 'section';
  readonly section: Section;
}
export interface StepNode {
  readonly kind: 'step';
  readonly id: string;
  /** One attempt of the step, where that is meant. */
  readonly attempt?: number;
}
interface ItemNode {
  readonly kind: 'item';
  readonly step: string;
  readonly item: CheckItem;
}
export type Node = SectionNode | StepNode | ItemNode;

function tooltip({ step, reason }: StepStatus): vscode.MarkdownString {
  const text = new vscode.MarkdownString(`**`).appendText(step.title).appendMarkdown('**');
  factList([{ title: l10n.t('Now'), text: reason }, ...facts(step)], text);
  const deviation = deviationFacts(step);
  if (deviation.length > 0) {
    text.appendMarkdown(`\n\n---\n\n*${l10n.t('Where this departs from the official guide')}*`);
    factList(deviation, text);
  }
  return text;
}

/** Sections and steps of the guide with their state on the host, and under a step the list that its check found. */
export class StepsTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Node[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  /** One object a row for as long as it stands, and what it shows: a row that is not renewed keeps its buttons alive. */
  private readonly rows = new Map<string, { readonly node: Node; shown: string }>();

  /** @param progress how far the platform has come, for a running step that waits for it */
  constructor(
    private readonly sessions: Sessions,
    private readonly progress: () => string | undefined,
  ) {}

  /** Renews the rows that show something else than before; all of them when others have come or gone. */
  refresh(): void {
    const rows = this.rowsNow();
    const same = rows.size === this.rows.size && [...rows.keys()].every((id) => this.rows.has(id));
    if (!same) {
      this.rows.clear();
      for (const [id, row] of rows) this.rows.set(id, row);
      this.changed.fire(undefined);
      return;
    }
    const renewed: Node[] = [];
    for (const [id, { shown }] of rows) {
      const row = this.rows.get(id);
      if (!row || row.shown === shown) continue;
      row.shown = shown;
      renewed.push(row.node);
    }
    if (renewed.length > 0) this.changed.fire(renewed);
  }

  private rowsNow(): Map<string, { node: Node; shown: string }> {
    const { run } = this;
    const rows = new Map<string, { node: Node; shown: string }>();
    if (!run) return rows;
    for (const section of this.sessions.current?.guide.sections ?? []) {
      const states = this.inSection(section).map(({ state }) => isSettled(state));
      rows.set(`section:${section.id}`, {
        node: { kind: 'section', section },
        shown: JSON.stringify(states),
      });
    }
    for (const status of run.steps) {
      const { step, state, reason, check, attempts } = status;
      const busy = run.active !== undefined;
      const shown = [
        state,
        reason,
        this.described(status),
        contextWords(status, busy),
        check,
        attempts.length,
      ];
      rows.set(`step:${step.id}`, { node: { kind: 'step', id: step.id }, shown: JSON.stringify(shown) });
    }
    return rows;
  }

  private nodeOf(id: string): Node[] {
    const row = this.rows.get(id);
    return row ? [row.node] : [];
  }

  private get run(): RunStatus | undefined {
    const session = this.sessions.current;
    return session?.known ? session.run : undefined;
  }

  private statusOf(id: string): StepStatus | undefined {
    return this.run?.steps.find(({ step }) => step.id === id);
  }

  private described(status: StepStatus): string {
    const waits = status.state === 'running' && status.step.awaits !== undefined;
    const progress = waits ? this.progress() : undefined;
    return progress === undefined ? describe(status) : `${STATE_LOOK.running.word} · ${progress}`;
  }

  private inSection(section: Section): StepStatus[] {
    return this.run?.steps.filter(({ step }) => step.section === section.id) ?? [];
  }

  getChildren(node?: Node): Node[] {
    if (!this.run) return [];
    switch (node?.kind) {
      case undefined:
        return (this.sessions.current?.guide.sections ?? []).flatMap(({ id }) =>
          this.nodeOf(`section:${id}`),
        );
      case 'section':
        return this.inSection(node.section).flatMap(({ step }) => this.nodeOf(`step:${step.id}`));
      case 'step':
        return byUrgency(this.statusOf(node.id)?.check?.result.items ?? []).map((item) => ({
          kind: 'item',
          step: node.id,
          item,
        }));
      case 'item':
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    if (node.kind === 'item') return this.nodeOf(`step:${node.step}`)[0];
    if (node.kind === 'section') return undefined;
    const section = this.sessions.current?.guide.sections.find(
      ({ id }) => id === this.statusOf(node.id)?.step.section,
    );
    return section && this.nodeOf(`section:${section.id}`)[0];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'section':
        return this.sectionItem(node.section);
      case 'step':
        return this.stepItem(node);
      case 'item':
        return checkItem(node);
    }
  }

  private sectionItem(section: Section): vscode.TreeItem {
    const steps = this.inSection(section);
    const done = steps.filter(({ state }) => isSettled(state)).length;
    const folded = steps.length > 0 && done === steps.length;
    const item = new vscode.TreeItem(
      section.title,
      folded ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded,
    );
    item.id = `section:${section.id}`;
    item.description = `${done}/${steps.length}`;
    item.contextValue = 'section';
    item.accessibilityInformation = { label: l10n.t`${section.title}, ${done} of ${steps.length} settled` };
    return item;
  }

  private stepItem(node: StepNode): vscode.TreeItem {
    const status = this.statusOf(node.id);
    if (!this.run || !status) return new vscode.TreeItem(node.id);
    const { step, state, check } = status;
    const item = new vscode.TreeItem(
      step.title,
      check && check.result.items.length > 0
        ? vscode.TreeItemCollapsibleState.Collapsed
        : vscode.TreeItemCollapsibleState.None,
    );
    item.id = `step:${step.id}`;
    item.description = this.described(status);
    item.iconPath = icon(STATE_LOOK[state]);
    item.tooltip = tooltip(status);
    item.contextValue = contextWords(status, this.run.active !== undefined);
    item.accessibilityInformation = {
      label: spoken(status, this.run.steps.indexOf(status) + 1, this.run.steps.length),
    };
    item.command = { command: commandId('openStepPage'), title: l10n.t('Open Step Page'), arguments: [node] };
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function checkItem({ step, item: { id, title, verdict, found, remedy } }: ItemNode): vscode.TreeItem {
  const look = ITEM_LOOK[verdict];
  const item = new vscode.TreeItem(title);
  item.id = `item:${step}:${id}`;
  item.description = `${look.word} · ${found}`;
  item.iconPath = icon(look);
  item.contextValue = `item ${verdict}`;
  item.command = {
    command: commandId('openStepPage'),
    title: l10n.t('Open Step Page'),
    arguments: [{ kind: 'step', id: step }],
  };
  const text = new vscode.MarkdownString();
  factList(
    [
      { title: look.word, text: found },
      ...(remedy === '' ? [] : [{ title: l10n.t('What to do'), text: remedy }]),
    ],
    text,
  );
  item.tooltip = text;
  item.accessibilityInformation = {
    label: [title, look.word, found, remedy].filter((part) => part !== '').join(', '),
  };
  return item;
}
