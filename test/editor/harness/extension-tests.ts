import { format } from 'node:util';
import type { EditorVersion } from '../../tools/code-server.mjs';
import { startEditor } from './editor';
import { openWorkbench } from './workbench';

/** What is tested, and where. */
export interface ExtensionTestsOptions {
  readonly version: EditorVersion;
  /** The extension's folder, with package.json and what it names as `main`. */
  readonly developmentPath: string;
  /** A CommonJS module that exports `run(): Promise<void>`; it fails by rejecting. */
  readonly testsPath: string;
  readonly workspace: string;
  readonly settings?: Record<string, unknown>;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** How a test run in the extension host ended. */
export interface ExtensionTestsResult {
  /** 0 when `run()` resolved. */
  readonly exitCode: number;
  /** What the tests and the extension host have logged. */
  readonly log: string;
}

/** What VS Code repeats all the time because the harness gives it no extension shop. */
const NOISE = 'Ignoring fetching additional builtin extensions';

/** Runs tests inside the real extension host, with the whole extension API. */
export async function runExtensionTests(options: ExtensionTestsOptions): Promise<ExtensionTestsResult> {
  const { version, workspace, settings = {}, env = {}, timeoutMs = 180_000 } = options;
  const editor = await startEditor({ version, workspace, settings, env, testDriver: true });
  try {
    let log = '';
    const ended = deferred<number>();
    const window = await openWorkbench(editor, {
      payload: [
        ['extensionDevelopmentPath', remoteUri(editor.url, options.developmentPath)],
        ['extensionTestsPath', remoteUri(editor.url, options.testsPath)],
        ['skipWelcome', 'true'],
      ],
      prepare: async (page) => {
        await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
          const line = format(...args);
          if (!line.startsWith(NOISE)) log += `${line}\n`;
        });
        await page.exposeFunction('codeAutomationExit', (code: number) => ended.resolve(code));
        page.on('crash', () => ended.reject(new Error('the page crashed')));
      },
    });
    const timer = setTimeout(() => ended.reject(new Error(`no end after ${timeoutMs} ms`)), timeoutMs);
    try {
      const exitCode = await ended.promise;
      if (exitCode !== 0) await window.dump('extension-tests');
      return { exitCode, log };
    } catch (error) {
      await window.dump('extension-tests');
      throw new Error(`the extension tests did not end; their log:\n${log}`, { cause: error });
    } finally {
      clearTimeout(timer);
      await window.close();
    }
  } finally {
    await editor.stop();
  }
}

const remoteUri = (url: string, path: string) => `vscode-remote://${new URL(url).host}${path}`;

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
