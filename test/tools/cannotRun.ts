import type { TestContext } from 'vitest';

/** Ends the test with the reason, visibly; where everything must be able to run, as a failure. */
export function cannotRun(context: TestContext, reason: string): never {
  if (process.env['CI']) throw new Error(`This test cannot run here: ${reason}`);
  context.skip(reason);
}
