import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  CodeActionKind,
  createConnection,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  MarkupKind,
  ProposedFeatures,
  TextDocumentSyncKind,
  type InitializeResult,
} from 'vscode-languageserver/node';
import type { Analysis } from './analyze';
import { hoverAt } from './hover';
import { LineIndex } from './lines';
import { TRIGGER_RULE } from './project';
import { reportEntries } from './reports';
import { codeActions, FIX_ALL } from './server-actions';
import { toDiagnostic, toRange } from './server-convert';
import { OpenDocument } from './server-documents';
import { workspaceFix, type FixTarget } from './server-fix-workspace';
import { Workspace } from './server-workspace';
import { CONFIG_FILE } from './site-config';
import { summarize } from './summary';
import { IGNORE_FILE } from './files-walk';

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
}

/** Commands that the server carries out; `vscode-languageclient` registers them under these names. */
const FIX_WORKSPACE = 'kaapana.dags.fixWorkspace';
const FIX_WORKSPACE_WITH_REVIEW = 'kaapana.dags.fixWorkspaceWithReview';

/** Events of a branch switch come in hundreds; they are dealt with together. */
const WATCH_DELAY_MS = 120;

/** The language server: speaks IPC to VS Code and, with `--stdio`, to everyone else. */
const connection = createConnection(ProposedFeatures.all);
const documents = new Map<string, OpenDocument>();
/** Documents to be looked at again. */
const waiting = new Set<string>();
/** Files on disk that concern some rule. */
const relevant = new Set<string>();
/** Documents that have diagnostics at the client. */
const published = new Set<string>();
const pages = new Map<string, string | null>();
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
      executeCommandProvider: { commands: [FIX_WORKSPACE, FIX_WORKSPACE_WITH_REVIEW] },
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
      void scan();
    });
  }
  void scan();
});

function openFolders(): void {
  workspace = createWorkspace(
    [...folders].filter((uri) => uri.startsWith('file:')).map((uri) => fileURLToPath(uri)),
  );
  workspace.readConfig();
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
  else void scan();
}

connection.onDidOpenTextDocument(({ textDocument: { uri, version, text } }) => {
  documents.set(uri, new OpenDocument(uri, version, text));
  publishSoon(uri);
});

connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
  documents.get(uri)?.update(contentChanges, version);
  publishSoon(uri);
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

connection.onCodeAction((params) => {
  const document = documents.get(params.textDocument.uri);
  const analysis = document?.analysis(workspace.options);
  if (!document || !analysis) return [];
  const { uri, version, text } = document;
  return codeActions({ uri, version, text, analysis, fixWorkspace: FIX_WORKSPACE }, params);
});

connection.onHover(({ textDocument: { uri }, position }) => {
  const document = documents.get(uri);
  const analysis = document?.analysis(workspace.options);
  if (!document || !analysis) return null;
  const lines = new LineIndex(document.text);
  const offset = lines.start(position.line) + position.character;
  const hover = hoverAt(analysis, offset, workspace.target, workspace.rules);
  return (
    hover && { contents: { kind: MarkupKind.Markdown, value: hover.markdown }, range: toRange(lines, hover) }
  );
});

connection.onExecuteCommand(async ({ command }) => {
  const { edit, files } = workspaceFix(targets(), command === FIX_WORKSPACE_WITH_REVIEW);
  if (files === 0) return { files, applied: true };
  const label = 'Fix Kaapana findings';
  const { applied, failureReason } = await connection.workspace.applyEdit({
    label,
    edit,
    metadata: { isRefactoring: true },
  });
  return { files, applied, ...(failureReason === undefined ? {} : { reason: failureReason }) };
});

connection.onRequest('kaapana/summary', () =>
  summarize(
    targets().flatMap(({ uri, text, analysis }) => reportEntries(uri, text, analysis.findings)),
    workspace.rules,
  ),
);

/** Everything that can have findings: open documents as they are edited, other files as they are on disk now. */
function targets(): FixTarget[] {
  const open = [...documents.values()].flatMap((document): FixTarget[] => {
    const analysis = document.analysis(workspace.options);
    return analysis ? [{ uri: document.uri, version: document.version, text: document.text, analysis }] : [];
  });
  const closed = [...relevant].flatMap((uri): FixTarget[] => {
    const file = documents.has(uri) ? null : workspace.read(uri);
    return file ? [{ ...file, version: null }] : [];
  });
  return [...open, ...closed];
}

async function scan(): Promise<void> {
  const before = [...relevant];
  relevant.clear();
  if (options.scanWorkspace !== false) for (const uri of await workspace.scan()) relevant.add(uri);
  for (const uri of [...before, ...relevant, ...documents.keys()]) publishSoon(uri);
}

function refreshAll(): void {
  for (const uri of new Set([...relevant, ...published, ...documents.keys()])) publishSoon(uri);
}

/** Files changed on disk, or are no longer open in the editor. */
function takeFromDisk(uris: readonly string[]): void {
  if (uris.some((uri) => uri.endsWith(CONFIG_FILE) || uri.endsWith(IGNORE_FILE))) {
    workspace.readConfig();
    void scan();
    return;
  }
  const before = workspace.options;
  for (const uri of uris) {
    if (!uri.startsWith('file:')) {
      publishSoon(uri);
      continue;
    }
    const path = fileURLToPath(uri);
    if (path.endsWith(TRIGGER_RULE)) workspace.forgetTriggers(dirname(path));
    else {
      if (options.scanWorkspace !== false && workspace.has(path) && workspace.take(path)) relevant.add(uri);
      else relevant.delete(uri);
      publishSoon(uri);
    }
  }
  if (workspace.options !== before) refreshAll();
}

/** Publishes once for all changes that arrived together. */
function publishSoon(uri: string): void {
  if (waiting.size === 0) {
    setImmediate(() => {
      const uris = [...waiting];
      waiting.clear();
      for (const one of uris) publish(one);
    });
  }
  waiting.add(uri);
}

function publish(uri: string): void {
  const document = documents.get(uri);
  const found: { readonly text: string; readonly analysis: Analysis | null } | null = document
    ? { text: document.text, analysis: document.analysis(workspace.options) }
    : relevant.has(uri)
      ? workspace.read(uri)
      : null;
  const findings = found?.analysis?.findings ?? [];
  // A file that had nothing and has nothing is not worth a message; an open document always gets its version.
  if (findings.length === 0 && !document && !published.has(uri)) return;
  const lines = new LineIndex(found?.text ?? '');
  const diagnostics = findings.map((finding) => toDiagnostic(finding, uri, lines, rulePage));
  if (diagnostics.length > 0) published.add(uri);
  else published.delete(uri);
  void connection.sendDiagnostics({ uri, diagnostics, ...(document ? { version: document.version } : {}) });
}

/** The page of a rule, which lies in `rules/` next to the bundled server. */
function rulePage(code: string): string | null {
  const known = pages.get(code);
  if (known !== undefined) return known;
  const path = join(__dirname, 'rules', `${code}.md`);
  const page = existsSync(path) ? pathToFileURL(path).href : null;
  pages.set(code, page);
  return page;
}

connection.listen();
