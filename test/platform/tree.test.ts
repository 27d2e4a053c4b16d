import { describe, expect, it, vi } from 'vitest';
import { PlatformTree, type PlatformNode } from '../../src/editor/platform/tree';
import { NOW, platform, podOf, trouble, workload } from './fixtures';

/** As much of VS Code as the tree uses. */
vi.mock('vscode', () => ({
  EventEmitter: class {
    private readonly listeners: ((value: unknown) => void)[] = [];
    readonly event = (listener: (value: unknown) => void) => this.listeners.push(listener);
    fire(value: unknown): void {
      for (const listener of this.listeners) listener(value);
    }
  },
  TreeItem: class {
    constructor(
      readonly label: string,
      readonly collapsibleState: number,
    ) {}
  },
  TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
  ThemeIcon: class {
    constructor(
      readonly id: string,
      readonly color?: unknown,
    ) {}
  },
  ThemeColor: class {
    constructor(readonly id: string) {}
  },
  MarkdownString: class {
    constructor(public value = '') {}
    appendText(text: string): this {
      this.value += text;
      return this;
    }
    appendMarkdown(text: string): this {
      this.value += text;
      return this;
    }
  },
}));

const keycloak = workload('admin/keycloak', 1);
const airflow = workload('services/airflow-webserver', 1);
const well = platform([keycloak, airflow], [podOf(keycloak), podOf(airflow)]);
const sick = platform(
  [{ ...keycloak, available: 0 }, airflow],
  [podOf(keycloak, { phase: 'Pending', trouble: trouble('ImagePullBackOff') }), podOf(airflow)],
);

function watched() {
  const tree = new PlatformTree();
  const fired: (string[] | undefined)[] = [];
  tree.onDidChangeTreeData((nodes) => fired.push(nodes?.map(({ id }) => id)));
  return { tree, fired };
}

describe('the tree of the platform', () => {
  it('is drawn whole at first, and then only where it shows something else', () => {
    const { tree, fired } = watched();
    tree.show(well, NOW);
    expect(fired).toEqual([undefined]);
    tree.show({ ...well }, NOW);
    expect(fired.length).toBe(1);
    tree.show(sick, NOW);
    expect(fired[1]).toEqual(['namespace:admin', 'Deployment:admin/keycloak', 'pod:admin/keycloak-7f']);
  });

  it('keeps the object of a row, also through changes, and knows what it is under', () => {
    const { tree } = watched();
    tree.show(well, NOW);
    const path = (): PlatformNode[] => {
      const [top] = tree.getChildren();
      const [middle] = tree.getChildren(top);
      const [leaf] = tree.getChildren(middle);
      return [top!, middle!, leaf!];
    };
    const before = path();
    tree.show(sick, NOW);
    expect(path().every((node, i) => node === before[i])).toBe(true);
    expect(tree.getParent(before[2]!)).toBe(before[1]);
    expect(tree.getParent(before[0]!)).toBeUndefined();
  });

  it('answers the namespaces that have just come into trouble, once', () => {
    const { tree } = watched();
    expect(tree.show(well, NOW)).toEqual([]);
    expect(tree.show(sick, NOW).map(({ id }) => id)).toEqual(['namespace:admin']);
    expect(tree.show(sick, NOW)).toEqual([]);
  });

  it('says everything in words, with icons and colours of the theme', () => {
    const { tree } = watched();
    tree.show(sick, NOW);
    const [admin] = tree.getChildren();
    const item = tree.getTreeItem(admin!);
    expect(item).toMatchObject({
      label: 'admin',
      description: '1 needs attention · 0 of 1 available',
      collapsibleState: 2,
      iconPath: { id: 'error', color: { id: 'testing.iconFailed' } },
      accessibilityInformation: { label: 'admin, namespace, 1 needs attention, 0 of 1 available' },
    });
    const [row] = tree.getChildren(admin);
    expect(tree.getTreeItem(row!).tooltip).toMatchObject({
      value: expect.stringContaining('What to do') as string,
    });
  });

  it('is empty where nothing is seen, and forgets the rows', () => {
    const { tree } = watched();
    tree.show(well, NOW);
    const [admin] = tree.getChildren();
    tree.show(undefined, NOW);
    expect(tree.getChildren()).toEqual([]);
    expect(tree.row(admin!)).toBeUndefined();
  });
});
