import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCodeServer, type EditorVersion } from '../../tools/code-server.mjs';
import { startTree, type ProcessTree } from './processes';

/** The folders one server works in; all below one short path, because sockets are made in them. */
export interface ServerFolders {
  readonly root: string;
  readonly home: string;
  readonly userData: string;
  readonly extensions: string;
}

/** Makes the folders of a server. */
export async function makeServerFolders(root: string): Promise<ServerFolders> {
  const folders = { root, home: join(root, 'h'), userData: join(root, 'u'), extensions: join(root, 'e') };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder, { recursive: true })));
  return folders;
}

/** A server that answers. */
export interface Server {
  readonly url: string;
  readonly tree: ProcessTree;
}

/** Installs a VSIX as a user would. */
export async function installVsix(
  version: EditorVersion,
  folders: ServerFolders,
  vsix: string,
): Promise<void> {
  const { node, entry } = await ensureCodeServer(version);
  const args = [
    entry,
    ...commonFolders(folders),
    ...codeServerFiles(folders),
    '--install-extension',
    vsix,
    '--force',
  ];
  const tree = startTree(node, args, { cwd: folders.root, env: serverEnv(folders, {}) });
  await tree.waitForOutput(/was successfully installed/, 60_000).finally(() => tree.stop());
}

/** Starts code-server as it is used, without a login, on a free port of this machine only. */
export async function startCodeServer(
  version: EditorVersion,
  folders: ServerFolders,
  options: { env?: NodeJS.ProcessEnv; port?: number; language?: string } = {},
): Promise<Server> {
  const { node, entry } = await ensureCodeServer(version);
  const args = [
    entry,
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${options.port ?? 0}`],
    ...commonFolders(folders),
    ...codeServerFiles(folders),
    ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'],
    ...['--disable-getting-started-override', '--ignore-last-opened'],
    ...(options.language === undefined ? [] : ['--locale', options.language]),
  ];
  const tree = startTree(node, args, { cwd: folders.root, env: serverEnv(folders, options.env) });
  return answering(tree, /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/);
}

/**
 * Starts the server so that it honours a payload in the address. The oldest version always does; newer ones only with
 * the test driver's flag, which makes VS Code refuse modal dialogs: a person's clicks need {@link startCodeServer}.
 */
export async function startTestServer(
  version: EditorVersion,
  folders: ServerFolders,
  env: NodeJS.ProcessEnv,
): Promise<Server> {
  if (version === 'floor') return startCodeServer(version, folders, { env });
  const { node, serverMain } = await ensureCodeServer(version);
  const args = [
    serverMain,
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
    ...['--enable-smoke-test-driver', '--disable-telemetry', '--disable-workspace-trust'],
    ...commonFolders(folders),
  ];
  const tree = startTree(node, args, { cwd: folders.root, env: serverEnv(folders, env) });
  return answering(tree, /Extension host agent listening on (\d+)/);
}

async function answering(tree: ProcessTree, address: RegExp): Promise<Server> {
  try {
    const found = (await tree.waitForOutput(address))[1]!;
    const port = /(\d+)\/?$/.exec(found)![1]!;
    return { url: `http://127.0.0.1:${port}`, tree };
  } catch (error) {
    await tree.stop();
    throw error;
  }
}

const commonFolders = (folders: ServerFolders) => [
  ...['--user-data-dir', folders.userData],
  ...['--extensions-dir', folders.extensions],
];

const codeServerFiles = (folders: ServerFolders) => [
  ...['--config', join(folders.root, 'config.yaml')],
  ...['--session-socket', join(folders.root, 's.sock')],
];

/** No extension shop: looking for it would only log that it cannot be reached. */
const NO_GALLERY = JSON.stringify({ serviceUrl: '' });

/** A home of its own, and nothing of the test runner or of an editor this may have been started from. */
function serverEnv(folders: ServerFolders, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const foreign =
    /^(npm_|VITEST|VSCODE_|ELECTRON_|XDG_|KM_|SSH_)|^(NODE_ENV|NODE_OPTIONS|TEST|DEV|PROD|MODE|SSR|BASE_URL)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const own = { HOME: folders.home, SHELL: '/bin/bash', PS1: '\\w \\$ ', EXTENSIONS_GALLERY: NO_GALLERY };
  return { ...Object.fromEntries(kept), ...own, ...extra };
}
