import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/migration/guide';
import { parseJournal } from '../../src/migration/journal';
import { refusal, type Place } from '../../src/migration/permission';
import { EMPTY_SNAPSHOT, foldRun, type LiveAttempt } from '../../src/migration/run';
import type { Mode } from '../../src/migration/verdict';
import { guide, journalText, step } from './fixtures';

const UNDOABLE = 'check() { :; }\nrun() { :; }\nundo() { :; }\n';
const OUTSIDE = { inPlatform: false };

interface Circumstances {
  readonly id?: string;
  readonly mode?: Mode;
  readonly place?: Place;
  readonly live?: readonly LiveAttempt[];
}

const refused = (
  steps: readonly Step[],
  records: readonly Record<string, unknown>[],
  { id = 'last', mode = 'run', place = OUTSIDE, live = [] }: Circumstances = {},
) => {
  const journal = parseJournal(journalText(records));
  const run = foldRun(guide(...steps), { ...EMPTY_SNAPSHOT, journal, live, boot: 'now' });
  return refusal(
    run,
    run.steps.find((status) => status.step.id === id)!,
    mode,
    place,
  )?.reason;
};

const done = (id: string): Record<string, unknown>[] => [
  { type: 'intent', step: id, attempt: 1, command: 'c' },
  { type: 'finished', step: id, attempt: 1, exitCode: 0, check: { status: 'done', evidence: '' } },
];
const says = (type: string) => [{ type, step: 'first', note: 'Believe me.' }];

describe('a destructive step', () => {
  const last = step('last', { risk: 'destructive', needs: { steps: ['first'] } });
  const first = step('first');

  it('is refused until what it needs is proven', () => {
    expect(refused([first, last], [])).toBe('not-proven');
    expect(refused([first, last], done('first'))).toBeUndefined();
  });

  it('takes the word of a person who did what it needs, not of one who left it out', () => {
    expect(refused([first, last], says('by-hand'))).toBeUndefined();
    expect(refused([first, last], says('skipped'))).toBe('not-proven');
    expect(refused([step('first', { optional: true }), last], says('skipped'))).toBeUndefined();
  });

  it('does not hold back one that can be taken back', () => {
    expect(refused([first, { ...last, risk: 'changing' }], [])).toBeUndefined();
  });
});

describe('a step that takes the platform down', () => {
  const last = step('last', { endsEditor: true });

  it('is refused from an editor inside it, and from nowhere else', () => {
    expect(refused([last], [], { place: { inPlatform: true } })).toBe('inside-platform');
    expect(refused([last], [])).toBeUndefined();
    expect(refused([step('last')], [], { place: { inPlatform: true } })).toBeUndefined();
  });
});

describe('any step', () => {
  it('is refused while another one runs', () => {
    const live = [{ step: 'first', attempt: 1, alive: true, began: true, boot: 'now', logBytes: 0 }];
    const records = [{ type: 'intent', step: 'first', attempt: 1, command: 'c' }];
    expect(refused([step('first'), step('last')], records, { live })).toBe('busy');
  });
});

describe('a way back', () => {
  const first = step('first', { script: UNDOABLE });
  const last = step('last', { needs: { steps: ['first'] } });
  const undo = { id: 'first', mode: 'undo' as const };

  it('is refused where the step knows none', () => {
    expect(refused([step('first')], done('first'), undo)).toBe('no-way-back');
  });

  it('is refused while a step that was run later builds on it', () => {
    expect(refused([first, last], done('first'), undo)).toBeUndefined();
    expect(refused([first, last], [...done('first'), ...done('last')], undo)).toBe('built-upon');
  });
});
