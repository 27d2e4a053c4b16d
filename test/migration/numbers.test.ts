import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { minutesOf, sumOf } from '../../src/migration/duration';
import { composeNumbers, parseNumbers } from '../../src/migration/numbers';
import { guide, step } from './fixtures';

const GUIDE = guide(step('first'));
const home = mkdtempSync(join(tmpdir(), 'km-numbers-'));
const kept = join(home, 'kaapana-migration/runs/a-to-b/kept');
afterAll(() => rmSync(home, { recursive: true }));

const read = () =>
  parseNumbers(
    execFileSync('bash', ['-c', composeNumbers(GUIDE).text], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], XDG_STATE_HOME: home },
    }),
  );

describe('recorded numbers', () => {
  it('are none where nothing was recorded', () => expect(read()).toEqual([]));

  it('are read from what the steps keep, and summed up', () => {
    mkdirSync(kept, { recursive: true });
    const before = { series: 12, users: 3, 'documents/a': 5, 'documents/b': 6, 'rows/x/y': 1 };
    writeFileSync(
      join(kept, 'baseline.json'),
      JSON.stringify({ version: '0.3.5', numbers: before }, null, 2),
    );
    expect(read()).toEqual([
      { title: 'Image series', before: 12, now: undefined },
      { title: 'Users', before: 3, now: undefined },
      { title: 'Metadata documents', before: 11, now: undefined },
    ]);
    writeFileSync(join(kept, 'accepted.json'), JSON.stringify({ numbers: { series: 13, users: 3 } }));
    expect(read()).toEqual([
      { title: 'Image series', before: 12, now: 13 },
      { title: 'Users', before: 3, now: 3 },
      { title: 'Metadata documents', before: 11, now: 0 },
    ]);
  });

  it('are none where the record cannot be read', () => expect(parseNumbers('{"numbers":\n\n')).toEqual([]));
});

describe('durations', () => {
  it.each([
    ['under 1 min', { least: 0, most: 1 }],
    ['1-5 min', { least: 1, most: 5 }],
    ['5 min to hours, by size', { least: 5, most: undefined }],
    ['10 min', { least: 10, most: 10 }],
    ['as long as the work takes', undefined],
  ])('%s', (words, minutes) => expect(minutesOf(words)).toEqual(minutes));

  it('add up, and those without an end are counted', () => {
    expect(sumOf(['1-5 min', '5 min to hours', 'depends'])).toEqual({ least: 6, most: 10, open: 2 });
  });
});
