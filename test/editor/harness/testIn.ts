import { it, onTestFailed } from 'vitest';
import type { Workbench } from './workbench';

/** Makes tests that, when they fail, leave behind what the window showed. */
export const testIn = (window: () => Workbench) => (name: string, body: () => Promise<void>) =>
  it(name, async () => {
    onTestFailed(() => window().dump(name));
    await body();
  });
