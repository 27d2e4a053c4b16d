import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { Dags } from '../../src/editor/dags/dags';

/** What was registered and started, and how the next server behaves. */
const world = vi.hoisted(() => ({
  commands: new Set<string>(),
  started: 0,
  stopped: 0,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
}));

/** As much of VS Code as the owner of the language server uses. */
vi.mock('vscode', () => {
  const settings = { get: (_: string, otherwise: unknown) => otherwise, inspect: () => undefined };
  return {
    l10n: {},
    workspace: {
      textDocuments: [{ languageId: 'python' }],
      onDidOpenTextDocument: () => ({ dispose: () => undefined }),
      onDidChangeConfiguration: () => ({ dispose: () => undefined }),
      getConfiguration: () => settings,
      findFiles: () => Promise.resolve([]),
    },
    commands: {
      registerCommand: (name: string) => {
        if (world.commands.has(name)) throw new Error(`command '${name}' already exists`);
        world.commands.add(name);
        return { dispose: () => world.commands.delete(name) };
      },
    },
    window: { showErrorMessage: () => Promise.resolve(undefined) },
  };
});

vi.mock('vscode-languageclient/node', () => ({
  TransportKind: { ipc: 1 },
  LanguageClient: class {
    async start(): Promise<void> {
      await world.start();
      world.started += 1;
    }
    async stop(): Promise<void> {
      world.stopped += 1;
      await world.stop();
    }
  },
}));

describe('the DAG language server in the editor', () => {
  const problems: unknown[] = [];
  const output = { error: (text: unknown) => problems.push(text) } as unknown as vscode.LogOutputChannel;

  beforeEach(() => {
    problems.length = 0;
    world.commands.clear();
    Object.assign(world, {
      started: 0,
      stopped: 0,
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    });
  });

  it('is started anew when the one before hangs', async () => {
    const dags = new Dags('/extension', output);
    await vi.waitFor(() => expect(world.started).toBe(1));
    world.stop = () => Promise.reject(new Error('Stopping the server timed out'));
    await dags.restart();
    expect(world.started).toBe(2);
    expect(problems).toEqual([]);
    await dags.restart();
    expect(world).toMatchObject({ started: 3, stopped: 2 });
    expect(world.commands.size).toBe(1);
  });

  it('can be started after a start that failed', async () => {
    world.start = () => Promise.reject(new Error('no server'));
    const dags = new Dags('/extension', output);
    await vi.waitFor(() => expect(problems).toEqual([new Error('no server')]));
    world.start = () => Promise.resolve();
    await dags.restart();
    expect(world.started).toBe(1);
    expect(problems).toHaveLength(1);
  });
});
