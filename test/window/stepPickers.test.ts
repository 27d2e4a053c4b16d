import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pickStep } from '../../src/editor/steps/pickers';
import { sessionWith } from './sessionStub';
import { window } from './vscode';

vi.mock('vscode', async () => {
  const stub = await import('./vscode');
  return { ...stub, window: Object.assign(stub.window, { showQuickPick }) };
});
const { showQuickPick } = vi.hoisted(() => ({ showQuickPick: vi.fn() }));

const node = { kind: 'step', id: 'work' };
const settled = sessionWith({ work: { state: 'succeeded' } });
const ready = sessionWith({ work: { state: 'ready' } });

describe('the step that a command is meant for', () => {
  beforeEach(() => vi.clearAllMocks());

  it('is the one that it was handed, as it is now', async () => {
    expect(await pickStep(ready, node, 'open')).toBe(ready.run.steps[0]);
    expect(window.showWarningMessage).not.toHaveBeenCalled();
  });

  it('is none where a stale button hands over one that cannot be used so any more, and that is said', async () => {
    expect(await pickStep(settled, node, 'open')).toBeUndefined();
    expect(window.showWarningMessage).toHaveBeenCalledWith(
      '"Title of work" is now: done. That cannot be done with it; nothing was changed.',
    );
  });

  it('is none where the guide has no such step', async () => {
    expect(await pickStep(ready, { kind: 'step', id: 'other' }, 'step')).toBeUndefined();
    expect(window.showWarningMessage).toHaveBeenCalledTimes(1);
    expect(showQuickPick).not.toHaveBeenCalled();
  });

  it('is picked from those that can be used so, and looked at again once it is', async () => {
    const session = sessionWith({ work: { state: 'ready' } });
    showQuickPick.mockImplementationOnce((items: { id: string }[]) => {
      Object.assign(session, { run: settled.run });
      return Promise.resolve(items[0]);
    });
    expect(await pickStep(session, undefined, 'open')).toBeUndefined();
    expect(window.showWarningMessage).toHaveBeenCalledTimes(1);
  });

  it('is not asked for where there is none', async () => {
    expect(await pickStep(settled, undefined, 'open')).toBeUndefined();
    expect(window.showInformationMessage).toHaveBeenCalledWith('There is no step that this applies to now.');
  });
});
