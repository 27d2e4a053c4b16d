import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type {
  CodeAction,
  Diagnostic,
  InitializeResult,
  PublishDiagnosticsParams,
  Range,
} from 'vscode-languageserver/node';

/** A small editor on the other side of the server's stdio. */
export class LspClient {
  private readonly process;
  private readonly connection;
  private readonly published = new Map<string, PublishDiagnosticsParams>();
  private listeners: (() => void)[] = [];

  constructor(file: string) {
    this.process = spawn(process.execPath, [file, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.process;
    this.connection = createMessageConnection(
      new StreamMessageReader(stdout),
      new StreamMessageWriter(stdin),
    );
    this.connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.published.set(params.uri, params);
      for (const listener of this.listeners.splice(0)) listener();
    });
    this.connection.onRequest('client/registerCapability', () => null);
    this.connection.listen();
  }

  onRequest(method: string, answer: (params: unknown) => unknown): void {
    this.connection.onRequest(method, answer);
  }

  async start(initializationOptions: unknown = {}, ...roots: string[]): Promise<InitializeResult> {
    const capabilities = { workspace: { workspaceEdit: { documentChanges: true }, workspaceFolders: true } };
    const workspaceFolders = roots.length > 0 ? roots.map((uri) => ({ uri, name: uri })) : null;
    const params = {
      processId: process.pid,
      rootUri: roots[0] ?? null,
      capabilities,
      initializationOptions,
      workspaceFolders,
    };
    const result: InitializeResult = await this.connection.sendRequest('initialize', params);
    await this.connection.sendNotification('initialized', {});
    return result;
  }

  async open(uri: string, text: string, version = 1): Promise<void> {
    const textDocument = { uri, languageId: 'python', version, text };
    await this.notify('textDocument/didOpen', { textDocument });
  }

  async change(uri: string, version: number, range: Range, text: string): Promise<void> {
    await this.notify('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ range, text }],
    });
  }

  notify(method: string, params: unknown): Promise<void> {
    return this.connection.sendNotification(method, params);
  }

  request<T>(method: string, params: unknown): Promise<T> {
    return this.connection.sendRequest(method, params);
  }

  /** The diagnostics of a document, once they are as asked for. */
  async diagnostics(
    uri: string,
    wanted: (params: PublishDiagnosticsParams) => boolean,
  ): Promise<Diagnostic[]> {
    for (;;) {
      const params = this.published.get(uri);
      if (params && wanted(params)) return params.diagnostics;
      await new Promise<void>((resolve) => this.listeners.push(resolve));
    }
  }

  /** What was last published for a document. */
  last(uri: string): PublishDiagnosticsParams | undefined {
    return this.published.get(uri);
  }

  actions(uri: string, range: Range, diagnostics: Diagnostic[], only?: string[]): Promise<CodeAction[]> {
    const context = { diagnostics, ...(only ? { only } : {}) };
    return this.request('textDocument/codeAction', { textDocument: { uri }, range, context });
  }

  /** Resident memory of the server, where the system tells. */
  memoryMb(): number | null {
    try {
      const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
      return Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024;
    } catch {
      return null;
    }
  }

  async stop(): Promise<number | null> {
    await this.connection.sendRequest('shutdown');
    const exit = once(this.process, 'exit') as Promise<[number | null]>;
    await this.connection.sendNotification('exit');
    const [code] = await exit;
    this.connection.dispose();
    return code;
  }
}
