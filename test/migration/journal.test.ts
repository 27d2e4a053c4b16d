import { describe, expect, it } from 'vitest';
import { CHAIN_START, parseJournal } from '../../src/migration/journal';
import { journalText } from './fixtures';

const whole = journalText([
  { type: 'run-started', plan: 'p' },
  { type: 'intent', step: 'one', attempt: 1, command: 'c' },
  { type: 'started', step: 'one', attempt: 1, boot: 'b' },
  {
    type: 'finished',
    step: 'one',
    attempt: 1,
    exitCode: 0,
    cancelled: false,
    check: { status: 'done', evidence: 'Well.' },
  },
]);

describe('a journal', () => {
  it('is read line by line', () => {
    const { records, problems } = parseJournal(whole);
    expect(problems).toEqual([]);
    expect(records.map(({ type }) => type)).toEqual(['run-started', 'intent', 'started', 'finished']);
    expect(records[1]).toMatchObject({ actor: { user: 'admin', from: '10.0.0.7' }, step: 'one', attempt: 1 });
  });

  it('is empty where there is none yet', () => {
    expect(parseJournal('')).toEqual({ records: [], problems: [], head: CHAIN_START });
  });

  it('loses only its torn last line', () => {
    const { records, problems } = parseJournal(whole.slice(0, -20));
    expect(records).toHaveLength(3);
    expect(problems).toEqual([{ line: 4, what: 'The last line is incomplete and was left out.' }]);
  });

  it('shows a changed line', () => {
    const { records, problems } = parseJournal(whole.replace('"command":"c"', '"command":"d"'));
    expect(records).toHaveLength(4);
    expect(problems.map(({ line }) => line)).toEqual([3]);
  });

  it('shows a removed line', () => {
    const lines = whole.split('\n');
    const { problems } = parseJournal([...lines.slice(0, 1), ...lines.slice(2)].join('\n'));
    expect(problems[0]?.line).toBe(2);
  });

  it('keeps what can be read around garbage', () => {
    const lines = whole.split('\n');
    const { records, problems } = parseJournal([lines[0], '\u0000garbage', ...lines.slice(1)].join('\n'));
    expect(records).toHaveLength(4);
    expect(problems[0]).toEqual({ line: 2, what: 'The line cannot be read.' });
  });

  it('tells of a record that it does not know', () => {
    const { records, problems } = parseJournal(journalText([{ type: 'invented' }]));
    expect(records).toEqual([]);
    expect(problems[0]?.what).toMatch(/no record that this version knows/);
  });
});
