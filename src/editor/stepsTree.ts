import * as vscode from 'vscode';
import type { CheckItem } from '../migration/check';
import type { Section } from '../migration/guide';
import { isSettled, type RunStatus, type StepStatus } from '../migration/run';
import { commandId } from './ids';
import type { Sessions } from './sessions';
import { byUrgency, contextWords, describe, deviationFacts, facts, spoken } from './stepText';
import { ITEM_LOOK, STATE_LOOK } from './words';

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

const icon = (look: { icon: string; color?: string }): vscode.ThemeIcon =>
  new vscode.ThemeIcon(look.icon, look.color === undefined ? undefined : new vscode.ThemeColor(look.color));

/** Text as Markdown that shows exactly that. `appendText` would glue its words together, so that lines break anywhere. */
const literal = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&');

function factList(entries: readonly { title: string; text: string }[], into: vscode.MarkdownString): void {
  for (const { title, text } of entries) into.appendMarkdown(`\n\n**${title}:** ${literal(text.trim())}`);
}

function tooltip({ step, reason }: StepStatus): vscode.MarkdownString {
  const text = new vscode.MarkdownString(`**`).appendText(step.title).appendMarkdown('**');
  factList([{ title: 'Now', text: reason }, ...facts(step)], text);
  const deviation = deviationFacts(step);
  if (deviation.length > 0) {
    text.appendMarkdown('\n\n---\n\n*Where this departs from the official guide*');
    factList(deviation, text);
  }
  return text;
}

/** Sections and steps of the guide with their state on the host, and under a step the list that its check found. */
export class StepsTree implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly sessions: Sessions) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  private get run(): RunStatus | undefined {
    const session = this.sessions.current;
    return session?.known ? session.run : undefined;
  }

  private statusOf(id: string): StepStatus | undefined {
    return this.run?.steps.find(({ step }) => step.id === id);
  }

  private inSection(section: Section): StepStatus[] {
    return this.run?.steps.filter(({ step }) => step.section === section.id) ?? [];
  }

  getChildren(node?: Node): Node[] {
    if (!this.run) return [];
    switch (node?.kind) {
      case undefined:
        return this.sessions.current?.guide.sections.map((section) => ({ kind: 'section', section })) ?? [];
      case 'section':
        return this.inSection(node.section).map(({ step }) => ({ kind: 'step', id: step.id }));
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
    if (node.kind === 'item') return { kind: 'step', id: node.step };
    if (node.kind === 'section') return undefined;
    const section = this.sessions.current?.guide.sections.find(
      ({ id }) => id === this.statusOf(node.id)?.step.section,
    );
    return section ? { kind: 'section', section } : undefined;
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
    item.accessibilityInformation = { label: `${section.title}, ${done} of ${steps.length} settled` };
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
    item.description = describe(status);
    item.iconPath = icon(STATE_LOOK[state]);
    item.tooltip = tooltip(status);
    item.contextValue = contextWords(status, this.run.active !== undefined);
    item.accessibilityInformation = {
      label: spoken(status, this.run.steps.indexOf(status) + 1, this.run.steps.length),
    };
    item.command = { command: commandId('openStepPage'), title: 'Open Step Page', arguments: [node] };
    return item;
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
    title: 'Open Step Page',
    arguments: [{ kind: 'step', id: step }],
  };
  const text = new vscode.MarkdownString();
  factList(
    [{ title: look.word, text: found }, ...(remedy === '' ? [] : [{ title: 'What to do', text: remedy }])],
    text,
  );
  item.tooltip = text;
  item.accessibilityInformation = {
    label: [title, look.word, found, remedy].filter((part) => part !== '').join(', '),
  };
  return item;
}
