import type * as vscode from 'vscode';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebPanel } from '../../src/editor/pages/webPanel';
import { Uri, window, type WebviewPanelStub } from './vscode';

vi.mock('vscode', () => import('./vscode'));

/** Longer than any page may take to say its first word. */
const LONG_MS = 11_000;

function shown(): { panel: WebPanel; tab: WebviewPanelStub } {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const uri = new Uri('file', '/extension') as unknown as vscode.Uri;
  const panel = new WebPanel(uri, 'test.page', vi.fn(), vi.fn());
  panel.show('Page');
  const [made] = window.createWebviewPanel.mock.results;
  return { panel, tab: made?.value as WebviewPanelStub };
}

const show = (tab: WebviewPanelStub, visible: boolean) => {
  tab.visible = visible;
  tab.viewState.fire();
};

describe('the tab of a page', () => {
  beforeEach(() => void vi.clearAllMocks());

  it('comes to the front when it is shown again', () => {
    const { panel, tab } = shown();
    tab.said.fire({ type: 'ready' });
    vi.advanceTimersByTime(LONG_MS);
    panel.show('Page');
    expect(tab.reveal).toHaveBeenCalledOnce();
    expect(window.createWebviewPanel).toHaveBeenCalledOnce();
  });

  it('gives way to another when it stayed blank', () => {
    const { panel, tab } = shown();
    vi.advanceTimersByTime(LONG_MS);
    panel.show('Page');
    expect(tab.dispose).toHaveBeenCalledOnce();
    expect(window.createWebviewPanel).toHaveBeenCalledTimes(2);
    expect(panel.visible).toBe(true);
  });

  it('has time to load, each time that it comes into sight', () => {
    const { panel, tab } = shown();
    panel.show('Page');
    show(tab, false);
    vi.advanceTimersByTime(LONG_MS);
    panel.show('Page');
    show(tab, true);
    panel.show('Page');
    expect(tab.dispose).not.toHaveBeenCalled();
    expect(tab.reveal).toHaveBeenCalledTimes(3);
  });

  it('gives way to another when it stayed blank as it came into sight again', () => {
    const { panel, tab } = shown();
    tab.said.fire({ type: 'ready' });
    show(tab, false);
    show(tab, true);
    vi.advanceTimersByTime(LONG_MS);
    panel.show('Page');
    expect(tab.dispose).toHaveBeenCalledOnce();
  });
});
