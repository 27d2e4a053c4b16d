import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { promisify } from 'node:util';
import type { Guide } from '../../src/migration/guide';
import { startRehearsalHost, type RehearsalHost, type RehearsalOptions } from '../rehearsal/host';
import { vsix } from '../tools/vsix';
import { installDrill } from './drill';
import { openWorkbench, startEditor, type Editor, type EditorOptions, type Workbench } from './harness';

const run = promisify(execFile);

export const VIEW = 'Steps';
export const CONTAINER = 'Kaapana Migration';

type SceneOptions = Pick<EditorOptions, 'version' | 'colorTheme' | 'env' | 'language'> & {
  readonly host?: RehearsalOptions | false;
  readonly settings?: Record<string, unknown>;
  readonly files?: Record<string, string>;
  /** Instead of the shipped guide: one with a step of each kind, or one of the test's own. */
  readonly drill?: boolean | Guide;
};

/** A person before an editor with the installed extension, and a Kaapana host to migrate. */
export interface Scene {
  readonly editor: Editor;
  readonly host: RehearsalHost;
  readonly workspace: string;
  /** Where the host keeps the run of the migration. */
  readonly runFolder: string;
  /** Opens a window of the editor. */
  open(): Promise<Workbench>;
  end(): Promise<void>;
}

/** The settings by which the extension reaches a host. */
export const reaching = ({ sshConfigFile, alias }: RehearsalHost) => ({
  'kaapanaMigration.sshConfigFile': sshConfigFile,
  'kaapanaMigration.host': alias,
});

/** Sets a scene; whatever began is ended again when a part of it cannot. */
export async function setScene({
  host: hostOptions,
  files = {},
  settings,
  drill = false,
  ...editorOptions
}: SceneOptions): Promise<Scene> {
  const ends: (() => Promise<unknown>)[] = [];
  const end = async () => {
    for (const close of ends.splice(0).reverse()) await close();
  };
  try {
    const workspace = await mkdtemp(join(tmpdir(), 'km-workspace-'));
    ends.push(() => rm(workspace, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) await writeFile(join(workspace, name), text);
    const host = await startRehearsalHost(hostOptions === false ? { platform: false } : hostOptions);
    ends.push(() => host.stop());
    const editor = await startEditor({
      ...editorOptions,
      workspace,
      vsix: await vsix(),
      settings: { ...reaching(host), ...settings },
    });
    ends.push(() => editor.stop());
    if (drill) await installDrill(editor.extensionsDir, drill === true ? undefined : drill);
    const open = async () => {
      const window = await openWorkbench(editor);
      ends.push(() => window.close());
      return window;
    };
    const runFolder = join(host.home, '.local/state/kaapana-migration/runs/0.3.5-to-0.4.1');
    return { editor, host, workspace, runFolder, open, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Accepts the values that were found on the host, one after the other, until no more are asked. */
export async function confirmValues(window: Workbench, titles: readonly string[]): Promise<void> {
  for (const [index, title] of titles.entries()) {
    await window.quickInput.opened(new RegExp(`^${title} \\(${index + 1} of ${titles.length}\\)`));
    await window.quickInput.accept();
  }
}

/** Opens the page of a step by its row; `view` is what the view of steps is called. */
export async function openStepPage(window: Workbench, title: string, view = VIEW): Promise<Frame> {
  await window.tree(view).click(title);
  return window.webview(title, 'main h1');
}

/** Kills every ssh program that this host's clients run, as a lost network or a closed laptop does. */
export async function killSshClients(host: RehearsalHost): Promise<number> {
  const { stdout } = await run('pgrep', ['-f', `^ssh .*${host.sshConfigFile}`]);
  const pids = stdout.trim().split('\n').map(Number);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids.length;
}
