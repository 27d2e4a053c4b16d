import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { alone } from './lock.mjs';
import { mustRun, plainEnv, say, which } from './run.mjs';

/** Raise this when the way code-server is put together below changes: installed copies are then rebuilt. */
const RECIPE = 2;

/** The VS Code versions the editor tests run on. `node` is the major version code-server insists on. */
export const CODE_SERVERS = {
  floor: { version: '4.93.1', vscode: '1.93.1', node: 20 },
  newest: { version: '4.139.1', vscode: '1.139.1', node: 24 },
};

/** Where everything big is kept, outside the checkout. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.KAAPANA_MIGRATION_CACHE || join(base, 'kaapana-migration');
}

/** Installs code-server (`floor` or `newest`) from npm, once, and says where it is. */
export async function ensureCodeServer(name) {
  const wanted = CODE_SERVERS[name];
  const cache = cacheFolder();
  const home = join(cache, `code-server-${wanted.version}`);
  const stamp = `recipe ${RECIPE}, ${process.platform}-${process.arch}, node ${nodeAbi(wanted)}\n`;
  const ready = () => existsSync(join(home, STAMP)) && readFileSync(join(home, STAMP), 'utf8') === stamp;
  if (!ready()) {
    mkdirSync(cache, { recursive: true });
    await alone(home, async () => {
      if (!ready()) await install(wanted, cache, home, stamp);
    });
  }
  const root = join(home, 'node_modules', 'code-server');
  return {
    ...wanted,
    node: ownNode(home, wanted) ?? process.execPath,
    entry: join(root, 'out', 'node', 'entry.js'),
    serverMain: join(root, 'lib', 'vscode', 'out', 'server-main.js'),
  };
}

const STAMP = '.ready';
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;

const runsOnOurNode = ({ node }) => Number(process.versions.node.split('.')[0]) === node;
const nodeAbi = (wanted) => (runsOnOurNode(wanted) ? process.versions.modules : `package ${wanted.node}`);
const ownNode = (home, wanted) =>
  runsOnOurNode(wanted) ? undefined : join(home, 'node_modules', NODE_PACKAGE, 'bin', 'node');

/** Builds in a folder beside the final one and renames at the end: what has the final name is complete. */
async function install(wanted, cache, home, stamp) {
  say(
    `Installing code-server ${wanted.version} (VS Code ${wanted.vscode}) into ${home}; a minute or two, once.`,
  );
  const temporary = `${home}.building`;
  const old = `${home}.old`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  await build(wanted, temporary);
  writeFileSync(join(temporary, STAMP), stamp);
  rmSync(old, { recursive: true, force: true });
  if (existsSync(home)) renameSync(home, old);
  renameSync(temporary, home);
  rmSync(old, { recursive: true, force: true });
}

async function build(wanted, folder) {
  const logFile = join(folder, 'install.log');
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const packages = [`code-server@${wanted.version}`];
  if (!runsOnOurNode(wanted)) packages.push(`${NODE_PACKAGE}@${wanted.node}`);
  let env = quietNpm(process.execPath);
  const npm = (args, cwd) => mustRun('npm', args, { cwd, env, logFile });
  await npm(['install', '--ignore-scripts', ...packages], folder);

  const node = ownNode(folder, wanted);
  if (node) env = { ...quietNpm(node), PATH: `${dirname(node)}:${process.env.PATH}` };
  const modules = join(folder, 'node_modules');
  const vscode = join(modules, 'code-server', 'lib', 'vscode');
  const bare = ['install', '--omit=dev', '--legacy-peer-deps', '--ignore-scripts'];
  await npm(bare, vscode);
  await npm(bare, join(vscode, 'extensions'));
  const native = [
    'node-pty',
    '@vscode/spdlog',
    '@parcel/watcher',
    'native-watchdog',
    '@vscode/native-watchdog',
  ];
  await npm(['rebuild', ...native.filter((name) => existsSync(join(vscode, 'node_modules', name)))], vscode);
  symlinkSync('node_modules', join(vscode, 'node_modules.asar'));
  await npm(['run', 'install'], join(modules, 'argon2'));
  linkRipgrep(vscode);
}

/** Older VS Code downloads ripgrep, without which it finds no files, when it is installed; the machine's own does. */
function linkRipgrep(vscode) {
  const folder = join(vscode, 'node_modules', '@vscode', 'ripgrep');
  const link = join(folder, 'bin', 'rg');
  const rg = which('rg');
  if (!existsSync(folder)) return;
  if (!rg) throw new Error('ripgrep is missing; as root: apt-get install ripgrep');
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(rg, link);
}

/** npm's environment: no chatter, and Node's headers from this machine instead of a download where they are here. */
function quietNpm(node) {
  const quiet = {
    npm_config_loglevel: 'error',
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  };
  const headers = [dirname(dirname(node)), '/usr'].find((prefix) =>
    existsSync(join(prefix, 'include', 'node', 'node.h')),
  );
  return plainEnv(headers ? { ...quiet, npm_config_nodedir: headers } : quiet);
}
