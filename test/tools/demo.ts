import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEditor } from '../editor/harness/editor';
import { beforeExit } from '../editor/harness/processes';
import { startRehearsalHost, type RehearsalHost } from '../rehearsal/host';
import type { EditorVersion } from './code-server.mjs';
import { vsix } from './vsix';

const ROOT = resolve(import.meta.dirname, '../..');

/** Serves the extension, a rehearsal host and a sample workspace until Ctrl-C. */
export async function demo(version: EditorVersion): Promise<void> {
  const interrupted = interruption();
  const undo: (() => Promise<void>)[] = [];
  try {
    const host = await startRehearsalHost({ sudo: 'password', snapshotBytes: 40_000_000, copySeconds: 20 });
    undo.push(() => host.stop());
    // Ctrl-C reaches every process of the terminal, the host's too; its folder must go whatever became of it.
    beforeExit(() => rmSync(host.root, { recursive: true, force: true }));
    const workspace = await sampleWorkspace(host);
    undo.push(() => rm(workspace, { recursive: true, force: true }));
    const editor = await startEditor({
      version,
      workspace,
      vsix: await vsix(),
      settings: {
        'kaapanaMigration.host': host.alias,
        'kaapanaMigration.sshConfigFile': host.sshConfigFile,
        'workbench.list.mouseWheelScrollSensitivity': 1,
        'workbench.editorAssociations': { 'README.md': 'vscode.markdown.preview.editor' },
        'workbench.startupEditor': 'readme',
      },
    });
    undo.push(() => editor.stop());
    const address = `${editor.url}/?folder=${encodeURIComponent(workspace)}`;
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}:\n${editor.output()}`);
    console.log(`Ready; Ctrl-C stops everything: ${address}`);
    await interrupted;
    console.log('Stopping.');
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** Resolves at the first request to stop. Later ones change nothing: stopping is under way. */
function interruption(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done());
  });
}

/** A copy of the sample workspace that may be changed, with what this host is called. */
async function sampleWorkspace(host: RehearsalHost): Promise<string> {
  const workspace = await mkdtemp(join(tmpdir(), 'kaapana-demo-'));
  await cp(join(ROOT, 'test/demo/workspace'), workspace, { recursive: true });
  const readme = join(workspace, 'README.md');
  const text = await readFile(readme, 'utf8');
  const filled = text
    .replaceAll('${ALIAS}', host.alias)
    .replaceAll('${SSH_CONFIG}', host.sshConfigFile)
    .replaceAll('${SUDO_PASSWORD}', host.sudoPassword);
  await writeFile(readme, filled);
  return workspace;
}
