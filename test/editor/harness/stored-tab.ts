import type { Page } from 'playwright-core';

/** What VS Code has put away of the editor's tabs, as far as it is read here. */
interface StoredParts {
  readonly 'editorpart.state'?: {
    readonly serializedGrid: { readonly root: Grid };
  };
}
interface Grid {
  readonly data:
    readonly Grid[] | { readonly editors: readonly { value: string }[]; readonly mru: readonly number[] };
}

/**
 * The tab in front, as a reloaded window would bring it back; an empty text before VS Code has stored any. In a browser
 * it stores every five seconds only, and nothing on the way out.
 */
export async function storedTab(page: Page): Promise<string> {
  const parts = JSON.parse(await page.evaluate(readStored, STORED_AS)) as StoredParts;
  let grid = parts['editorpart.state']?.serializedGrid.root;
  while (grid && Array.isArray(grid.data)) grid = (grid.data as readonly Grid[])[0];
  if (!grid) return '';
  const { editors, mru } = grid.data as Exclude<Grid['data'], readonly Grid[]>;
  return editors[mru[0] ?? 0]?.value ?? '';
}

const STORED_AS = {
  database: 'vscode-web-state-db-',
  // One for all windows, beside one a folder.
  other: 'vscode-web-state-db-global',
  table: 'ItemTable',
  key: 'memento/workbench.parts.editor',
};

/** Runs in the page. */
async function readStored({ database, other, table, key }: typeof STORED_AS): Promise<string> {
  const answer = <T>(request: Request<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('the database of the page cannot be read'));
    });
  for (const { name } of await indexedDB.databases()) {
    if (!name?.startsWith(database) || name === other) continue;
    const opened = await answer(indexedDB.open(name));
    try {
      const found = await answer(opened.transaction(table).objectStore(table).get(key));
      if (typeof found === 'string') return found;
    } finally {
      opened.close();
    }
  }
  return '{}';
}

/** The page's own database, as far as it is used here. */
interface Request<T> {
  onsuccess: () => void;
  onerror: () => void;
  readonly result: T;
}
interface Database {
  transaction(table: string): { objectStore(table: string): { get(key: string): Request<unknown> } };
  close(): void;
}
declare const indexedDB: {
  databases(): Promise<{ name?: string }[]>;
  open(name: string): Request<Database>;
};
