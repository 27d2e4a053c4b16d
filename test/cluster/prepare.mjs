import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../tools/code-server.mjs';
import { fetchDebianPrograms } from '../tools/debian.mjs';
import { alone } from '../tools/lock.mjs';
import { main, NotPrepared } from '../tools/prepare.mjs';
import { mustRun, plainEnv, say, which } from '../tools/run.mjs';

/** Kubernetes of the newest release that is supported, with the release of its parts that goes with it, and a kwok of its age. */
const KUBERNETES = '1.33.13';
const KWOK = '0.7.0';
const GO = '1.24';

/** Debian 13's, which also run on Debian 12. */
const SUITE = 'trixie';
const PROGRAMS = [
  { name: 'etcd-server', program: 'usr/bin/etcd', as: 'etcd' },
  { name: 'kubectl', program: 'usr/bin/kubectl', as: 'kubectl' },
];

const MAIN = join(import.meta.dirname, 'servers.go');

const home = () => join(cacheFolder(), `kubernetes-${KUBERNETES}`);
/** What is built below: a folder of another recipe is made anew. */
const stamp = () => `${process.arch}, kwok ${KWOK}, ${SUITE}\n${readFileSync(MAIN, 'utf8')}`;
const isReady = () =>
  existsSync(join(home(), '.ready')) && readFileSync(join(home(), '.ready'), 'utf8') === stamp();

/** Where the programs are, or undefined where they were not prepared. */
export const clusterTools = () =>
  isReady()
    ? { servers: join(home(), 'servers'), etcd: join(home(), 'etcd'), kubectl: join(home(), 'kubectl') }
    : undefined;

/** Builds the servers of a Kubernetes cluster and fetches etcd into the cache folder, once. */
export async function ensureCluster() {
  if (isReady()) return;
  mkdirSync(cacheFolder(), { recursive: true });
  await alone(home(), async () => {
    if (!isReady()) await install();
  });
}

/** Builds in a folder beside the final one and renames at the end: what has the final name is complete. */
async function install() {
  const go = which('go') ?? ['/usr/local/go/bin/go'].find((file) => existsSync(file));
  if (!go)
    throw new NotPrepared(
      `The tests of the Platform view need a Kubernetes API server, and Go ${GO} or newer to build it. See https://go.dev/doc/install.`,
    );
  const temporary = `${home()}.building`;
  say(`Preparing a Kubernetes ${KUBERNETES} API server in ${home()}; ten to twenty minutes, once.`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  await fetchDebianPrograms(SUITE, PROGRAMS, temporary);
  await build(go, join(temporary, 'servers'));
  writeFileSync(join(temporary, '.ready'), stamp());
  rmSync(home(), { recursive: true, force: true });
  renameSync(temporary, home());
}

/** What Go has compiled stays until all is done: a build that was interrupted goes on where it was. */
async function build(go, program) {
  const work = `${home()}.work`;
  const source = join(work, 'source');
  const env = plainEnv({
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=mod -modcacherw -buildvcs=false',
    GOMODCACHE: join(work, 'modules'),
    GOCACHE: join(work, 'cache'),
  });
  mkdirSync(source, { recursive: true });
  copyFileSync(MAIN, join(source, 'main.go'));
  writeFileSync(join(source, 'go.mod'), moduleFile(go, env));
  // The other levels are tested meanwhile.
  await mustRun('nice', [go, 'build', '-trimpath', '-ldflags=-s -w', '-o', program, '.'], {
    cwd: source,
    env,
  });
  rmSync(work, { recursive: true, force: true });
}

/** Kubernetes' own module names its parts without a version: they are those of the same release. */
function moduleFile(go, env) {
  const downloaded = execFileSync(go, ['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES}`], {
    encoding: 'utf8',
    env,
    cwd: cacheFolder(),
  });
  const ofKubernetes = readFileSync(JSON.parse(downloaded).GoMod, 'utf8');
  const parts = [...ofKubernetes.matchAll(/^\t(\S+) v0\.0\.0$/gm)].map(([, name]) => name);
  const release = KUBERNETES.replace(/^1/, '0');
  return [
    'module servers',
    `go ${GO}`,
    `godebug default=go${GO}`,
    `require k8s.io/kubernetes v${KUBERNETES}`,
    `require sigs.k8s.io/kwok v${KWOK}`,
    ...parts.map((name) => `replace ${name} => ${name} v${release}`),
    '',
  ].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await ensureCluster();
    say('The Kubernetes servers are here.');
  });
}
