import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Previews } from '../../src/editor/steps/preview';
import { runStep } from '../../src/editor/steps/runStep';
import type { Terminals } from '../../src/editor/terminals/terminals';
import { HostProblem } from '../../src/host/problem';
import type { Session } from '../../src/host/session';
import { parseJournal } from '../../src/migration/journal';
import { EMPTY_SNAPSHOT, foldRun, type Snapshot } from '../../src/migration/run';
import type { Mode } from '../../src/migration/verdict';
import { guide, journalText, step } from '../migration/fixtures';
import { window } from './vscode';

vi.mock('vscode', async () => {
  const stub = await import('./vscode');
  const withProgress = (_options: unknown, work: () => unknown) => work();
  return { ...stub, window: Object.assign(stub.window, { withProgress, showInputBox }) };
});
const { showInputBox } = vi.hoisted(() => ({ showInputBox: vi.fn() }));

const GUIDE = guide(
  step('first', { script: 'check() { :; }\nrun() { :; }\nundo() { :; }\n' }),
  step('last', { risk: 'destructive', needs: { steps: ['first'] } }),
  step('free'),
);

type Said = Record<string, unknown>;
const done = (id: string): Said[] => [
  { type: 'intent', step: id, attempt: 1, command: 'c' },
  { type: 'finished', step: id, attempt: 1, exitCode: 0, check: { status: 'done', evidence: '' } },
];
const gone: Said = { type: 'checked', step: 'first', check: { status: 'pending', evidence: 'Gone.' } };
const key = (print: string): Said => ({ type: 'values', values: {}, host: { key: print } });

/** A host that changes while a person thinks: what its journal says is looked at anew each time. */
function hostWith(records: readonly Said[]) {
  const host = { records, hostKey: 'SHA256:old' };
  const look = (): Snapshot => ({
    ...EMPTY_SNAPSHOT,
    journal: parseJournal(journalText(host.records)),
    hostKey: host.hostKey,
  });
  const start = vi.fn(() => Promise.resolve(2));
  const session = {
    guide: GUIDE,
    transport: { label: 'pacs01' },
    runner: { start },
    run: foldRun(GUIDE, look()),
    refresh() {
      this.run = foldRun(GUIDE, look());
      return Promise.resolve(this.run);
    },
  };
  const previews = { open: () => Promise.resolve() } as unknown as Previews;
  const terminals = { show: () => undefined } as unknown as Terminals;
  const run = (id: string, mode: Mode = 'run', around?: Parameters<typeof runStep>[5]) =>
    runStep(session as unknown as Session, id, mode, previews, terminals, around);
  return { host, start, run };
}

/** A person answers, after something has happened. */
const answers =
  (answer: string, meanwhile: () => void = () => undefined) =>
  () => {
    meanwhile();
    return Promise.resolve(answer);
  };

describe('while the question stands open', () => {
  beforeEach(() => {
    window.showWarningMessage.mockReset();
    showInputBox.mockReset();
  });

  it('nothing changes, and the step is started after one question', async () => {
    const { run, start } = hostWith([]);
    window.showWarningMessage.mockImplementationOnce(answers('Run'));
    expect(await run('free')).toBe(true);
    expect(window.showWarningMessage).toHaveBeenCalledTimes(1);
    expect(start).toHaveBeenCalledTimes(1);
  });

  it('what goes with a run has not begun: only what was agreed to is prepared', async () => {
    const { start, run } = hostWith([]);
    const around = vi.fn((begin: () => Promise<boolean>) => begin());
    window.showWarningMessage.mockImplementation(() => {
      expect(around).not.toHaveBeenCalled();
      return Promise.resolve(undefined);
    });
    expect(await run('free', 'run', around)).toBe(false);
    expect(around).not.toHaveBeenCalled();
    window.showWarningMessage.mockImplementation(answers('Run'));
    expect(await run('free', 'run', around)).toBe(true);
    expect(around).toHaveBeenCalledOnce();
    expect(start).toHaveBeenCalledOnce();
  });

  it('what a destructive step needs is lost: it is not started', async () => {
    const { host, run, start } = hostWith(done('first'));
    window.showWarningMessage.mockImplementationOnce(answers('Run'));
    showInputBox.mockImplementationOnce(answers('pacs01', () => (host.records = [...done('first'), gone])));
    await expect(run('last')).rejects.toMatchObject({ reason: 'not-proven' });
    expect(start).not.toHaveBeenCalled();
  });

  it('another step is built upon the one that is taken back: it stays', async () => {
    const { host, run, start } = hostWith(done('first'));
    const meanwhile = () => (host.records = [...done('first'), ...done('last')]);
    window.showWarningMessage.mockImplementationOnce(answers('Take Back', meanwhile));
    await expect(run('first', 'undo')).rejects.toMatchObject({ reason: 'built-upon' });
    expect(start).not.toHaveBeenCalled();
  });

  it('the host comes back with another key: it is asked again, with that said', async () => {
    const { host, run, start } = hostWith([key('SHA256:old')]);
    window.showWarningMessage
      .mockImplementationOnce(answers('Run', () => (host.hostKey = 'SHA256:new')))
      .mockImplementationOnce(answers('Cancel'));
    expect(await run('free')).toBe(false);
    expect(window.showWarningMessage).toHaveBeenCalledTimes(2);
    const [, options] = window.showWarningMessage.mock.lastCall as unknown as [string, { detail: string }];
    expect(options.detail).toContain('was known by before (SHA256:old)');
    expect(start).not.toHaveBeenCalled();
  });

  it('about who conducts the run, it is looked at again too', async () => {
    const { host, run, start } = hostWith(done('first'));
    start.mockRejectedValueOnce(new HostProblem('held', 'Somebody else conducts this migration.'));
    const meanwhile = () => (host.records = [...done('first'), gone]);
    window.showWarningMessage
      .mockImplementationOnce(answers('Run'))
      .mockImplementationOnce(answers('Take Over', meanwhile));
    showInputBox.mockImplementationOnce(answers('pacs01'));
    await expect(run('last')).rejects.toMatchObject({ reason: 'not-proven' });
    expect(start).toHaveBeenCalledTimes(1);
  });
});
