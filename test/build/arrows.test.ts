import { ESLint } from 'eslint';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const RULE = 'no-restricted-imports';

/** Whether a file of this room may import this module, by the project's own lint rules. */
async function allowed(file: string, module: string): Promise<boolean> {
  const eslint = new ESLint({ cwd: root, ruleFilter: ({ ruleId }) => ruleId === RULE });
  const [result] = await eslint.lintText(`import '${module}';\n`, { filePath: join(root, file) });
  return result?.messages.every(({ ruleId }) => ruleId !== RULE) ?? false;
}

describe('the arrows of the house', () => {
  it.each<[string, string, boolean]>([
    ['src/migration/run.ts', './verdict', true],
    ['src/migration/run.ts', 'vscode', false],
    ['src/migration/run.ts', '../host/runner', false],
    ['src/migration/run.ts', 'node:fs', false],
    ['src/host/runner.ts', '../migration/run', true],
    ['src/host/runner.ts', 'execa', true],
    ['src/host/runner.ts', 'vscode', false],
    ['src/host/runner.ts', '../editor/ids', false],
    ['src/platform/rows.ts', './words', true],
    ['src/platform/rows.ts', 'node:fs', false],
    ['src/platform/rows.ts', '../migration/run', false],
    ['src/host/runner.ts', '../platform/types', true],
    ['src/editor/sessions.ts', '../platform/rows', true],
    ['src/editor/sessions.ts', '../host/session', true],
    ['src/editor/sessions.ts', 'vscode', true],
    ['src/editor/steps/values.ts', '../../platform/rows', true],
    ['src/editor/steps/values.ts', '../sessions', true],
    ['src/editor/steps/values.ts', '../../../webview/protocol', true],
    ['src/editor/steps/values.ts', 'vscode', true],
    ['src/editor/steps/values.ts', '../../dags/analyze', false],
    ['src/dags/analyze.ts', 'node:fs', false],
    ['src/dags/analyze.ts', '../migration/run', false],
    ['src/dags/analyze.ts', './syntax/parser', true],
    ['src/dags/syntax/parser.ts', '../dotted', true],
    ['src/dags/syntax/parser.ts', 'node:fs', false],
    ['src/dags/syntax/parser.ts', '../../migration/run', false],
    ['src/dags/server.ts', 'vscode-languageserver/node', true],
    ['src/dags/server/actions.ts', 'vscode-languageserver/node', true],
    ['src/dags/server/actions.ts', '../analyze', true],
    ['src/dags/server/actions.ts', '../../migration/run', false],
    ['src/dags/files/walk.ts', 'node:fs', true],
    ['src/dags/files/walk.ts', 'vscode', false],
  ])('%s importing %s: %s', async (file, module, expected) => {
    expect(await allowed(file, module)).toBe(expected);
  });
});
