import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Sessions } from '../../src/editor/sessions';
import type { Connection } from '../../src/host/session';
import { HostProblem } from '../../src/host/problem';
import type { Guide } from '../../src/migration/guide';
import { guide, step } from '../migration/fixtures';
import { settings, window } from './vscode';

vi.mock('vscode', () => import('./vscode'));

/** What was built, and a gate before each way to a host. */
const built = vi.hoisted(() => ({ sessions: [] as StubSession[], gate: Promise.resolve() }));

interface StubSession {
  readonly guide: Guide;
  readonly transport: { readonly label: string };
  known: boolean;
  connection: Connection;
  started: boolean;
  readonly stop: () => void;
}

vi.mock('../../src/host/ssh', () => ({
  SshTransport: {
    create: async (label: string) => {
      await built.gate;
      return { label, disconnect: () => Promise.resolve() };
    },
  },
}));
vi.mock('../../src/host/session', () => ({
  Session: class implements StubSession {
    known = false;
    connection: Connection = { state: 'connecting' };
    started = false;
    private listener: (() => void) | undefined;
    constructor(
      readonly guide: Guide,
      readonly transport: { readonly label: string },
    ) {
      built.sessions.push(this);
    }
    onChange(listener: () => void): void {
      this.listener = listener;
    }
    start(): void {
      this.started = true;
      this.listener?.();
    }
    readonly stop = () => {
      this.started = false;
    };
  },
}));

async function aWindow(host = 'pacs01') {
  settings.set('host', host);
  const extensionPath = await mkdtemp(join(tmpdir(), 'km-sessions-'));
  onTestFinished(() => rm(extensionPath, { recursive: true }));
  await mkdir(join(extensionPath, 'dist/guides'), { recursive: true });
  for (const id of ['0.3.5-to-0.4.1', 'other'])
    await writeFile(
      join(extensionPath, `dist/guides/${id}.json`),
      JSON.stringify({ ...guide(step('work')), id }),
    );
  await writeFile(join(extensionPath, 'dist/runner.sh'), '');
  const kept = new Map<string, unknown>();
  const context = {
    extensionPath,
    extension: { id: 'test', packageJSON: { version: '0' } },
    globalState: {
      get: (key: string, other: unknown) => kept.get(key) ?? other,
      update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
    },
  } as unknown as vscode.ExtensionContext;
  const output = { error: vi.fn(), warn: vi.fn() } as unknown as vscode.LogOutputChannel;
  const sessions = new Sessions(context, output);
  return {
    sessions,
    host: () => sessions.current?.transport.label,
    /** Another window, or somebody in the settings, names another host. */
    set: async (named: string) => {
      settings.set('host', named);
      await sessions.settingsChanged();
    },
  };
}

/** Holds every way to a host back until it is called. */
function holdBack(): () => void {
  let open: () => void = () => undefined;
  built.gate = new Promise((resolve) => (open = resolve));
  return open;
}

const started = () => built.sessions.filter((session) => session.started);

beforeEach(() => {
  vi.clearAllMocks();
  settings.clear();
  built.sessions.length = 0;
  built.gate = Promise.resolve();
});

describe('a window whose setting names another host', () => {
  async function connected() {
    const opened = await aWindow();
    await opened.sessions.open();
    built.sessions[0]!.known = true;
    return opened;
  }

  it('keeps the host whose steps it shows, and says so with both names', async () => {
    const { sessions, host, set } = await connected();
    await set('pacs02');
    expect([host(), sessions.host]).toEqual(['pacs01', 'pacs01']);
    expect(built.sessions.length).toBe(1);
    expect(window.showWarningMessage).toHaveBeenCalledExactlyOnceWith(
      'The setting now names the host pacs02. This window stays on pacs01.',
      'Switch to pacs02',
    );
  });

  it('keeps it through a new login, another guide and other ssh settings, and says it once', async () => {
    const { sessions, host, set } = await connected();
    await set('pacs02');
    await sessions.reopen();
    expect(host()).toBe('pacs01');
    await sessions.chooseGuide('other');
    expect([host(), sessions.current?.guide.id]).toEqual(['pacs01', 'other']);
    settings.set('sshConfigFile', '/etc/ssh/other');
    await sessions.settingsChanged();
    expect([host(), built.sessions.length]).toEqual(['pacs01', 4]);
    expect(window.showWarningMessage).toHaveBeenCalledTimes(1);
  });

  it('switches when somebody there says so', async () => {
    const { host, set } = await connected();
    window.showWarningMessage.mockResolvedValueOnce('Switch to pacs02');
    await set('pacs02');
    await vi.waitFor(() => expect(host()).toBe('pacs02'));
    expect(started().length).toBe(1);
  });

  it('asks nothing where the host was chosen in this window', async () => {
    const { sessions, host, set } = await connected();
    await sessions.choose('pacs02');
    built.sessions[1]!.known = true;
    await set('pacs02');
    expect([host(), built.sessions.length]).toEqual(['pacs02', 2]);
    expect(window.showWarningMessage).not.toHaveBeenCalled();
  });

  it('keeps the host where somebody logs in', async () => {
    const { sessions, host, set } = await aWindow();
    await sessions.open();
    const problem = new HostProblem('needs-login', 'No key.');
    built.sessions[0]!.connection = { state: 'failed', problem };
    await set('pacs02');
    expect(host()).toBe('pacs01');
  });

  it('keeps the host from which it was disconnected, and opens nothing by itself', async () => {
    const { sessions, host, set } = await connected();
    await sessions.disconnect();
    await set('pacs02');
    expect([sessions.host, host(), sessions.viewState]).toEqual(['pacs01', undefined, 'closed']);
  });

  it('follows it where nothing was seen of the first host', async () => {
    const { sessions, host, set } = await aWindow();
    await sessions.open();
    const problem = new HostProblem('unknown-host', 'No such name.');
    built.sessions[0]!.connection = { state: 'failed', problem };
    await set('pacs02');
    expect(host()).toBe('pacs02');
    expect(window.showWarningMessage).not.toHaveBeenCalled();
  });

  it('leaves its host when the setting names none any more', async () => {
    const { sessions, host, set } = await connected();
    await set('');
    expect([host(), sessions.viewState]).toEqual([undefined, 'noHost']);
    await set('pacs02');
    expect(host()).toBe('pacs02');
  });
});

describe('a session on its way', () => {
  it('gives way to one that was asked for later, with the guide of that', async () => {
    const { sessions } = await aWindow();
    const open = holdBack();
    const first = sessions.open();
    const second = sessions.chooseGuide('other');
    await new Promise(setImmediate);
    open();
    await Promise.all([first, second]);
    expect(started().map((session) => session.guide.id)).toEqual(['other']);
    expect(sessions.current?.guide.id).toBe('other');
  });

  it.each<[string, (sessions: Sessions) => unknown]>([
    ['disconnected', (sessions) => sessions.disconnect()],
    ['closed', (sessions) => sessions.dispose()],
  ])('is not begun in a window that was %s meanwhile', async (_what, leave) => {
    const { sessions } = await aWindow();
    const open = holdBack();
    const opening = sessions.open();
    await leave(sessions);
    open();
    await opening;
    expect(started()).toEqual([]);
    expect(sessions.current).toBeUndefined();
  });
});
