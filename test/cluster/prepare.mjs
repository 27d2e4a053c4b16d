import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../tools/code-server.mjs';
import { fetchDebianPrograms } from '../tools/debian.mjs';
import { BUILD_FLAGS, GO, goProgram } from '../tools/go.mjs';
import { alone } from '../tools/lock.mjs';
import { main, NotPrepared } from '../tools/prepare.mjs';
import { mustRunAside, plainEnv, say } from '../tools/run.mjs';

/**
 * The oldest release that is supported, that of Kaapana 0.3.5, and the newest; KUBERNETES=1.23 in the environment
 * chooses.
 */
const RELEASES = ['1.23.17', '1.28.15', '1.33.13'];
const NEWEST = RELEASES.at(-1);
/** Only beside the newest: kwok shares its client, and serves the older as it is. */
const KWOK = '0.7.0';

/** Debian 13's, which also run on Debian 12. */
const SUITE = 'trixie';
const PROGRAMS = [
  { name: 'etcd-server', program: 'usr/bin/etcd', as: 'etcd' },
  { name: 'kubectl', program: 'usr/bin/kubectl', as: 'kubectl' },
];

const SOURCE = ['servers.go', 'kwok.go'];

const KUBERNETES = 'k8s.io/kubernetes';
/** Where the types of the API are, and what describes them. */
const DESCRIBED = ['api', 'apimachinery', 'apiextensions-apiserver', 'kube-aggregator'].map(
  (name) => `k8s.io/${name}`,
);
const GENERATOR = 'k8s.io/kube-openapi/cmd/openapi-gen';

const home = (release) => join(cacheFolder(), `kubernetes-${release}`);
const sources = (release) => (release === NEWEST ? SOURCE : SOURCE.slice(0, 1));
/** What is built below: a folder of another recipe is made anew. */
const stamp = (release) =>
  [
    release === NEWEST ? `${process.arch}, kwok ${KWOK}, ${SUITE}` : process.arch,
    ...sources(release).map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')),
  ].join('\n');
const isReady = (release) =>
  existsSync(join(home(release), '.ready')) &&
  readFileSync(join(home(release), '.ready'), 'utf8') === stamp(release);

function chosenRelease() {
  const wanted = process.env.KUBERNETES || NEWEST;
  const release = RELEASES.find((each) => `${each}.`.startsWith(`${wanted}.`));
  if (release) return release;
  throw new NotPrepared(`There is no Kubernetes ${wanted} to test with, but ${RELEASES.join(', ')}.`);
}

/** Where the programs are, or undefined where they were not prepared. */
export function clusterTools() {
  const release = chosenRelease();
  if (!isReady(NEWEST) || !isReady(release)) return undefined;
  const ofNewest = (program) => join(home(NEWEST), program);
  return {
    servers: join(home(release), 'servers'),
    ...{ kwok: ofNewest('servers'), etcd: ofNewest('etcd'), kubectl: ofNewest('kubectl') },
  };
}

/** Builds the servers of a Kubernetes cluster and fetches etcd into the cache folder, once. */
export async function ensureCluster() {
  mkdirSync(cacheFolder(), { recursive: true });
  for (const release of new Set([NEWEST, chosenRelease()])) {
    if (isReady(release)) continue;
    await alone(home(release), async () => {
      if (!isReady(release)) await install(release);
    });
  }
}

/** Builds in a folder beside the final one and renames at the end: what has the final name is complete. */
async function install(release) {
  const go = goProgram('The tests of the Platform view need a Kubernetes API server.');
  const final = home(release);
  const temporary = `${final}.building`;
  say(`Preparing a Kubernetes ${release} API server in ${final}; ten to twenty minutes, once.`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  if (release === NEWEST) await fetchDebianPrograms(SUITE, PROGRAMS, temporary);
  await build(release, go, join(temporary, 'servers'));
  writeFileSync(join(temporary, '.ready'), stamp(release));
  rmSync(final, { recursive: true, force: true });
  renameSync(temporary, final);
}

/** What Go has compiled stays until all is done: a build that was interrupted goes on where it was. */
async function build(release, go, program) {
  const work = `${home(release)}.work`;
  const source = join(work, 'source');
  const env = plainEnv({
    CGO_ENABLED: '0',
    // Older releases know clouds by themselves, which takes as long to build as all else.
    GOFLAGS: '-mod=mod -modcacherw -buildvcs=false -tags=providerless',
    // The generator of older releases takes an alias for something unknown, and Go for unchanged what is generated.
    GODEBUG: 'gotypesalias=0,goindex=0',
    GOMODCACHE: join(work, 'modules'),
    GOCACHE: join(work, 'cache'),
  });
  mkdirSync(source, { recursive: true });
  for (const name of sources(release)) copyFileSync(join(import.meta.dirname, name), join(source, name));
  writeFileSync(join(source, 'go.mod'), moduleFile(release, go, env));
  const run = (...args) => mustRunAside(go, args, { cwd: source, env });
  await describeObjects(run);
  await run('build', ...BUILD_FLAGS, '-o', program, '.');
  rmSync(work, { recursive: true, force: true });
}

const DESCRIPTIONS = 'pkg/generated/openapi/zz_generated.openapi.go';

/** Older releases come without the descriptions of their objects: their own generator makes them. */
async function describeObjects(run) {
  await run('mod', 'download', KUBERNETES, ...DESCRIBED);
  const folders = async (...modules) =>
    (await run('list', '-m', '-f', '{{.Dir}}', ...modules)).trim().split('\n');
  const [kubernetes] = await folders(KUBERNETES);
  if (existsSync(join(kubernetes, DESCRIPTIONS))) return;
  const packages = (await folders(...DESCRIBED)).flatMap((folder, at) =>
    packagesToDescribe(folder).map((each) => join(DESCRIBED[at], each)),
  );
  const made = join(kubernetes, '../described');
  await run(
    ...['run', GENERATOR, '--input-dirs', packages.join(','), '--go-header-file', '/dev/null'],
    ...['--output-base', made, '--output-package', 'openapi', '--output-file-base', 'zz_generated.openapi'],
    ...['--report-filename', '/dev/null'],
  );
  copyFileSync(join(made, 'openapi/zz_generated.openapi.go'), join(kubernetes, DESCRIPTIONS));
}

/** The folders whose types want to be described. */
const packagesToDescribe = (folder) => [
  ...new Set(
    readdirSync(folder, { recursive: true })
      .filter((file) => file.endsWith('.go'))
      .filter((file) => readFileSync(join(folder, file), 'utf8').includes('+k8s:openapi-gen='))
      .map((file) => dirname(file)),
  ),
];

/**
 * Kubernetes' own module names its parts by folders: here they are those of the same release. What else it replaces
 * is replaced here too, since only the main module's word counts.
 */
function moduleFile(release, go, env) {
  const downloaded = execFileSync(go, ['mod', 'download', '-json', `${KUBERNETES}@v${release}`], {
    encoding: 'utf8',
    env,
    cwd: cacheFolder(),
  });
  const ofKubernetes = readFileSync(JSON.parse(downloaded).GoMod, 'utf8');
  const replaced = [...ofKubernetes.matchAll(/^\t?(?:replace )?(\S+) => (\S+)(?: (v\S+))?$/gm)];
  return [
    'module servers',
    `go ${GO}`,
    `godebug default=go${GO}`,
    `require ${KUBERNETES} v${release}`,
    ...(release === NEWEST ? [`require sigs.k8s.io/kwok v${KWOK}`] : []),
    ...replaced.map(
      ([, name, by, of]) => `replace ${name} => ${of ? by : name} ${of ?? `v${release.replace(/^1/, '0')}`}`,
    ),
    '',
  ].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await ensureCluster();
    say('The Kubernetes servers are here.');
  });
}
