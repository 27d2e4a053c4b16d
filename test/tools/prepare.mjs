import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setInterval } from 'node:timers';
import { pathToFileURL } from 'node:url';
import { ensureCodeServer } from './code-server.mjs';
import { alone } from './lock.mjs';
import { mustRun, plainEnv, run, say, which } from './run.mjs';

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** What the tests and the demo need of Debian: the package, and a command by which it is known to be there. */
const DEBIAN_PACKAGES = {
  bsdutils: 'script',
  chromium: 'chromium',
  faketime: 'faketime',
  'g++': 'g++',
  git: 'git',
  make: 'make',
  neovim: 'nvim',
  'openssh-client': 'ssh',
  'openssh-server': 'sshd',
  procps: 'ps',
  python3: 'python3',
  ripgrep: 'rg',
  rsync: 'rsync',
  shellcheck: 'shellcheck',
  'util-linux': 'setsid',
};

/** Something is missing that only the person at the keyboard can bring. */
export class NotPrepared extends Error {}

/** Makes a fresh clone ready: node_modules, Debian's packages and the named versions of VS Code. */
export async function prepare({ editors = [] } = {}) {
  const [major] = process.versions.node.split('.');
  if (Number(major) < 20) throw new NotPrepared(`Node 20 or newer is needed; this is ${process.version}.`);
  await ensureDebianPackages(DEBIAN_PACKAGES);
  await ensureNodeModules();
  await Promise.all(editors.map((editor) => ensureCodeServer(editor)));
}

/** Installs what package-lock.json says, when node_modules is missing or older. */
export async function ensureNodeModules() {
  const changed = (file) => statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // npm writes its own copy of the lock file last, so it is missing after an interrupted installation.
  const ready = () => changed('node_modules/.package-lock.json') >= changed('package-lock.json');
  if (ready()) return;
  await alone(ROOT, async () => {
    if (ready()) return;
    say('Installing node_modules (npm ci).');
    await mustRun('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], {
      cwd: ROOT,
      env: plainEnv(),
    });
  });
}

/** Installs missing Debian packages as root; otherwise says which are missing and how to get them. */
export async function ensureDebianPackages(packages) {
  const missing = Object.entries(packages)
    .filter(([, command]) => which(command) === undefined)
    .map(([name]) => name);
  if (missing.length === 0) return;
  const install = ['install', '--yes', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0 || which('apt-get') === undefined) {
    const command = `sudo apt-get update && sudo apt-get ${install.join(' ')}`;
    throw new NotPrepared(
      `These Debian packages are missing: ${missing.join(', ')}. Install them with:\n  ${command}`,
    );
  }
  say(`Installing Debian packages: ${missing.join(', ')}.`);
  const env = plainEnv({ DEBIAN_FRONTEND: 'noninteractive' });
  // An update that half fails still leaves usable lists; the installation then says what is really missing.
  await run('apt-get', ['update'], { env });
  await mustRun('apt-get', install, { env });
}

/** Runs a tool's main function; a missing prerequisite is told in its own words, without a stack. */
export async function main(work) {
  const watch = process.env.npm_lifecycle_event
    ? setInterval(endWithoutParent, 500, process.ppid)
    : undefined;
  watch?.unref();
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    console.error(error instanceof NotPrepared ? error.message : error);
    process.exitCode = error instanceof NotPrepared ? 2 : 1;
  }
}

/** `npm run` passes a request to end on to its shell only: this process then notices that the shell is gone. */
function endWithoutParent(parent) {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await prepare({ editors: ['floor', 'newest'] });
    say('Everything is here.');
  });
}
