import { vi } from 'vitest';

/** As much of VS Code as the rooms of one window use, each question and each document as a test sees it. */

export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => void>();
  disposed = false;
  readonly event = (listener: (value: T) => void) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(value: T): void {
    if (!this.disposed) for (const listener of this.listeners) listener(value);
  }
  dispose(): void {
    this.disposed = true;
  }
}

export class Disposable {
  constructor(readonly dispose: () => void) {}
}

export class ThemeIcon {
  constructor(readonly id: string) {}
}

export class Uri {
  constructor(
    readonly scheme: string,
    readonly path: string,
  ) {}
  static readonly from = ({ scheme, path }: { scheme: string; path: string }) => new Uri(scheme, path);
  static readonly parse = (text: string) => {
    const [scheme = '', path = ''] = text.split(/:(.*)/s);
    return new Uri(scheme, path);
  };
  static readonly joinPath = ({ scheme, path }: Uri, ...more: string[]) =>
    new Uri(scheme, [path, ...more].join('/'));
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return `${this.scheme}:${this.path}`;
  }
}

/** What a person answers to the next message; nothing, unless a test says so. */
const unanswered = () =>
  vi.fn<(...message: unknown[]) => Promise<string | undefined>>().mockResolvedValue(undefined);

const never = () => new Disposable(() => undefined);

/** A tab with a page; nobody's page says a word unless a test says so. */
export class WebviewPanelStub {
  visible = true;
  readonly said = new EventEmitter<unknown>();
  readonly viewState = new EventEmitter<void>();
  private readonly disposed = new EventEmitter<void>();
  readonly webview = {
    html: '',
    cspSource: '',
    asWebviewUri: (uri: Uri) => uri,
    postMessage: vi.fn(() => Promise.resolve(true)),
    onDidReceiveMessage: this.said.event,
  };
  readonly onDidChangeViewState = this.viewState.event;
  readonly onDidDispose = this.disposed.event;
  readonly reveal = vi.fn();
  readonly dispose = vi.fn(() => this.disposed.fire());
}

export enum ViewColumn {
  Active = -1,
}

export class TabInputWebview {
  constructor(readonly viewType: string) {}
}

export const window = {
  createWebviewPanel: vi.fn(() => new WebviewPanelStub()),
  tabGroups: { all: [], close: vi.fn(() => Promise.resolve(true)) },
  showInformationMessage: unanswered(),
  showWarningMessage: unanswered(),
  showErrorMessage: unanswered(),
  showTextDocument: vi.fn(() => Promise.resolve()),
  createTerminal: vi.fn(({ name }: { name: string }) => ({
    name,
    exitStatus: undefined,
    show: vi.fn(),
    dispose: vi.fn(),
  })),
  createTreeView: vi.fn(() => ({ visible: false, onDidChangeVisibility: never, dispose: vi.fn() })),
  onDidCloseTerminal: never,
  activeTerminal: undefined,
};

/** What the settings hold. */
export const settings = new Map<string, string>();

export const workspace = {
  isTrusted: true,
  getConfiguration: () => ({ get: (name: string, other: string) => settings.get(name) ?? other }),
  onDidCloseTextDocument: never,
  openTextDocument: vi.fn((uri: Uri) => Promise.resolve({ uri })),
};

export const commands = {
  executeCommand: vi.fn<(...command: unknown[]) => Promise<void>>().mockResolvedValue(undefined),
};
export const env = { language: 'en', appName: 'Test', clipboard: { writeText: vi.fn() } };
export const l10n = { bundle: undefined };
