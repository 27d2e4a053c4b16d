import type * as vscode from 'vscode';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Notices } from '../../src/editor/run/notices';
import type { Terminals } from '../../src/editor/terminals/terminals';
import { sessionWith, SessionsStub } from './sessionStub';
import { window } from './vscode';

vi.mock('vscode', () => import('./vscode'));

const attempts = [{ number: 1, mode: 'run', logBytes: 0 }] as never;
const running = { state: 'running', reason: 'It runs.', attempts } as const;
const failed = { state: 'failed', reason: 'It ended with 1.', attempts } as const;
const asks = { state: 'waiting', reason: 'Go on?', attempts } as const;

describe('what a window tells about the steps that it watches', () => {
  let sessions: SessionsStub;
  const told = () => window.showWarningMessage.mock.calls.map(([text]) => text);

  beforeEach(() => {
    vi.clearAllMocks();
    sessions = new SessionsStub();
    new Notices(
      sessions.asSessions,
      { visible: false } as unknown as vscode.TreeView<unknown>,
      { isInFront: () => false } as unknown as Terminals,
    );
  });

  it('is the end of a step, also where a login lay between', () => {
    sessions.become(sessionWith({ work: running }));
    sessions.become(undefined);
    sessions.become(sessionWith({ work: failed }));
    expect(told()).toEqual(['Title of work: failed. It ended with 1.']);
  });

  it.each([{ host: 'pacs02' }, { guide: 'b-to-c' }])('is nothing of one run on another: %j', (other) => {
    sessions.become(sessionWith({ work: running }));
    sessions.become(sessionWith({ ...other, work: failed }));
    expect(told()).toEqual([]);
  });

  it('is a question once a run, and again on another', () => {
    sessions.become(sessionWith({ work: asks }));
    sessions.become(sessionWith({ work: asks }));
    expect(told()).toEqual(['Title of work: Go on?']);
    sessions.become(sessionWith({ host: 'pacs02', work: asks }));
    expect(told().length).toBe(2);
  });
});
