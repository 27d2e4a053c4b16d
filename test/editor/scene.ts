import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Guide } from '../../src/migration/guide';
import { installDrill } from './drill';
import { startRehearsalHost, type RehearsalHost, type RehearsalOptions } from '../rehearsal/host';
import { openWorkbench, startEditor, type Editor, type EditorOptions, type Workbench } from './harness';

const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

export const VIEW = 'Steps';
export const CONTAINER = 'Kaapana Migration';

/** The VSIX as it is given to users; `npm run build` and `npm run package` make it. */
export async function vsix(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const file = join(ROOT, `${manifest.name}-${manifest.version}.vsix`);
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run build && npm run package`);
  return file;
}

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
  /** Opens a window of the editor. */
  open(): Promise<Workbench>;
  end(): Promise<void>;
}

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
    const ssh = { 'kaapanaMigration.sshConfigFile': host.sshConfigFile, 'kaapanaMigration.host': host.alias };
    const editor = await startEditor({
      ...editorOptions,
      workspace,
      vsix: await vsix(),
      settings: { ...ssh, ...settings },
    });
    ends.push(() => editor.stop());
    if (drill) await installDrill(editor.extensionsDir, drill === true ? undefined : drill);
    const open = async () => {
      const window = await openWorkbench(editor);
      ends.push(() => window.close());
      return window;
    };
    return { editor, host, workspace, open, end };
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

/** Kills every ssh program that this host's clients run, as a lost network or a closed laptop does. */
export async function killSshClients(host: RehearsalHost): Promise<number> {
  const { stdout } = await run('pgrep', ['-f', `^ssh .*${host.sshConfigFile}`]);
  const pids = stdout.trim().split('\n').map(Number);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids.length;
}
