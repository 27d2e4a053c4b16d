import type * as vscode from 'vscode';
import { describe, expect, it, vi } from 'vitest';
import { LogDocuments } from '../../src/editor/terminals/logDocument';
import { sessionWith, SessionsStub } from './sessionStub';
import { workspace, type Uri } from './vscode';

vi.mock('vscode', () => import('./vscode'));

/** A session whose host has this log of the step's first attempt. */
function sessionOf(log: string, over: { host?: string; guide?: string } = {}) {
  const bytes = Buffer.from(log);
  const runner = {
    log: vi.fn((_run: string, _step: string, _attempt: number, offset: number) =>
      Promise.resolve({ bytes: bytes.subarray(offset), size: bytes.length }),
    ),
  };
  const attempts = [{ number: 1, mode: 'run', logBytes: bytes.length }] as never;
  return { runner, session: sessionWith({ ...over, work: { state: 'running', attempts }, runner }) };
}

async function opened() {
  const sessions = new SessionsStub();
  const output = { warn: vi.fn() };
  const logs = new LogDocuments(sessions.asSessions, output as unknown as vscode.LogOutputChannel);
  const { session } = sessionOf('one\n');
  sessions.become(session);
  await logs.open(session, 'work', 1);
  const uri = workspace.openTextDocument.mock.lastCall![0];
  const shown = () => logs.provideTextDocumentContent(uri as unknown as vscode.Uri);
  return { sessions, logs, uri, shown };
}

describe('an open log', () => {
  it('goes on growing after a new login, from where it was', async () => {
    const { sessions, shown } = await opened();
    expect(shown()).toBe('one\n');
    const later = sessionOf('one\ntwo\n');
    sessions.become(later.session);
    await vi.waitFor(() => expect(shown()).toBe('one\ntwo\n'));
    expect(later.runner.log).toHaveBeenCalledWith('a-to-b', 'work', 1, 4, expect.any(Number));
  });

  it.each([{ host: 'pacs02' }, { guide: 'b-to-c' }])('takes nothing from another run: %j', async (over) => {
    const { sessions, shown } = await opened();
    const other = sessionOf('another\nlog\n', over);
    sessions.become(other.session);
    await Promise.resolve();
    expect(other.runner.log).not.toHaveBeenCalled();
    expect(shown()).toBe('one\n');
  });

  it('is another document for another guide on the same host', async () => {
    const { logs, uri } = await opened();
    await logs.open(sessionOf('x', { guide: 'b-to-c' }).session, 'work', 1);
    const other: Uri = workspace.openTextDocument.mock.lastCall![0];
    expect(other.toString()).not.toBe(uri.toString());
  });
});
