import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Machine } from '../machine';
import { end } from '../processes';

const call = promisify(execFile);

export const LOGIN = { user: 'kaapanaminio', password: `SECRET-store'"\\$(id) @:/%` };

/** What MinIO holds: the stand-in's or a real server's. */
export interface Store {
  /** Puts objects into a bucket, which is made where it is missing. */
  readonly put: (bucket: string, objects: Readonly<Record<string, string | Buffer>>) => Promise<void>;
  /** The names in a bucket, each with the SHA-256 of its content; undefined where there is no such bucket. */
  readonly content: (bucket: string) => Promise<Record<string, string> | undefined>;
  readonly empty: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** An object that is uploaded in parts, so that its ETag is not that of its content. */
export const large = (seed: string): Buffer => Buffer.alloc(40_000_000, seed);

export const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/**
 * A pod of the cluster that has mc: `kubectl exec` runs what it is told to there. state/mc-hook, where it exists, is
 * sourced before every call of mc, with its arguments; state/mc-calls lists them.
 */
async function putPod(
  { root, state }: Pick<Machine, 'root' | 'state'>,
  name: string,
  environment: Readonly<Record<string, string>>,
  mc: string | undefined,
): Promise<void> {
  const bin = join(root, 'pods', name);
  const memory = join(root, 'pods/memory');
  for (const folder of [bin, memory]) await mkdir(folder, { recursive: true });
  await mkdir(join(state, 'exec/services'), { recursive: true });
  if (mc !== undefined)
    await writeFile(
      join(bin, 'mc'),
      `#!/bin/bash\nprintf '%s\\n' "\${*@Q}" >>'${state}/mc-calls'\n[[ ! -e '${state}/mc-hook' ]] || . '${state}/mc-hook'\n${mc}\n`,
      { mode: 0o755 },
    );
  else await rm(join(bin, 'mc'), { force: true });
  const quoted = Object.entries(environment).map(
    ([key, value]) => `export ${key}='${value.replaceAll("'", `'\\''`)}'`,
  );
  await writeFile(
    join(state, 'exec/services', name),
    [
      ...quoted,
      `export PATH='${bin}':/usr/bin:/bin TMPDIR='${memory}'`,
      'command -v "$1" >/dev/null || {',
      '  echo "error: Internal error occurred: Internal error occurred: error executing command in container: exec: \\"$1\\": executable file not found in \\$PATH: unknown" >&2',
      '  exit 126',
      '}',
      'exec "$@"',
      '',
    ].join('\n'),
  );
}

const minioPod = (machine: Machine, mc: string | undefined, more: Readonly<Record<string, string>> = {}) =>
  putPod(
    machine,
    'minio-deployment',
    { MINIO_ROOT_USER: LOGIN.user, MINIO_ROOT_PASSWORD: LOGIN.password, ...more },
    mc,
  );

/** Takes mc out of the pod of MinIO. */
export const withoutMc = (machine: Machine) => minioPod(machine, undefined);

const STAND_IN = join(import.meta.dirname, 'mc.sh');
const standIn = (folder: string) => `KAAPANA_REHEARSAL_STORE='${folder}' exec bash '${STAND_IN}' "$@"`;

/** Where the stand-in keeps buckets and objects: where those who count them on the disk look. */
export const storeOf = ({ slowDataDir }: Pick<Machine, 'slowDataDir'>): string => join(slowDataDir, 'minio');

/** The pod of the sync application, with mc and its login under other names. */
export const startSyncPod = (machine: Machine) =>
  putPod(
    machine,
    'minio-sync-migration',
    {
      MINIO_USER: LOGIN.user,
      MINIO_PASSWORD: LOGIN.password,
      MINIO_SERVICE: 'minio-service.services.svc:9000',
    },
    standIn(storeOf(machine)),
  );

/** Puts the stand-in of MinIO on a rehearsal machine; what was in the store before is gone, or kept. */
export async function startStore(machine: Machine, { keep = false } = {}): Promise<Store> {
  const folder = storeOf(machine);
  const empty = async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(join(folder, 'project-admin'), { recursive: true });
    await writeFile(join(folder, '.login'), `${LOGIN.user}\n${LOGIN.password}\n`);
  };
  if (!keep) await empty();
  await minioPod(machine, standIn(folder));
  return {
    empty,
    stop: () => Promise.resolve(),
    put: async (bucket, objects) => {
      await putFiles(join(folder, bucket), objects, (key) => `${key}/xl.meta`);
      for (const [key, content] of Object.entries(objects))
        if (content.length > 16_000_000) await writeFile(join(folder, bucket, key, 'parts'), '');
    },
    content: async (bucket) => {
      if (!existsSync(join(folder, bucket))) return undefined;
      const files = Object.entries(await filesOf(join(folder, bucket)));
      return Object.fromEntries(
        files
          .filter(([name]) => name.endsWith('/xl.meta'))
          .map(([name, sum]) => [name.slice(0, -'/xl.meta'.length), sum]),
      );
    },
  };
}

async function putFiles(
  folder: string,
  objects: Readonly<Record<string, string | Buffer>>,
  fileOf = (key: string) => key,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [key, content] of Object.entries(objects)) {
    const file = join(folder, fileOf(key));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile());
  const pairs = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    return [file.slice(folder.length + 1), hash(await readFile(file))] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** A real server, with its own mc at hand. */
export interface RealStore extends Store {
  readonly mc: (...args: string[]) => Promise<{ stdout: string; stderr: string }>;
  /** The beginning of a command line of it. */
  readonly command: string;
}

/** Starts a real MinIO server behind the same pod, with the real mc in it. */
export async function startRealStore(
  machine: Machine,
  tools: { server: string; command: string },
): Promise<RealStore> {
  const work = await mkdtemp(join(machine.root, 'minio-'));
  const address = `127.0.0.1:${await freePort()}`;
  const env = {
    PATH: process.env['PATH'],
    HOME: work,
    MINIO_ROOT_USER: LOGIN.user,
    MINIO_ROOT_PASSWORD: LOGIN.password,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
  };
  const server = spawn(tools.server, ['server', '--quiet', '--address', address, join(work, 'data')], {
    env,
    stdio: 'ignore',
  });
  await untilAnswers(`http://${address}/minio/health/ready`);
  // In the pod the server listens on its usual port.
  await minioPod(machine, `exec '${tools.command}' "\${@/127.0.0.1:9000/${address}}"`);
  const config = join(work, 'config');
  await mkdir(config);
  const alias = {
    url: `http://${address}`,
    accessKey: LOGIN.user,
    secretKey: LOGIN.password,
    api: 's3v4',
    path: 'auto',
  };
  await writeFile(join(config, 'config.json'), JSON.stringify({ version: '10', aliases: { km: alias } }));
  const mc = (...args: string[]) =>
    call(tools.command, ['--config-dir', config, ...args], { env, maxBuffer: 1e8 });
  const buckets = async () =>
    (await mc('--json', 'ls', 'km')).stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { key: string }).key.replace('/', ''));
  const empty = async () => {
    for (const bucket of await buckets()) await mc('rb', '--force', `km/${bucket}`);
    await mc('mb', 'km/project-admin');
  };
  await empty();
  return {
    mc,
    command: `${tools.command} --config-dir ${config}`,
    empty,
    stop: () =>
      new Promise((resolve) => {
        server.once('exit', () => resolve());
        end(server.pid ?? 0, 'SIGKILL');
      }),
    put: async (bucket, objects) => {
      const folder = await mkdtemp(join(work, 'put-'));
      await putFiles(folder, objects);
      await mc('mb', '--ignore-existing', `km/${bucket}`);
      if (Object.keys(objects).length > 0)
        await mc('cp', '--quiet', '--recursive', `${folder}/`, `km/${bucket}/`);
    },
    content: async (bucket) => {
      if (!(await buckets()).includes(bucket)) return undefined;
      const folder = await mkdtemp(join(work, 'get-'));
      await mc('mirror', '--quiet', `km/${bucket}`, folder);
      return filesOf(folder);
    },
  };
}

async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer.`);
}
