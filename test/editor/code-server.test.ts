import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quote } from '../../src/migration/quote';
import { ensureCodeServer, type EditorVersion } from '../tools/code-server.mjs';
import { vsix } from '../tools/vsix';

const INSTALL = join(import.meta.dirname, '../../src/editor/code-server/install.sh');
const run = promisify(execFile);

/** What install.sh finds in Kaapana's image: no ssh, and an apt-get that brings it or cannot. */
const APT = {
  works:
    'case $1 in install) echo "$*" >>"$POD/installed"; printf "#!/bin/sh\\n" >"$POD/bin/ssh"; chmod +x "$POD/bin/ssh" ;; esac',
  offline: 'echo "Could not resolve the archive." >&2; exit 100',
};

describe.each<EditorVersion>(['floor', 'newest'])(
  'install.sh in a pod, with the %s code-server',
  (version) => {
    let pod: string;

    beforeEach(async () => {
      pod = await mkdtemp(join(tmpdir(), 'km-pod-'));
      await mkdir(join(pod, 'bin'));
      for (const tool of ['dirname', 'grep', 'sh', 'chmod', 'cat', 'uname']) {
        await symlink((await run('which', [tool])).stdout.trim(), join(pod, 'bin', tool));
      }
      const { node, entry } = await ensureCodeServer(version);
      const folders = ['--user-data-dir', join(pod, 'u'), '--extensions-dir', join(pod, 'e')];
      const codeServer = [node, entry, '--config', join(pod, 'config.yaml'), ...folders].map(quote).join(' ');
      await program('code-server', `exec ${codeServer} "$@"`);
      await mkdir(join(pod, 'km'));
      await copyFile(INSTALL, join(pod, 'km/install.sh'));
    });
    afterEach(() => rm(pod, { recursive: true, force: true }));

    async function program(name: string, text: string): Promise<void> {
      await writeFile(join(pod, 'bin', name), `#!/bin/sh\n${text}\n`);
      await chmod(join(pod, 'bin', name), 0o755);
    }

    async function install(apt: string, ...packages: string[]) {
      await program('apt-get', apt);
      for (const file of packages) await copyFile(file, join(pod, 'km', basename(file)));
      const env = { PATH: join(pod, 'bin'), HOME: pod, POD: pod };
      return run('/bin/sh', [join(pod, 'km/install.sh')], { env }).then(
        ({ stdout }) => ({ code: 0, said: stdout }),
        (error: unknown) => {
          const { code, stderr } = error as { code: number; stderr: string };
          return { code, said: stderr };
        },
      );
    }

    const listed = async () =>
      (await run(join(pod, 'bin/code-server'), ['--list-extensions'], { env: { HOME: pod } })).stdout;

    it('brings the extension and the ssh client that the image lacks', async () => {
      expect(await install(APT.works, await vsix())).toMatchObject({ code: 0 });
      expect(await listed()).toContain('kaapana-migration.kaapana-migration');
      expect(await readFile(join(pod, 'installed'), 'utf8')).toContain(
        '--no-install-recommends openssh-client',
      );
    });

    it('brings the extension without internet too, and says that ssh is missing', async () => {
      const { code, said } = await install(APT.offline, await vsix());
      expect(code).toBe(1);
      expect(said).toContain('DAG files are checked, no host is reached');
      expect(await listed()).toContain('kaapana-migration.kaapana-migration');
    });

    it('says which file is missing', async () => {
      expect(await install(APT.works)).toMatchObject({
        code: 1,
        said: expect.stringContaining('exactly one kaapana-migration-*.vsix') as string,
      });
      expect(existsSync(join(pod, 'installed'))).toBe(false);
    });
  },
);
