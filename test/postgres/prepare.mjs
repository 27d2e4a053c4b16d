import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../tools/code-server.mjs';
import { debianMirror } from '../tools/debian.mjs';
import { alone } from '../tools/lock.mjs';
import { ensureDebianPackages, main, NotPrepared } from '../tools/prepare.mjs';
import { mustRunAside, plainEnv, say } from '../tools/run.mjs';

/** Raise this when what is installed below changes: folders of an earlier recipe are then made anew. */
const RECIPE = 2;

/** Debian releases that bring the two versions, and what else the tests use from there. */
const ROOTS = {
  15: { suite: 'bookworm', packages: ['postgresql-15', 'iproute2'] },
  17: { suite: 'trixie', packages: ['postgresql-17', 'iproute2', 'minio-client'] },
};

/** The folder of a small Debian that has this version of PostgreSQL. */
export const postgresRoot = (version) => join(cacheFolder(), `postgres-${version}-root`);

const stampOf = (root) => join(root, '.ready');
const stamp = (version) => `recipe ${RECIPE}, ${ROOTS[version].suite}, ${process.arch}\n`;
const isReady = (version) => {
  const file = stampOf(postgresRoot(version));
  return existsSync(file) && readFileSync(file, 'utf8') === stamp(version);
};

/** Installs PostgreSQL 15 and 17, each in a root of its own below the cache folder, once. */
export async function ensurePostgres() {
  for (const version of Object.keys(ROOTS)) await ensureRoot(version);
}

async function ensureRoot(version) {
  if (isReady(version)) return;
  const root = postgresRoot(version);
  if (process.getuid?.() !== 0) {
    throw new NotPrepared(
      `PostgreSQL ${version} for the tests is missing in ${root}. Only root can put it there:\n` +
        `  sudo KAAPANA_MIGRATION_CACHE=${cacheFolder()} node test/postgres/prepare.mjs`,
    );
  }
  mkdirSync(cacheFolder(), { recursive: true });
  await alone(root, async () => {
    if (!isReady(version)) await install(version, root);
  });
}

/** Builds in a folder beside the final one and renames at the end: what has the final name is complete. */
async function install(version, root) {
  await ensureDebianPackages({ debootstrap: 'debootstrap' });
  const { suite, packages } = ROOTS[version];
  const temporary = `${root}.building`;
  say(`Installing PostgreSQL ${version} (Debian ${suite}) into ${root}; about a minute, once.`);
  rmSync(temporary, { recursive: true, force: true });
  await mustRunAside(
    'debootstrap',
    ['--variant=minbase', `--include=${packages.join(',')}`, suite, temporary, debianMirror()],
    { env: plainEnv({ DEBIAN_FRONTEND: 'noninteractive' }) },
  );
  rmSync(join(temporary, 'var/cache/apt/archives'), { recursive: true, force: true });
  writeFileSync(stampOf(temporary), stamp(version));
  rmSync(root, { recursive: true, force: true });
  renameSync(temporary, root);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    await ensurePostgres();
    say('PostgreSQL 15 and 17 are here.');
  });
}
