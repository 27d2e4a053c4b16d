import { expect, it } from 'vitest';
import { sameSubject, type Shown } from '../../webview/subject';

const shown = (type: 'step' | 'overview', host: string, id = 'work') =>
  ({ type, page: { id, host } }) as Shown;
const step = shown('step', 'pacs01');

it.each([
  ['the same step on the same host', step, step, true],
  ['another step', step, shown('step', 'pacs01', 'other'), false],
  ['the same step on another host', step, shown('step', 'pacs02'), false],
  ['the overview of the same host', shown('overview', 'pacs01'), shown('overview', 'pacs01'), true],
  ['the overview of another host', shown('overview', 'pacs01'), shown('overview', 'pacs02'), false],
  ['what comes first', undefined, step, false],
])('what was typed stays for the same step of the same host: %s', (_what, before, after, same) => {
  expect(sameSubject(before, after)).toBe(same);
});
