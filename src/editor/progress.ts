import * as vscode from 'vscode';

/** Shows on a view that something is under way, for as long as it is. */
export const inProgress = <T>(viewId: string, title: string, work: () => Promise<T>): Promise<T> =>
  Promise.resolve(vscode.window.withProgress({ location: { viewId }, title }, work));
