import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../src/migration/quote';

describe('quote', () => {
  it('survives a real shell, whatever the value', () => {
    const values = fc.array(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(values, (words) => {
        const output = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], {
          encoding: 'utf8',
        });
        expect(output.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what no shell can pass on', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});
