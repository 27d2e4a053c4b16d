import { describe, expect, it } from 'vitest';
import { parseJournal } from '../../src/migration/journal';
import { EMPTY_SNAPSHOT, foldRun, type LiveAttempt, type StepStatus } from '../../src/migration/run';
import type { Actor } from '../../src/migration/journal';
import type { Step } from '../../src/migration/guide';
import { guide, journalText, step } from './fixtures';

const GUIDE = guide(step('first'), step('second', { needs: { steps: ['first'] } }), withoutScript('third'));

function withoutScript(id: string) {
  const unwritten: Partial<Step> = step(id);
  delete (unwritten as { script?: string }).script;
  return unwritten as Step;
}

const look = (
  records: readonly Record<string, unknown>[],
  live: readonly LiveAttempt[] = [],
  boot = 'now',
): StepStatus[] => [
  ...foldRun(GUIDE, { ...EMPTY_SNAPSHOT, journal: parseJournal(journalText(records)), live, boot, plan: 'p' })
    .steps,
];
const states = (status: readonly StepStatus[]) => status.map(({ state }) => state);

const INTENT = { type: 'intent', step: 'first', attempt: 1, command: 'c' };
const STARTED = { type: 'started', step: 'first', attempt: 1, boot: 'now' };
const LIVE: LiveAttempt = { step: 'first', attempt: 1, alive: true, began: true, boot: 'now', logBytes: 5 };
const CHECK = { status: 'done', evidence: 'All there.' };

describe('a run', () => {
  it('begins with the first step ready and the others waiting', () => {
    const { steps, active } = foldRun(GUIDE, EMPTY_SNAPSHOT);
    expect(states(steps)).toEqual(['ready', 'pending', 'not-written']);
    expect(steps[1]?.reason).toBe('Comes after "Title of first", which is not proven yet.');
    expect(active).toBeUndefined();
  });

  it('shows the step that occupies the host', () => {
    const run = foldRun(GUIDE, {
      ...EMPTY_SNAPSHOT,
      journal: parseJournal(journalText([INTENT, STARTED])),
      live: [LIVE],
      boot: 'now',
      plan: 'p',
    });
    expect(run.active?.step.id).toBe('first');
    expect(states(run.steps)).toEqual(['running', 'pending', 'not-written']);
  });

  it('is checking once the exit code is there', () => {
    expect(states(look([INTENT, STARTED], [{ ...LIVE, exitCode: 0 }]))[0]).toBe('checking');
  });

  it('opens the next step when one is done', () => {
    const finished = {
      type: 'finished',
      step: 'first',
      attempt: 1,
      exitCode: 0,
      cancelled: false,
      check: CHECK,
    };
    expect(states(look([INTENT, STARTED, finished]))).toEqual(['succeeded', 'ready', 'not-written']);
  });

  it('takes the evidence on the host where a killed job could not write the journal', () => {
    const evidence = {
      ...LIVE,
      alive: false,
      exitCode: 0,
      check: { status: 'done' as const, evidence: '', items: [] },
    };
    expect(states(look([INTENT, STARTED], [evidence]))[0]).toBe('succeeded');
  });

  it('does not know what became of a job that died without a trace', () => {
    expect(states(look([INTENT, STARTED], [{ ...LIVE, alive: false }]))[0]).toBe('unknown');
  });

  it('does not trust a job of before a restart of the host', () => {
    expect(states(look([INTENT, STARTED], [LIVE], 'later'))[0]).toBe('unknown');
  });

  it('leaves unknown by a later check', () => {
    const checked = {
      type: 'checked',
      step: 'first',
      check: { status: 'pending', evidence: 'Nothing there.' },
    };
    expect(states(look([INTENT, STARTED, checked], [{ ...LIVE, alive: false }]))[0]).toBe('failed');
  });

  it('keeps what was proven when a later check cannot tell', () => {
    const finished = { type: 'finished', step: 'first', attempt: 1, exitCode: 0, check: CHECK };
    const blind = { type: 'checked', step: 'first', check: { status: 'unknown', evidence: 'No sudo.' } };
    const gone = { ...blind, check: { status: 'pending', evidence: 'Nothing there.' } };
    expect(states(look([INTENT, STARTED, finished, blind]))[0]).toBe('succeeded');
    expect(states(look([INTENT, STARTED, finished, gone]))[0]).toBe('needs-attention');
    expect(states(look([INTENT, STARTED, finished, gone, blind]))[0]).toBe('needs-attention');
  });

  it('says what stands in the way of a step that never ran', () => {
    const check = { status: 'blocked', evidence: 'The platform still runs.' };
    expect(look([{ type: 'checked', step: 'first', check }])[0]).toMatchObject({
      state: 'needs-attention',
      reason: 'The platform still runs.',
    });
  });

  it('waits for an answer, with the question', () => {
    const [first] = look([INTENT, STARTED], [{ ...LIVE, question: 'Go on?' }]);
    expect(first).toMatchObject({
      state: 'waiting',
      reason: 'It waits for an answer in its terminal: Go on?',
    });
  });

  it('is open again once it was taken back', () => {
    const done = {
      type: 'finished',
      step: 'first',
      attempt: 1,
      exitCode: 0,
      ending: 'exit-zero',
      check: CHECK,
    };
    const undo = { ...INTENT, attempt: 2, mode: 'undo' };
    const undone = { ...done, attempt: 2, check: { status: 'pending', evidence: 'Gone.' } };
    const [first, second] = look([INTENT, STARTED, done, undo, { ...STARTED, attempt: 2 }, undone]);
    expect(first?.state).toBe('undone');
    expect(second?.state).toBe('pending');
  });

  it('has been restarted on purpose only with another boot id, and then the check decides', () => {
    const rebooting = guide(step('first', { reboots: true }));
    const records = [INTENT, STARTED];
    const evidence = { ...LIVE, alive: false, exitCode: 0 };
    const fold = (boot: string, more: Record<string, unknown>[] = []) =>
      foldRun(rebooting, {
        ...EMPTY_SNAPSHOT,
        journal: parseJournal(journalText([...records, ...more])),
        live: [evidence],
        boot,
      }).steps[0]?.state;
    const checked = [{ type: 'checked', step: 'first', check: CHECK }];
    expect(fold('later')).toBe('unknown');
    expect(fold('later', checked)).toBe('succeeded');
    expect(fold('now', checked)).toBe('needs-attention');
  });

  it('keeps an ending that was journaled, however often the host restarts afterwards', () => {
    const rebooting = guide(step('first', { reboots: true }));
    const finished = {
      type: 'finished',
      step: 'first',
      attempt: 1,
      exitCode: 0,
      ending: 'exit-zero',
      check: CHECK,
    };
    const journal = parseJournal(journalText([INTENT, STARTED, finished]));
    const live = [{ ...LIVE, alive: false, exitCode: 0 }];
    expect(foldRun(rebooting, { ...EMPTY_SNAPSHOT, journal, live, boot: 'later' }).steps[0]?.state).toBe(
      'needs-attention',
    );
  });

  it('is in the hands of whoever started a step or took it over last', () => {
    const fold = (me: Actor, records: Record<string, unknown>[]) =>
      foldRun(GUIDE, { ...EMPTY_SNAPSHOT, me, journal: parseJournal(journalText(records)) }).holder;
    const admin = { user: 'admin', from: '10.0.0.7' };
    expect(fold(admin, [])).toBeUndefined();
    expect(fold(admin, [INTENT])?.other).toBe(false);
    expect(fold({ ...admin, from: '10.0.0.8' }, [INTENT])).toMatchObject({ other: true, actor: admin });
    expect(fold(admin, [{ type: 'taken-over' }])?.other).toBe(false);
  });

  it('is as before where a job never began', () => {
    const [first] = look([INTENT], [{ ...LIVE, alive: false, began: false }]);
    expect(first?.state).toBe('ready');
    expect(first?.attempts).toHaveLength(1);
  });

  it('needs no step whose result is already there', () => {
    const [first, second] = look([{ type: 'checked', step: 'first', check: CHECK }]);
    expect(first).toMatchObject({ state: 'not-needed', reason: 'All there.' });
    expect(second?.state).toBe('ready');
  });

  it('counts what a person answers for, by name, until it is taken back', () => {
    const byHand = { type: 'by-hand', step: 'first', note: 'In the console.' };
    const [first, second] = look([byHand]);
    expect(first).toMatchObject({ state: 'by-hand', reason: 'Done by hand by admin: In the console.' });
    expect(second?.state).toBe('ready');
    expect(states(look([byHand, { type: 'skipped', step: 'first', note: 'Not here.' }]))[0]).toBe('skipped');
    expect(states(look([byHand, { type: 'reopened', step: 'first' }]))[0]).toBe('ready');
  });

  it('forgets a statement when the step is started after it', () => {
    const skipped = { type: 'skipped', step: 'first', note: 'Not here.' };
    expect(states(look([skipped, INTENT, STARTED], [LIVE]))[0]).toBe('running');
  });

  it.each(['skipped', 'by-hand'])('is not hidden by a %s that was said while the step runs', (type) => {
    const said = { type, step: 'first', note: 'I did not see it start.' };
    const live = [INTENT, STARTED, said];
    const [running] = look(live, [LIVE]);
    expect(running?.state).toBe('running');
    expect(running?.statement).toBeUndefined();
    const failed = {
      type: 'finished',
      step: 'first',
      attempt: 1,
      exitCode: 1,
      check: { status: 'pending', evidence: 'Half of it.' },
    };
    expect(states(look([...live, failed]))[0]).toBe('failed');
    expect(states(look([...live, failed, said]))[0]).toBe(type);
  });

  it('keeps every attempt', () => {
    const again = { ...INTENT, attempt: 2 };
    const failed = {
      type: 'finished',
      step: 'first',
      attempt: 1,
      exitCode: 1,
      cancelled: false,
      check: { status: 'pending', evidence: '' },
    };
    const [first] = look([INTENT, STARTED, failed, again], [{ ...LIVE, attempt: 2 }]);
    expect(first?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'running']);
    expect(first?.state).toBe('running');
  });

  it('knows the newest confirmed values', () => {
    const records = [
      { type: 'values', values: { A: '1', B: '2' } },
      { type: 'values', values: { A: '3' } },
    ];
    const run = foldRun(GUIDE, { ...EMPTY_SNAPSHOT, journal: parseJournal(journalText(records)) });
    expect(run.values).toEqual({ A: '3', B: '2' });
  });
});
