import { it, onTestFailed } from 'vitest';
import { cannotRun } from '../../tools/cannotRun';
import type { Workbench } from './workbench';

/**
 * Makes tests that, when they fail, leave behind what the window showed; `missing` says why they cannot run here, once
 * that is known.
 */
export const testIn =
  (window: () => Workbench, missing: () => string | undefined = () => undefined) =>
  (name: string, body: () => Promise<void>) =>
    it(name, async (context) => {
      const reason = missing();
      if (reason !== undefined) cannotRun(context, reason);
      onTestFailed(() => window().dump(name));
      await body();
    });
