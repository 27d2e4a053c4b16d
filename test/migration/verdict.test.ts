import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECK_STATUSES, type CheckStatus } from '../../src/migration/check';
import {
  ENDINGS,
  judge,
  MODES,
  outcomeTable,
  type Ending,
  type Evidence,
  type Kind,
  type Outcome,
} from '../../src/migration/verdict';

const ENDED: Evidence = {
  mode: 'run',
  reboots: false,
  ending: 'exit-zero',
  exitCode: 0,
  alive: false,
  began: true,
  question: undefined,
  check: undefined,
};
const ALIVE: Partial<Evidence> = { alive: true, ending: undefined, exitCode: undefined };

const outcome = (over: Partial<Evidence>): Outcome => judge({ ...ENDED, ...over }).outcome;

type Cells = Readonly<Record<CheckStatus, Outcome>>;

const WELL: Cells = {
  done: 'succeeded',
  'not-needed': 'succeeded',
  pending: 'needs-attention',
  blocked: 'needs-attention',
  unknown: 'unknown',
};
const BADLY: Cells = {
  done: 'needs-attention',
  'not-needed': 'needs-attention',
  pending: 'failed',
  blocked: 'needs-attention',
  unknown: 'unknown',
};
const CANCELLED: Cells = { ...BADLY, pending: 'cancelled', blocked: 'cancelled' };
const NEVER_WENT_DOWN: Cells = { ...WELL, done: 'needs-attention', 'not-needed': 'needs-attention' };
const TAKEN_BACK: Cells = { ...NEVER_WENT_DOWN, pending: 'undone' };
const NOT_TAKEN_BACK: Cells = {
  ...TAKEN_BACK,
  done: 'failed',
  'not-needed': 'failed',
  pending: 'needs-attention',
};

const RUN: Kind = { mode: 'run', reboots: false };
const REBOOT: Kind = { mode: 'run', reboots: true };
const UNDO: Kind = { mode: 'undo', reboots: false };

const TABLE: readonly (readonly [what: string, kind: Kind, ending: Ending, cells: Cells])[] = [
  ['a run that ended well', RUN, 'exit-zero', WELL],
  ['a run that ended badly', RUN, 'exit-nonzero', BADLY],
  ['a run that was cancelled', RUN, 'cancelled', CANCELLED],
  ['a run that left no exit code', RUN, 'lost', BADLY],
  ['a run that a restart of the host cut off', RUN, 'rebooted', BADLY],
  ['a restart of the host that came about', REBOOT, 'rebooted', WELL],
  ['a restart of the host that did not come about', REBOOT, 'exit-zero', NEVER_WENT_DOWN],
  ['a restart of the host that could not be asked for', REBOOT, 'exit-nonzero', BADLY],
  ['a restart of the host that was cancelled', REBOOT, 'cancelled', CANCELLED],
  ['a restart of the host whose job was killed', REBOOT, 'lost', BADLY],
  ['a way back that ended well', UNDO, 'exit-zero', TAKEN_BACK],
  ['a way back that ended badly', UNDO, 'exit-nonzero', NOT_TAKEN_BACK],
  ['a way back that was cancelled', UNDO, 'cancelled', NOT_TAKEN_BACK],
  ['a way back that a restart of the host cut off', UNDO, 'rebooted', NOT_TAKEN_BACK],
  ['a way back that left no exit code', UNDO, 'lost', NOT_TAKEN_BACK],
];

describe.each(TABLE)('%s', (_what, kind, ending, cells) => {
  it.each(Object.entries(cells) as [CheckStatus, Outcome][])('with check %s is %s', (check, expected) => {
    expect(outcome({ ...kind, ending, check })).toBe(expected);
  });

  it('is unknown without a check', () => {
    expect(outcome({ ...kind, ending })).toBe('unknown');
  });

  it('reads the same in the table that the runner gets', () => {
    const lines = outcomeTable(kind)
      .split('\n')
      .filter((line) => line.startsWith(`${ending} `));
    expect(lines).toEqual(Object.entries(cells).map(([check, expected]) => `${ending} ${check} ${expected}`));
  });
});

describe('an attempt', () => {
  it.each<[string, Partial<Evidence>, Outcome]>([
    ['is running while its job lives', ALIVE, 'running'],
    ['is waiting while nobody answers its question', { ...ALIVE, question: 'Go on?' }, 'waiting'],
    ['is being checked once its exit code is there', { ...ALIVE, exitCode: 0 }, 'checking'],
    [
      'is waiting too while the check after it asks',
      { ...ALIVE, exitCode: 1, question: '[sudo] password for ada:' },
      'waiting',
    ],
    [
      'is restarting the host once it has asked for that',
      { ...ALIVE, exitCode: 0, reboots: true },
      'rebooting',
    ],
    ['is not restarting the host when that failed', { ...ALIVE, exitCode: 1, reboots: true }, 'checking'],
    ['is unknown when its job died silently', { ending: undefined, exitCode: undefined }, 'unknown'],
    [
      'is not started when its job never began',
      { ending: undefined, exitCode: undefined, began: false },
      'not-started',
    ],
  ])('%s', (_what, over, expected) => {
    expect(outcome(over)).toBe(expected);
  });

  it('names what is missing', () => {
    expect(judge({ ...ENDED, ending: undefined, exitCode: undefined }).reason).toMatch(
      /without leaving an exit code.*Run the check/,
    );
  });
});

const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  mode: fc.constantFrom(...MODES),
  reboots: fc.boolean(),
  ending: fc.option(fc.constantFrom(...ENDINGS), { nil: undefined }),
  exitCode: fc.option(fc.nat(255), { nil: undefined }),
  alive: fc.boolean(),
  began: fc.boolean(),
  question: fc.option(fc.string(), { nil: undefined }),
  check: fc.option(fc.constantFrom(...CHECK_STATUSES), { nil: undefined }),
});

describe('no evidence whatsoever', () => {
  it('gives success without a passed check, or undone without an open one', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const { outcome } = judge(evidence);
        if (outcome === 'succeeded') expect(['done', 'not-needed']).toContain(evidence.check);
        if (outcome === 'undone') expect(evidence).toMatchObject({ mode: 'undo', check: 'pending' });
      }),
    );
  });
});
