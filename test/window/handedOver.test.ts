import { describe, expect, it, vi } from 'vitest';
import { handedOver } from '../../src/editor/steps/handedOver';
import { HostProblem, type Reason } from '../../src/host/problem';

/** What lies on the host after a run that ended so. */
async function afterRun(run: () => Promise<boolean>) {
  let list = '';
  const keep = (text: string) => {
    list = text;
    return Promise.resolve();
  };
  await handedOver('a list', keep, run).catch(() => undefined);
  return list;
}
const refused = (reason: Reason) => () => Promise.reject(new HostProblem(reason, 'No.'));

describe('a list that was handed over', () => {
  it('stays for the run that was started', async () => {
    expect(await afterRun(() => Promise.resolve(true))).toBe('a list');
  });

  it('is taken back where the person does not start it', async () => {
    expect(await afterRun(() => Promise.resolve(false))).toBe('');
  });

  it.each<Reason>(['busy', 'no-space', 'kills-processes', 'not-proven', 'missing-tool', 'upload-failed'])(
    'is taken back where the run is refused: %s',
    async (reason) => expect(await afterRun(refused(reason))).toBe(''),
  );

  it.each<Reason>(['connection-lost', 'unreachable', 'unreadable', 'launch-failed'])(
    'stays where the step may be running: %s',
    async (reason) => expect(await afterRun(refused(reason))).toBe('a list'),
  );

  it('is told to be there still, where it cannot be taken back', async () => {
    const keep = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValue(new Error('full'));
    const problem = await handedOver('a list', keep, refused('no-space')).catch((error: unknown) => error);
    expect(problem).toMatchObject({ reason: 'no-space' });
    expect(String(problem)).toContain('No. The changed files were handed over and could not be taken back');
  });
});
