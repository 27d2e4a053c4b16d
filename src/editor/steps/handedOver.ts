import * as l10n from '@vscode/l10n';
import { HostProblem, type Reason } from '../../host/problem';

/** Refusals that are certain to have started nothing. After any other problem the step may be running. */
const STARTED_NOTHING: readonly Reason[] = [
  'busy',
  'held',
  'plan-changed',
  'not-proven',
  'inside-platform',
  'built-upon',
  'no-way-back',
  'kills-processes',
  'missing-tool',
  'no-space',
  'not-writable',
  'upload-failed',
  'bad-request',
];

/**
 * Hands a list over to one run of a step, and takes it back where that was not started: the next run, whoever starts it,
 * would replace the files.
 * @param keep hands a list over in the place of the one before; an empty one takes it back
 * @param run resolves to whether the step was started
 */
export async function handedOver(
  list: string,
  keep: (list: string) => Promise<void>,
  run: () => Promise<boolean>,
): Promise<boolean> {
  await keep(list);
  let started: boolean;
  try {
    started = await run();
  } catch (error) {
    if (!(error instanceof HostProblem) || !STARTED_NOTHING.includes(error.reason)) throw error;
    // A full disk refuses the step and the empty list alike.
    await keep('').catch(() => {
      throw new HostProblem(
        error.reason,
        l10n.t`${error.message} The changed files were handed over and could not be taken back: the next run of this step puts them in place.`,
      );
    });
    throw error;
  }
  if (!started) await keep('');
  return started;
}
