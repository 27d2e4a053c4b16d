import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_TARGET, TARGETS } from '../../src/dags/rules/signatures';

it('the setting offers just the versions that the rules know', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    contributes: { configuration: { properties: Record<string, { enum?: string[]; default?: unknown }> } };
  };
  const setting = manifest.contributes.configuration.properties['kaapanaMigration.dags.targetVersion'];
  expect(setting?.enum).toEqual(TARGETS);
  expect(setting?.default).toBe(DEFAULT_TARGET);
});
