/** A version of VS Code the tests run on: the oldest supported, or the newest there is. */
export type EditorVersion = 'floor' | 'newest';

/** An installed code-server. */
export interface CodeServer {
  /** code-server's own version. */
  version: string;
  /** The version of VS Code inside. */
  vscode: string;
  /** The Node executable it runs on. */
  node: string;
  /** code-server's command line. */
  entry: string;
  /** The bare VS Code server inside. */
  serverMain: string;
}

export const CODE_SERVERS: Record<EditorVersion, { version: string; vscode: string; node: number }>;

/** Where everything big is kept, outside the checkout. */
export function cacheFolder(): string;

/** Installs code-server from npm, once, and says where it is. */
export function ensureCodeServer(version: EditorVersion): Promise<CodeServer>;
