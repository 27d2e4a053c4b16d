import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { indexed, renewed } from '../../platform/renewal';
import type { Row, RowLook } from '../../platform/row';
import { rowsOf } from '../../platform/rows';
import type { PlatformState } from '../../platform/types';
import { factList, icon } from '../treeParts';

/** One object a row for as long as it stands; what it shows is looked up. */
export interface PlatformNode {
  readonly kind: 'platform';
  readonly id: string;
}

/** How each kind of row looks. A word always stands beside the icon, in the row's own text. */
const LOOKS: Readonly<Record<RowLook, { icon: string; color?: string }>> = {
  trouble: { icon: 'error', color: 'testing.iconFailed' },
  unknown: { icon: 'question', color: 'list.warningForeground' },
  busy: { icon: 'loading~spin', color: 'progressBar.background' },
  ok: { icon: 'pass', color: 'testing.iconPassed' },
  done: { icon: 'check', color: 'testing.iconPassed' },
  off: { icon: 'circle-slash', color: 'descriptionForeground' },
  group: { icon: 'archive', color: 'descriptionForeground' },
};

const NOTHING = { top: [] as readonly Row[], byId: new Map<string, Row>() as ReadonlyMap<string, Row> };

/** Namespaces, workloads and pods. Only rows that show something else are renewed. */
export class PlatformTree implements vscode.TreeDataProvider<PlatformNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<PlatformNode[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private shown = NOTHING;
  private readonly nodes = new Map<string, PlatformNode>();
  private readonly parents = new Map<string, string>();

  /** Shows a state; undefined for nothing. Answers the rows at the top that have just come into trouble. */
  show(state: PlatformState | undefined, now: number): PlatformNode[] {
    const top = state ? rowsOf(state, now) : [];
    const next = { top, byId: indexed(top) };
    const before = this.shown;
    const changed = renewed(before, next);
    this.shown = next;
    this.parents.clear();
    for (const [id, { children }] of next.byId) for (const child of children) this.parents.set(child.id, id);
    for (const id of this.nodes.keys()) if (!next.byId.has(id)) this.nodes.delete(id);
    if (changed === undefined) this.changed.fire(undefined);
    else if (changed.length > 0) this.changed.fire(changed.map((id) => this.node(id)));
    return top
      .filter(({ id, look }) => look === 'trouble' && (before.byId.get(id)?.look ?? look) !== look)
      .map(({ id }) => this.node(id));
  }

  /** What a row shows now; undefined where it has gone. */
  row({ id }: PlatformNode): Row | undefined {
    return this.shown.byId.get(id);
  }

  getChildren(node?: PlatformNode): PlatformNode[] {
    const rows = node ? (this.row(node)?.children ?? []) : this.shown.top;
    return rows.map(({ id }) => this.node(id));
  }

  getParent({ id }: PlatformNode): PlatformNode | undefined {
    const parent = this.parents.get(id);
    return parent === undefined ? undefined : this.node(parent);
  }

  getTreeItem(node: PlatformNode): vscode.TreeItem {
    const row = this.row(node);
    if (!row) return new vscode.TreeItem(node.id);
    const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(
      row.label,
      row.open === undefined ? None : row.open ? Expanded : Collapsed,
    );
    item.id = row.id;
    item.description = row.description;
    item.iconPath = icon(LOOKS[row.look]);
    item.contextValue = row.context;
    item.tooltip = tooltip(row);
    item.accessibilityInformation = { label: row.spoken };
    return item;
  }

  private node(id: string): PlatformNode {
    const known = this.nodes.get(id);
    if (known) return known;
    const node: PlatformNode = { kind: 'platform', id };
    this.nodes.set(id, node);
    return node;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function tooltip({ label, description, facts }: Row): vscode.MarkdownString {
  const text = new vscode.MarkdownString('**').appendText(label).appendMarkdown('**');
  factList([{ title: l10n.t('State'), text: description }, ...facts], text);
  return text;
}
