import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], testTimeout: number) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout * 2 },
});

/**
 * One project a level of proof; see CONTRIBUTING. Timeouts only stop what hangs: on a fresh machine the servers of later
 * levels are built beside the tests.
 */
export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/{migration,platform,window,dags,build,webview}/**/*.test.ts'], 120_000),
      project('host', ['test/host/**/*.test.ts'], 120_000),
      project('guides', ['test/guides/**/*.test.ts'], 240_000),
      {
        test: { ...project('cluster', ['test/cluster/**/*.test.ts'], 240_000).test, fileParallelism: false },
      },
      project('editor', ['test/editor/**/*.test.ts'], 240_000),
    ],
  },
});
