import type * as vscode from 'vscode';
import { expect, it, vi } from 'vitest';
import { StepsView } from '../../src/editor/steps/view';
import { SessionsStub } from './sessionStub';
import { window, type EventEmitter } from './vscode';

vi.mock('vscode', () => import('./vscode'));

it('the view of the steps leaves nothing behind', () => {
  const platform = { progress: undefined, onDidProgress: () => ({ dispose: () => undefined }) };
  const view = new StepsView(new SessionsStub().asSessions, {} as vscode.LogOutputChannel, platform);
  const [, { treeDataProvider }] = window.createTreeView.mock.lastCall as unknown as [
    string,
    { treeDataProvider: { changed: EventEmitter<unknown> } },
  ];
  view.dispose();
  expect(treeDataProvider.changed.disposed).toBe(true);
});
