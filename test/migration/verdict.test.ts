import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECK_STATUSES, type CheckStatus } from '../../src/migration/check';
import { judge, outcomeTable, type Evidence, type Outcome } from '../../src/migration/verdict';

const ENDED: Evidence = {
  exitCode: 0,
  alive: false,
  began: true,
  rebooted: false,
  check: undefined,
  reboots: false,
  cancelled: false,
};

const outcome = (over: Partial<Evidence>): Outcome => judge({ ...ENDED, ...over }).outcome;

describe('an attempt that has ended', () => {
  it.each<[number, CheckStatus, Outcome]>([
    [0, 'done', 'succeeded'],
    [0, 'not-needed', 'succeeded'],
    [0, 'pending', 'needs-attention'],
    [0, 'blocked', 'needs-attention'],
    [0, 'unknown', 'unknown'],
    [1, 'done', 'needs-attention'],
    [1, 'not-needed', 'needs-attention'],
    [1, 'pending', 'failed'],
    [1, 'blocked', 'needs-attention'],
    [1, 'unknown', 'unknown'],
  ])('with exit code %d and check %s is %s', (exitCode, check, expected) => {
    expect(outcome({ exitCode, check })).toBe(expected);
  });

  it.each<[CheckStatus, Outcome]>([
    ['done', 'needs-attention'],
    ['not-needed', 'needs-attention'],
    ['pending', 'cancelled'],
    ['blocked', 'cancelled'],
    ['unknown', 'unknown'],
  ])('after being cancelled, with check %s, is %s', (check, expected) => {
    expect(outcome({ cancelled: true, exitCode: 130, check })).toBe(expected);
  });

  it.each<[CheckStatus, Outcome]>([
    ['done', 'needs-attention'],
    ['not-needed', 'needs-attention'],
    ['pending', 'failed'],
    ['blocked', 'needs-attention'],
    ['unknown', 'unknown'],
  ])('without an exit code, with check %s, is %s', (check, expected) => {
    expect(outcome({ exitCode: undefined, check })).toBe(expected);
  });

  it.each<[CheckStatus, Outcome]>([
    ['done', 'succeeded'],
    ['not-needed', 'succeeded'],
    ['pending', 'needs-attention'],
    ['blocked', 'needs-attention'],
    ['unknown', 'unknown'],
  ])('by restarting the host on purpose, with check %s, is %s', (check, expected) => {
    expect(outcome({ exitCode: undefined, rebooted: true, reboots: true, check })).toBe(expected);
  });
});

describe('an attempt without a check', () => {
  it.each<[string, Partial<Evidence>, Outcome]>([
    ['is running while its job lives', { exitCode: undefined, alive: true }, 'running'],
    ['is being checked once its exit code is there', { alive: true }, 'checking'],
    ['is unknown when its exit code is all there is', {}, 'unknown'],
    ['is unknown when its job died silently', { exitCode: undefined }, 'unknown'],
    [
      'is unknown when the host was restarted',
      { exitCode: undefined, rebooted: true, alive: true },
      'unknown',
    ],
    [
      'is unknown when the host was restarted on purpose',
      { exitCode: undefined, rebooted: true, reboots: true },
      'unknown',
    ],
    ['is not started when its job never began', { exitCode: undefined, began: false }, 'not-started'],
  ])('%s', (_what, over, expected) => {
    expect(outcome(over)).toBe(expected);
  });

  it('names what is missing', () => {
    expect(judge({ ...ENDED, exitCode: undefined }).reason).toMatch(
      /without leaving an exit code.*Run the check/,
    );
  });
});

const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  exitCode: fc.option(fc.nat(255), { nil: undefined }),
  alive: fc.boolean(),
  began: fc.boolean(),
  rebooted: fc.boolean(),
  check: fc.option(fc.constantFrom(...CHECK_STATUSES), { nil: undefined }),
  reboots: fc.boolean(),
  cancelled: fc.boolean(),
});

describe('no evidence whatsoever', () => {
  it('gives success without a passed check', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        if (judge(evidence).outcome === 'succeeded') expect(['done', 'not-needed']).toContain(evidence.check);
      }),
    );
  });
});

describe('the table for the runner', () => {
  it('says the same as the verdict', () => {
    const endings: Record<string, Partial<Evidence>> = {
      'exit-zero': { exitCode: 0 },
      'exit-nonzero': { exitCode: 2 },
      cancelled: { exitCode: 130, cancelled: true },
      lost: { exitCode: undefined },
    };
    const lines = outcomeTable().trimEnd().split('\n');
    expect(lines).toHaveLength(Object.keys(endings).length * CHECK_STATUSES.length);
    for (const line of lines) {
      const [ending, check, expected] = line.split(' ') as [string, CheckStatus, Outcome];
      expect(outcome({ ...endings[ending], check })).toBe(expected);
    }
  });
});
