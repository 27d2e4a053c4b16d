import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundledPackages, notices } from '../../src/build/notices';

const ROOT = join(import.meta.dirname, '../..');

const metafile = (inputs: Record<string, number>) => ({
  inputs: {},
  outputs: {
    'dist/a.cjs': {
      bytes: 1,
      imports: [],
      exports: [],
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
      ),
    },
  },
});

it('names each package once of which something is bundled, also one inside another', () => {
  const first = metafile({
    'src/extension.ts': 10,
    'node_modules/ws/lib/a.js': 1,
    'node_modules/ws/lib/b.js': 1,
  });
  const second = metafile({
    'node_modules/@vscode/l10n/dist/main.js': 5,
    'node_modules/unused/index.js': 0,
    'node_modules/a/node_modules/ws/index.js': 2,
  });
  expect(bundledPackages([first, second])).toEqual([
    'node_modules/@vscode/l10n',
    'node_modules/a/node_modules/ws',
    'node_modules/ws',
  ]);
});

it('hands on name, version, licence and its text', async () => {
  const text = await notices(ROOT, ['node_modules/execa', 'node_modules/@vscode/l10n']);
  expect(text).toMatch(/^execa 9\.\S+ \(MIT\)\n\nMIT License[^]*Permission is hereby granted/m);
  expect(text).toMatch(/^@vscode\/l10n \S+ \(MIT\)$/m);
});
