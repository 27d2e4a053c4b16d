import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  compose,
  composeDetection,
  composeValidation,
  parseDetection,
  parseValidation,
} from '../../src/migration/command';
import { parseCheck } from '../../src/migration/check';
import { isWritten, type WrittenStep } from '../../src/migration/guide';
import { planOf } from '../../src/migration/plan';
import { guide, step } from './fixtures';

const STEP = step('hello', { uses: ['NAME'], script: 'run() { printf "%s" "$NAME"; }\n' });
const GUIDE = guide(STEP);
if (!isWritten(STEP)) throw new Error('The fixture has a script.');
const WRITTEN: WrittenStep = STEP;

describe('a command', () => {
  const command = compose(GUIDE, WRITTEN, { NAME: `O'Neil "$HOME" \\ \n end`, OTHER: 'unused' });

  it('names the hash of the very bytes that run', () => {
    expect(command.sha256).toBe(createHash('sha256').update(command.text).digest('hex'));
  });

  it('hands each value to the step unchanged, and only those it uses', () => {
    expect(execFileSync('bash', ['-c', command.text, 'cmd.sh', 'run'], { encoding: 'utf8' })).toBe(
      `O'Neil "$HOME" \\ \n end`,
    );
    expect(command.text).not.toContain('OTHER');
  });

  it('carries the libraries that it asks for, and no others', () => {
    const { text } = compose(GUIDE, { ...WRITTEN, libs: ['greet'] }, { NAME: 'a' });
    expect(text).toContain('km_greet()');
    expect(text).not.toContain('km_other()');
  });

  it('is refused without its values', () => {
    expect(() => compose(GUIDE, WRITTEN, {})).toThrow('Step "Title of hello" needs a value for NAME.');
  });
});

describe('detection', () => {
  const detecting = {
    ...GUIDE,
    lib: "find_name() { printf 'pacs01\\tthe host'; }\nfind_none() { return 1; }\n",
    parameters: [
      { name: 'NAME', title: 'Name', what: '', pattern: '.+', example: '', detect: 'find_name' },
      { name: 'NONE', title: 'None', what: '', pattern: '.+', example: '', detect: 'find_none' },
    ],
  };

  it('finds what can be found and leaves out the rest', () => {
    const output = execFileSync(
      'bash',
      ['-c', composeDetection(detecting).text, 'cmd.sh', 'NAME', 'NONE', 'FOREIGN'],
      {
        encoding: 'utf8',
      },
    );
    expect([...parseDetection(output)]).toEqual([['NAME', { value: 'pacs01', source: 'the host' }]]);
  });
});

describe('a validation', () => {
  const validating = {
    ...GUIDE,
    lib: [
      'set -e',
      'km_validate_name() {',
      '  echo chatter >&2',
      '  [ "$1" = "$EXPECTED" ] || printf "%s is not %s (%s).\\nMore.\\n" "$1" "$EXPECTED" "${NAME:-unset}"',
      '}',
      '',
    ].join('\n'),
    parameters: [
      { name: 'NAME', title: 'Name', what: '', pattern: '.+', example: '', validate: 'km_validate_name' },
      { name: 'EXPECTED', title: 'Expected', what: '', pattern: '.+', example: '' },
    ],
  };
  const said = (value: string, others: Record<string, string>) => {
    const command = composeValidation(validating, 'NAME', value, others);
    if (!command) throw new Error('There is a function.');
    expect(command.sha256).toBe(createHash('sha256').update(command.text).digest('hex'));
    return parseValidation(execFileSync('bash', ['-c', command.text], { encoding: 'utf8', stdio: 'pipe' }));
  };
  const odd = `O'Neil "$HOME" \\ end`;

  it('says one sentence, or nothing', () => {
    expect(said('pacs01', { EXPECTED: odd, NAME: 'of before', FOREIGN: 'x' })).toBe(
      `pacs01 is not ${odd} (unset).`,
    );
    expect(said(odd, { EXPECTED: odd })).toBeUndefined();
  });

  it('is there only for a parameter that names a function', () => {
    expect(composeValidation(validating, 'EXPECTED', 'x')).toBeUndefined();
    expect(composeValidation(validating, 'FOREIGN', 'x')).toBeUndefined();
  });
});

describe('the answer of a check', () => {
  it('is its last line', () => {
    const answer = parseCheck('chatter\n{"status":"done","evidence":"All there."}\n');
    expect(answer).toEqual({ status: 'done', evidence: 'All there.', items: [] });
  });

  it.each(['', 'Segmentation fault\n', '{"status":"fine"}\n', '[1]\n', '{"status":"done"'])(
    'is unknown for %j',
    (output) => {
      expect(parseCheck(output).status).toBe('unknown');
    },
  );

  it('keeps the go / no-go list', () => {
    const item = { id: 'disk', title: 'Disk', verdict: 'no-go', found: '1 GB', remedy: 'More.' };
    expect(parseCheck(JSON.stringify({ status: 'blocked', evidence: '', items: [item, 7] })).items).toEqual([
      item,
    ]);
  });
});

describe('a plan', () => {
  it('changes with every text that runs, and with nothing else', () => {
    const { sha256 } = planOf(GUIDE);
    expect(planOf(guide({ ...STEP, why: 'Other words.' })).sha256).toBe(sha256);
    expect(planOf(guide({ ...STEP, script: 'run() { :; }\n' })).sha256).not.toBe(sha256);
    expect(planOf({ ...GUIDE, lib: 'changed\n' }).sha256).not.toBe(sha256);
    const greeting = guide({ ...STEP, libs: ['greet'] });
    const changed = { ...greeting, libs: { ...greeting.libs, greet: 'changed\n' } };
    expect(planOf(changed).sha256).not.toBe(planOf(greeting).sha256);
    expect(planOf({ ...GUIDE, libs: changed.libs }).sha256).toBe(sha256);
  });
});
