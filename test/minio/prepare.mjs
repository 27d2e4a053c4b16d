import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../tools/code-server.mjs';
import { fetchDebianPrograms } from '../tools/debian.mjs';
import { BUILD_FLAGS, goProgram } from '../tools/go.mjs';
import { alone } from '../tools/lock.mjs';
import { main } from '../tools/prepare.mjs';
import { mustRunAside, plainEnv, say } from '../tools/run.mjs';

/** Raise this when what is installed below changes: an earlier folder is then made anew. */
const RECIPE = 1;

/** The server is built from its source; no Debian has it. */
const SERVER = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c';
/** The command is Debian 13's. */
const CLIENT = { name: 'minio-client', program: 'usr/bin/minio-client', as: 'mc' };

const home = () => join(cacheFolder(), 'minio');
const stamp = `recipe ${RECIPE}, ${process.arch}, ${SERVER}\n`;
const isReady = () =>
  existsSync(join(home(), '.ready')) && readFileSync(join(home(), '.ready'), 'utf8') === stamp;

/** Where the server and the command are, or undefined where they were not prepared. */
export const minioTools = () =>
  isReady() ? { server: join(home(), 'minio'), command: join(home(), 'mc') } : undefined;

/** Builds a MinIO server and fetches the command mc into the cache folder, once. */
export async function ensureMinio() {
  if (isReady()) return;
  mkdirSync(cacheFolder(), { recursive: true });
  await alone(home(), async () => {
    if (!isReady()) await install();
  });
}

/** Builds in a folder beside the final one and renames at the end: what has the final name is complete. */
async function install() {
  const temporary = `${home()}.building`;
  say(`Preparing a MinIO server and mc in ${home()}; five to ten minutes, once.`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  await fetchDebianPrograms('trixie', [CLIENT], temporary);
  await buildServer(temporary);
  writeFileSync(join(temporary, '.ready'), stamp);
  rmSync(home(), { recursive: true, force: true });
  renameSync(temporary, home());
}

async function buildServer(folder) {
  const go = goProgram('The tests of stored objects need a MinIO server.');
  const work = join(folder, 'work');
  await mustRunAside(go, ['install', ...BUILD_FLAGS, SERVER], {
    cwd: folder,
    env: plainEnv({
      GOFLAGS: '-mod=mod -modcacherw',
      GOBIN: folder,
      GOMODCACHE: join(work, 'modules'),
      GOCACHE: join(work, 'cache'),
    }),
  });
  rmSync(work, { recursive: true, force: true });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(ensureMinio);
