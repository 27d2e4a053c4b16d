import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECK_STATUSES } from '../../src/migration/check';
import { parseJournal } from '../../src/migration/journal';
import { EMPTY_SNAPSHOT, foldRun, type LiveAttempt } from '../../src/migration/run';
import { ENDINGS, MODES } from '../../src/migration/verdict';
import { guide, journalText, step } from './fixtures';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const attempt = fc.integer({ min: 1, max: 3 });
const check = fc.record({ status: fc.constantFrom(...CHECK_STATUSES), evidence: fc.constant('Seen.') });
const boot = fc.constantFrom('first boot', 'second boot');
const of = <T extends object>(type: string, more: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record({ type: fc.constant(type), step: fc.constant('work'), ...more });

/** Anything that may come to stand in a journal, in any order: also what no runner would write. */
const event = fc.oneof(
  of('intent', { attempt, command: fc.constant('c'), mode: fc.constantFrom(...MODES) }),
  of('started', { attempt, boot }),
  of('cancel-requested', { attempt }),
  of('finished', {
    attempt,
    exitCode: optional(fc.constantFrom(0, 1, 137)),
    check: optional(check),
    cancelled: fc.boolean(),
    ending: optional(fc.constantFrom(...ENDINGS)),
    outcome: fc.constantFrom('succeeded', 'failed', 'unknown'),
  }),
  of('checked', { check }),
  of('by-hand', { note: fc.constant('So it was.') }),
  of('skipped', { note: fc.constant('Not here.') }),
  of('reopened', {}),
  of('taken-over', {}),
  of('pod-restarted', { pod: fc.constant('admin/keycloak-7f-1') }),
);

const live: fc.Arbitrary<LiveAttempt> = fc
  .record({
    attempt,
    alive: fc.boolean(),
    began: fc.boolean(),
    boot,
    exitCode: optional(fc.constantFrom(0, 1)),
    check: optional(check),
    question: optional(fc.constant('Go on?')),
  })
  .map(({ exitCode, check: found, question, ...rest }) => ({
    ...rest,
    step: 'work',
    logBytes: 0,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(found === undefined ? {} : { check: { ...found, items: [] } }),
    ...(question === undefined ? {} : { question }),
  }));

const isProof = (found: { status: string } | undefined) =>
  found?.status === 'done' || found?.status === 'not-needed';

describe('no sequence of events', () => {
  it('makes a step succeed, or not needed, without a check that passed; or done without a word for it', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 14 }),
        fc.array(live, { maxLength: 3 }),
        fc.boolean(),
        boot,
        (events, lives, reboots, now) => {
          const journal = parseJournal(journalText(events));
          const snapshot = { ...EMPTY_SNAPSHOT, journal, live: lives, boot: now };
          const [status] = foldRun(guide(step('work', { reboots })), snapshot).steps;
          const proven =
            events.some((record) => 'check' in record && isProof(record.check)) ||
            lives.some((candidate) => isProof(candidate.check));
          if (status?.state === 'succeeded' || status?.state === 'not-needed') expect(proven).toBe(true);
          if (status?.state === 'by-hand' || status?.state === 'skipped')
            expect(events.some(({ type }) => type === status.state)).toBe(true);
          if (status?.state === 'undone')
            expect(events.some((record) => 'mode' in record && record.mode === 'undo')).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
