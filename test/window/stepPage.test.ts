import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StepPages } from '../../src/editor/pages/stepPage';
import type { FromPage, ToPage } from '../../webview/protocol';
import { sessionWith, SessionsStub } from './sessionStub';
import { env, Uri, window } from './vscode';

vi.mock('vscode', () => import('./vscode'));

const panel = vi.hoisted(() => ({
  receive: undefined as ((message: FromPage) => void) | undefined,
  told: [] as ToPage[],
}));
vi.mock('../../src/editor/pages/webPanel', () => ({
  WebPanel: class {
    visible = true;
    constructor(_uri: unknown, _type: string, receive: (message: FromPage) => void) {
      panel.receive = receive;
    }
    show(): void {
      return;
    }
    rename(): void {
      return;
    }
    tell(message: ToPage): void {
      panel.told.push(message);
    }
  },
}));

async function page(rows = '{}') {
  const folder = await mkdtemp(join(tmpdir(), 'km-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'dist'));
  await writeFile(join(folder, 'dist/rows.json'), rows);
  const sessions = new SessionsStub();
  const output = { error: vi.fn(), show: vi.fn() } as unknown as vscode.LogOutputChannel;
  const pages = new StepPages(new Uri('file', folder) as unknown as vscode.Uri, sessions.asSessions, output);
  return { sessions, pages };
}

const shownSteps = () => panel.told.flatMap((message) => (message.type === 'step' ? [message.page.id] : []));

describe('the step page', () => {
  beforeEach(() => {
    vi.clearAllMocks();
    panel.told.length = 0;
  });

  it('tells when what was asked on it goes wrong', async () => {
    await page();
    env.clipboard.writeText.mockRejectedValueOnce(new Error('No clipboard here.'));
    panel.receive?.({ type: 'copy', what: 'text' });
    await vi.waitFor(() =>
      expect(window.showErrorMessage).toHaveBeenCalledWith('No clipboard here.', 'Show Log'),
    );
  });

  it('tells once when the rows of the official guide cannot be read, and shows the step', async () => {
    const { sessions } = await page('torn {');
    sessions.become(sessionWith({}));
    sessions.become(sessionWith({}));
    await vi.waitFor(() => expect(window.showErrorMessage).toHaveBeenCalledTimes(1));
    expect(shownSteps()).toEqual(['work', 'work']);
  });

  it('takes no value that was typed for another host', async () => {
    const { sessions, pages } = await page();
    sessions.become(sessionWith({ host: 'pacs02' }));
    pages.open({ kind: 'step', id: 'work' });
    const host = 'pacs01 · Kaapana 1 → 2';
    panel.receive?.({ type: 'value', host, name: 'FOLDER', value: '/data', anyway: false });
    const problem = 'This window has come to pacs02. Nothing was changed.';
    await vi.waitFor(() =>
      expect(panel.told).toContainEqual({ type: 'value', name: 'FOLDER', problem, final: true }),
    );
  });

  it('shows no step that the guide does not have: its fields would be those of another run', async () => {
    const { sessions, pages } = await page();
    pages.open({ kind: 'step', id: 'of-another-guide' });
    sessions.become(sessionWith({ host: 'pacs02' }));
    expect(shownSteps()).toEqual(['work']);
  });
});
