import { describe, expect, it } from 'vitest';
import { parsePatches, type Patch } from '../../src/migration/patches';

const PATCH: Patch = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'services', name: 'os', patch: {} };
const WARNING = 'bash: warning: setlocale: LC_ALL: cannot change locale (de_DE.UTF-8)\n';
const CODE = { exitCode: 0 };

describe('what a step says that it changes', () => {
  it('is one object a line, or nothing, whatever the host warns of beside it', () => {
    const output = `${JSON.stringify(PATCH)}\n\n`;
    expect(parsePatches({ ...CODE, output, errors: WARNING })).toEqual([PATCH]);
    expect(parsePatches({ ...CODE, output: '', errors: WARNING })).toEqual([]);
  });

  it.each([
    ['ended with an error', { exitCode: 1, output: '', errors: 'No route.\n' }, 'found out: No route.'],
    [
      'gave up after a part',
      { exitCode: 1, output: JSON.stringify(PATCH), errors: 'No route.' },
      'No route.',
    ],
    ['hung', { exitCode: 124, output: '', errors: '' }, 'found out: it does not answer.'],
    ['said something else', { ...CODE, output: 'What?\n', errors: '' }, 'found out: What?'],
    ['left a part out', { ...CODE, output: '{"kind": "ConfigMap"}', errors: '' }, 'found out'],
  ])('is not known where the script %s', (_what, printed, told) => {
    expect(() => parsePatches(printed)).toThrow(told);
  });
});
