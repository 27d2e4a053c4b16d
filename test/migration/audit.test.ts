import { describe, expect, it } from 'vitest';
import { audit, type KeptAttempt } from '../../src/migration/audit';
import { parseJournal } from '../../src/migration/journal';
import { journalText } from './fixtures';

const TEXT = journalText([
  { type: 'intent', step: 'first', attempt: 1, command: 'c0ffee' },
  { type: 'finished', step: 'first', attempt: 1, exitCode: 0, log: 'beef' },
  { type: 'intent', step: 'first', attempt: 2, command: 'c0ffee' },
]);
const KEPT: KeptAttempt[] = [
  { step: 'first', attempt: 1, command: 'c0ffee', log: 'beef' },
  { step: 'first', attempt: 2, command: 'c0ffee', log: 'still growing' },
];

const findings = (kept: readonly KeptAttempt[], text = TEXT) => audit(parseJournal(text), kept).findings;
const with1 = (over: Partial<KeptAttempt>) =>
  KEPT.map((file, index) => (index === 0 ? { ...file, ...over } : file));

describe('an audit', () => {
  it('finds nothing where nothing was changed, a running step included', () => {
    expect(audit(parseJournal(TEXT), KEPT)).toMatchObject({ records: 3, attempts: 2, findings: [] });
  });

  it.each<[string, readonly KeptAttempt[], string]>([
    ['a text that was changed', with1({ command: 'other' }), 'The text of attempt 1 of first is not the one'],
    ['a log that was changed', with1({ log: 'other' }), 'The log of attempt 1 of first is not the one'],
    ['a log that is gone', with1({ log: '' }), 'The log of attempt 1 of first is gone.'],
    ['a folder that is gone', KEPT.slice(1), 'The folder of attempt 1 of first is gone.'],
    [
      'a folder that nothing accounts for',
      [...KEPT, { step: 'other', attempt: 1, command: '', log: '' }],
      'Attempt 1 of other stands in no line',
    ],
  ])('finds %s', (_what, kept, finding) => {
    expect(findings(kept)).toEqual([expect.stringContaining(finding)]);
  });

  it('finds a line that was changed', () => {
    expect(findings(KEPT, TEXT.replace('"exitCode":0', '"exitCode":1'))).toEqual([
      expect.stringContaining('Line 3 of the journal'),
    ]);
  });
});
