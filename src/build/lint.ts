import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runnerText } from './runner';

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
  .filter((file) => file !== '' && !file.startsWith('src/host/runner/'));

interface Linter {
  readonly command: readonly [program: string, ...args: string[]];
  readonly input?: string;
}

const LINTERS: readonly Linter[] = [
  { command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { command: ['eslint', '--max-warnings', '0', '.'] },
  { command: ['shellcheck', ...shellFiles] },
  // The runner's parts make sense together only.
  { command: ['shellcheck', '-'], input: await runnerText() },
];

let failed = false;
for (const {
  command: [program, ...args],
  input,
} of LINTERS) {
  const result = spawnSync(program, args, {
    cwd: ROOT,
    stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    env: withNodeModules(),
    ...(input === undefined ? {} : { input }),
  });
  if (result.error) console.error(`${program} cannot be started: ${result.error.message}`);
  const ok = result.status === 0;
  console.log(`${program}: ${ok ? 'clean' : 'see above'}`);
  failed ||= !ok;
}
process.exitCode = failed ? 1 : 0;

function withNodeModules(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` };
}
