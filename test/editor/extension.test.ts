import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  bundleExtensionTests,
  closeBrowser,
  DEVELOPMENT_PATH,
  runExtensionTests,
  type EditorVersion,
} from './harness';

afterAll(closeBrowser);

describe('the extension API tests', () => {
  it.each<EditorVersion>(['floor', 'newest'])('pass inside VS Code, the %s', async (version) => {
    const workspace = await mkdtemp(join(tmpdir(), 'km-api-'));
    try {
      const testsPath = await bundleExtensionTests();
      const { exitCode, log } = await runExtensionTests({
        version,
        developmentPath: DEVELOPMENT_PATH,
        testsPath,
        workspace,
      });
      expect(exitCode, log).toBe(0);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  });
});
