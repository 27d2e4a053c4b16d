import * as l10n from '@vscode/l10n';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CodeActionKind,
  createConnection,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  ProposedFeatures,
  TextDocumentSyncKind,
  type InitializeResult,
} from 'vscode-languageserver/node';
import { TRIGGER_RULE } from './facts/project';
import { FIX_ALL } from './server/actions';
import { OpenDocument } from './server/documents';
import { Publisher, type Published } from './server/publisher';
import { answerRequests, COMMANDS } from './server/requests';
import { Workspace } from './server/workspace';
import { CONFIG_FILE } from './site/config';
import { IGNORE_FILE } from './files/walk';

/** What a client may say when it starts the server, and later with `kaapana/options`. */
interface ClientOptions {
  /** The Kaapana version that the user wants the DAGs to run on; a project's own configuration goes first. */
  readonly target?: string;
  /** The version that the platform has or is about to get; it counts where nobody wants another one. */
  readonly platform?: string;
  /** Whether files that are not open are looked at as well; true unless said otherwise. */
  readonly scanWorkspace?: boolean;
  /** Globs of files and folders that the editor does not show (`files.exclude`). */
  readonly exclude?: readonly string[];
  /** The server's own words in the editor's language, when it starts; what rules say is English. */
  readonly words?: Readonly<Record<string, string>>;
}

/** Events of a branch switch come in hundreds; they are dealt with together. */
const WATCH_DELAY_MS = 120;

/** The language server: speaks IPC to VS Code and, with `--stdio`, to everyone else. */
const connection = createConnection(ProposedFeatures.all);
const documents = new Map<string, OpenDocument>();
/** Files on disk that concern some rule. */
const relevant = new Set<string>();
const publisher = new Publisher(connection, look);
let options: ClientOptions = {};
let workspace = createWorkspace([]);
let canWatch = false;
let canFollowFolders = false;
const folders = new Set<string>();

function createWorkspace(roots: readonly string[]): Workspace {
  return new Workspace(roots, {
    target: () => ({ setting: options.target ?? null, platform: options.platform ?? null }),
    exclude: () => options.exclude ?? [],
    onProblem: ({ path, message }) => connection.console.warn(`${path}: ${message}`),
  });
}

connection.onInitialize((params): InitializeResult => {
  options = (params.initializationOptions ?? {}) as ClientOptions;
  if (options.words) l10n.config({ contents: options.words });
  for (const { uri } of params.workspaceFolders ?? []) folders.add(uri);
  openFolders();
  canFollowFolders = params.capabilities.workspace?.workspaceFolders === true;
  canWatch = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
  return {
    serverInfo: { name: 'kaapana-dags' },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] },
      hoverProvider: true,
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      executeCommandProvider: { commands: COMMANDS },
    },
  };
});

connection.onInitialized(() => {
  if (canWatch) {
    const watchers = ['**/*.py', `**/*${TRIGGER_RULE}`, `**/${CONFIG_FILE}`, `**/${IGNORE_FILE}`].map(
      (globPattern) => ({
        globPattern,
      }),
    );
    void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  }
  if (canFollowFolders) {
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      for (const { uri } of added) folders.add(uri);
      for (const { uri } of removed) folders.delete(uri);
      openFolders();
      scan();
    });
  }
  scan();
});

function openFolders(): void {
  workspace = createWorkspace(
    [...folders].filter((uri) => uri.startsWith('file:')).map((uri) => fileURLToPath(uri)),
  );
}

connection.onNotification('kaapana/options', takeOptions);

// Editors without our client send the settings that they were configured with.
connection.onDidChangeConfiguration(({ settings }: { settings: { kaapana?: ClientOptions } | null }) => {
  if (settings?.kaapana) takeOptions(settings.kaapana);
});

function takeOptions(given: ClientOptions): void {
  const files = ({ scanWorkspace = true, exclude = [] }: ClientOptions) =>
    JSON.stringify([scanWorkspace, exclude]);
  const before = files(options);
  options = given;
  workspace.invalidate();
  if (files(given) === before) refreshAll();
  else scan();
}

connection.onDidOpenTextDocument(({ textDocument: { uri, version, text } }) => {
  documents.set(uri, new OpenDocument(uri, version, text));
  publisher.soon(uri);
});

connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
  documents.get(uri)?.update(contentChanges, version);
  publisher.soon(uri);
});

connection.onDidSaveTextDocument(({ textDocument: { uri } }) => takeFromDisk([uri]));

connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
  documents.delete(uri);
  takeFromDisk([uri]);
});

const changed = new Set<string>();
connection.onDidChangeWatchedFiles(({ changes }) => {
  if (changed.size === 0) {
    setTimeout(() => {
      const uris = [...changed];
      changed.clear();
      takeFromDisk(uris);
    }, WATCH_DELAY_MS);
  }
  for (const { uri, type } of changes) {
    changed.add(uri);
    if (type === FileChangeType.Deleted) relevant.delete(uri);
  }
});

answerRequests(connection, { documents, relevant, workspace: () => workspace });

let scanning = Promise.resolve();
let scanAwaited = false;

/** Looks at all files again: after a scan that is under way, which may still go by options of before. */
function scan(): void {
  if (scanAwaited) return;
  scanAwaited = true;
  scanning = scanning.then(() => {
    scanAwaited = false;
    return scanNow();
  });
}

async function scanNow(): Promise<void> {
  const before = [...relevant];
  relevant.clear();
  tellConfigProblems();
  if (options.scanWorkspace !== false) for (const uri of await workspace.scan()) relevant.add(uri);
  for (const uri of [...before, ...relevant, ...documents.keys()]) publisher.soon(uri);
}

const configs = new Set<string>();

/** A configuration that is right again, or gone, has no problems any more. */
function tellConfigProblems(): void {
  const problems = workspace.configProblems;
  for (const path of new Set([...configs, ...problems.keys()]))
    publisher.config(path, problems.get(path) ?? []);
  configs.clear();
  for (const path of problems.keys()) configs.add(path);
}

function refreshAll(): void {
  for (const uri of new Set([...relevant, ...publisher.shown, ...documents.keys()])) publisher.soon(uri);
}

/** Files changed on disk, or are no longer open in the editor. */
function takeFromDisk(uris: readonly string[]): void {
  if (uris.some((uri) => uri.endsWith(CONFIG_FILE) || uri.endsWith(IGNORE_FILE))) {
    workspace.readConfig();
    scan();
    return;
  }
  const before = workspace.project;
  for (const uri of uris) {
    if (!uri.startsWith('file:')) {
      publisher.soon(uri);
      continue;
    }
    const path = fileURLToPath(uri);
    if (path.endsWith(TRIGGER_RULE)) workspace.forgetTriggers(dirname(path));
    else {
      if (options.scanWorkspace !== false && workspace.has(path) && workspace.take(path)) relevant.add(uri);
      else relevant.delete(uri);
      publisher.soon(uri);
    }
  }
  if (workspace.project !== before) refreshAll();
}

/** What stands in a document, or in a file that concerns a rule. */
function look(uri: string): Published | null {
  const document = documents.get(uri);
  if (!document) return relevant.has(uri) ? workspace.read(uri) : null;
  const { text, version } = document;
  return { text, version, analysis: document.analysis(workspace.optionsOf(uri)) };
}

connection.listen();
