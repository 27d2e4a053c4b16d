import { spawn } from 'node:child_process';
import { accessSync, appendFileSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The environment without what an outer `npm run` adds: an inner npm would take it for its own settings. */
export function plainEnv(extra = {}) {
  const added = /^(npm_package_|npm_lifecycle_|npm_command$|npm_execpath$|npm_node_execpath$)/;
  const aboutOuter =
    /^npm_config_(local_prefix|global_prefix|prefix|node_gyp|npm_version|noproxy|init_module)$/;
  const kept = Object.entries(process.env).filter(([name]) => !added.test(name) && !aboutOuter.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Where `command` is on the PATH, or undefined. System folders count too: a plain user's PATH lacks sbin. */
export function which(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a command to its end and keeps its output to itself: the caller shows it only when something failed.
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(command, args, { cwd, env = plainEnv(), logFile, onOutput } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk) => {
      output += chunk;
      if (logFile) appendFileSync(logFile, chunk);
      onOutput?.(String(chunk));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const end = () => {
      child.kill('SIGTERM');
      process.exit(1);
    };
    const finish = (result) => {
      for (const signal of SIGNALS) process.off(signal, end);
      resolve(result);
    };
    for (const signal of SIGNALS) process.on(signal, end);
    child.on('error', (error) => finish({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) => finish({ code: code ?? (signal ? 128 : 1), output }));
  });
}

/** Runs a command and fails with the end of its output. */
export async function mustRun(command, args, options = {}) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  const tail = output.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(
    `${[command, ...args].join(' ')} failed (exit code ${code}) in ${options.cwd ?? '.'}:\n${tail}`,
  );
}

/** Like {@link mustRun}, for what takes long while tests run beside it. */
export function mustRunAside(command, args, options) {
  return mustRun('nice', [command, ...args], options);
}

/** One line of progress for the person who waits. */
export function say(line) {
  console.log(line);
}
