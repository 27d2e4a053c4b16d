import { expect, it, vi } from 'vitest';
import { skipStep } from '../../src/editor/steps/statements';
import { runWith, sessionWith } from './sessionStub';

vi.mock('vscode', async () => {
  const stub = await import('./vscode');
  return { ...stub, window: Object.assign(stub.window, { showInputBox }) };
});
const { showInputBox } = vi.hoisted(() => ({ showInputBox: vi.fn(() => Promise.resolve('Not here.')) }));

it.each(['ready', 'running'] as const)(
  'a step is left out as it is after the reason is given: %s',
  async (state) => {
    const runner = { state: vi.fn(() => Promise.resolve()) };
    const session = sessionWith({ work: { state: 'ready' }, runner });
    Object.assign(session, { refresh: () => Promise.resolve(runWith({ state })) });
    const said = skipStep(session, session.run.steps[0]!);
    if (state === 'ready') await said;
    else await expect(said).rejects.toMatchObject({ reason: 'busy' });
    expect(runner.state).toHaveBeenCalledTimes(state === 'ready' ? 1 : 0);
  },
);
