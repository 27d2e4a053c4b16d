import type * as vscode from 'vscode';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { mayReplace, reportName } from '../../src/editor/run/exportReport';
import { Uri, window } from './vscode';

vi.mock('vscode', async () => {
  const stub = await import('./vscode');
  const stat = ({ path }: Uri) =>
    there.has(path) ? Promise.resolve() : Promise.reject(new Error('no file'));
  return { ...stub, l10n: {}, workspace: { ...stub.workspace, fs: { stat } } };
});
const { there } = vi.hoisted(() => ({ there: new Set<string>() }));

const beside = ['/w/package.json', '/w/package.html'].map(
  (path) => new Uri('file', path),
) as unknown as vscode.Uri[];

describe('files beside the report that was chosen', () => {
  beforeEach(() => {
    there.clear();
    window.showWarningMessage.mockReset();
  });

  it('are written without a question where there are none', async () => {
    expect(await mayReplace(beside)).toBe(true);
    expect(window.showWarningMessage).not.toHaveBeenCalled();
  });

  it.each([
    ['Replace', true],
    [undefined, false],
  ])('are replaced only when the admin says so: %s', async (answer, expected) => {
    there.add('/w/package.json');
    window.showWarningMessage.mockResolvedValueOnce(answer);
    expect(await mayReplace(beside)).toBe(expected);
    const [, options] = window.showWarningMessage.mock.lastCall as unknown as [string, { detail: string }];
    expect(options).toMatchObject({ modal: true });
    expect(options.detail).toContain('package.json');
    expect(options.detail).not.toContain('package.html');
  });
});

it('the name that is offered for a report names one file, whatever the host is called', () => {
  const now = '2026-01-02T03:04:05Z';
  expect(reportName('a-to-b', 'pacs01', now)).toBe('migration-a-to-b-pacs01-2026-01-02.md');
  expect(reportName('a-to-b', 'ssh://me@pacs01:22', now)).not.toMatch(/[/\\:*?"<>|]/);
});
