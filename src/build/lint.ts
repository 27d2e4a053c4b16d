import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Shell files of the project: tracked ones and new ones that git does not ignore. */
const shellFiles = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', '-z', '--', '*.sh', 'test/rehearsal/bin'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((file) => file !== '');

const LINTERS: readonly (readonly [command: string, ...args: string[]])[] = [
  ['prettier', '--check', '--log-level', 'warn', '.'],
  ['eslint', '--max-warnings', '0', '.'],
  ['shellcheck', ...shellFiles],
];

let failed = false;
for (const [command, ...args] of LINTERS) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: withNodeModules() });
  if (result.error) console.error(`${command} cannot be started: ${result.error.message}`);
  const ok = result.status === 0;
  console.log(`${command}: ${ok ? 'clean' : 'see above'}`);
  failed ||= !ok;
}
process.exitCode = failed ? 1 : 0;

function withNodeModules(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` };
}
