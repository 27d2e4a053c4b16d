import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRehearsalHost, type RehearsalHost, type RehearsalOptions } from '../rehearsal/host';
import { cannotRun } from '../tools/cannotRun';
import { isRoot, pause, until } from './stage';

const run = promisify(execFile);

async function start(options: RehearsalOptions = {}): Promise<RehearsalHost> {
  const host = await startRehearsalHost(options);
  onTestFinished(host.stop);
  return host;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ssh = (host: RehearsalHost, command: string, ...options: string[]): Promise<Ended> =>
  run('ssh', ['-F', host.sshConfigFile, '-o', 'BatchMode=yes', ...options, host.alias, command]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );

describe('a session', () => {
  test('has a home, a user and tools of its own', async () => {
    const host = await start();
    const { stdout } = await ssh(host, 'pwd; id -un; echo $HOME; command -v sudo helm; sudo -n id -u');
    expect(stdout.trim().split('\n')).toEqual([
      host.home,
      'kaapana',
      host.home,
      join(host.bin, 'sudo'),
      join(host.bin, 'helm'),
      '0',
    ]);
  });

  test('gets a terminal when it asks for one', async (context) => {
    if (!isRoot && !/ devpts .*gid=/.test(await readFile('/proc/mounts', 'utf8')))
      cannotRun(context, 'only root can give terminals here: /dev/pts is mounted without the group tty');
    const host = await start();
    const { stdout } = await ssh(host, 'tty', '-tt');
    expect(stdout).toMatch(/^\/dev\/pts\/\d+/);
  });
});

describe('logging in', () => {
  test('needs the passphrase where the key has one', async () => {
    const host = await start({ authentication: 'key-with-passphrase' });
    expect((await ssh(host, 'true')).stderr).toContain('Permission denied');
    const asking = join(host.root, 'ask');
    await writeFile(asking, `#!/bin/sh\necho '${host.passphrase}'\n`, { mode: 0o755 });
    const env = { ...process.env, SSH_ASKPASS: asking, SSH_ASKPASS_REQUIRE: 'force' };
    expect((await run('ssh', ['-F', host.sshConfigFile, host.alias, 'id -un'], { env })).stdout).toBe(
      'kaapana\n',
    );
  });

  test('refuses every password', async () => {
    const host = await start({ authentication: 'password' });
    const asking = join(host.root, 'ask');
    await writeFile(asking, '#!/bin/sh\necho wrong\n', { mode: 0o755 });
    const env = { ...process.env, SSH_ASKPASS: asking, SSH_ASKPASS_REQUIRE: 'force' };
    await expect(run('ssh', ['-F', host.sshConfigFile, host.alias, 'true'], { env })).rejects.toThrow(
      /Permission denied/,
    );
  });

  test('is refused by the client when the host key is another one, and when it is unknown', async () => {
    const host = await start();
    const before = await host.hostKeyFingerprint();
    await host.replaceHostKey();
    expect(await host.hostKeyFingerprint()).not.toBe(before);
    expect((await ssh(host, 'true')).stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
    const stranger = await start({ hostKnown: false });
    expect((await ssh(stranger, 'true')).stderr).toContain('Host key verification failed');
  });
});

describe('faults', () => {
  test('a dropped connection ends the client and not what runs detached', async () => {
    const host = await start();
    const client = spawn('ssh', [
      '-F',
      host.sshConfigFile,
      host.alias,
      'setsid -f bash -c "sleep 1; echo done >$HOME/done"; touch $HOME/begun; sleep 60',
    ]);
    const gone = new Promise((resolve) => client.once('exit', resolve));
    await until(() => existsSync(join(host.home, 'begun')));
    await host.dropConnections();
    expect(await gone).toBe(255);
    await until(() => existsSync(join(host.home, 'done')));
    expect((await ssh(host, 'echo back')).stdout).toBe('back\n');
  });

  test('a host that is down does not answer until it comes back; a killed one has lost its jobs', async () => {
    const host = await start();
    await ssh(host, 'setsid -f bash -c "touch $HOME/begun; sleep 1; touch $HOME/survived" >/dev/null 2>&1');
    await until(() => existsSync(join(host.home, 'begun')));
    await host.kill();
    expect((await ssh(host, 'true')).code).toBe(255);
    await host.comeBack();
    expect((await ssh(host, 'echo back')).stdout).toBe('back\n');
    await pause(1200);
    expect(existsSync(join(host.home, 'survived'))).toBe(false);
  });
});

test('stop leaves no process and no file behind', async () => {
  const host = await startRehearsalHost();
  await ssh(host, 'setsid -f sleep 300 >/dev/null 2>&1');
  await host.stop();
  expect(existsSync(host.root)).toBe(false);
  const { stdout } = await run('ps', ['-eo', 'args']);
  expect(stdout).not.toContain(host.root);
});

describe('the stand-in of sudo', () => {
  test('asks once for each terminal, gives a fresh environment and closes descriptors', async () => {
    const host = await start({ sudo: 'password' });
    expect((await ssh(host, 'sudo true')).stderr).toContain('a terminal is required');
    expect((await ssh(host, 'sudo -n true')).stderr).toContain('a password is required');
    const asked = await ssh(
      host,
      `export SECRET=1; echo ${host.sudoPassword} | sudo -S -v 2>/dev/null; sudo -n bash -c 'echo "\${SECRET-none} $SUDO_USER"'; sudo -k; sudo -n true || echo forgotten`,
    );
    expect(asked.stdout).toBe('none kaapana\nforgotten\n');
    const open = await start();
    expect(
      (await ssh(open, 'exec 7>/dev/null; sudo bash -c "[ -e /proc/self/fd/7 ] && echo open || echo closed"'))
        .stdout,
    ).toBe('closed\n');
  });
});

describe('the stand-ins of the Kaapana scripts', () => {
  const deploy = (host: RehearsalHost, ...args: string[]) =>
    ssh(host, `bash kaapana/deploy_0.3.5.sh ${args.join(' ')} </dev/null`);
  const releases = async (host: RehearsalHost) => (await ssh(host, 'helm list -A -q 2>/dev/null')).stdout;

  test('undeploy only when --quiet stands before the action', async () => {
    const host = await start();
    expect((await deploy(host, '--undeploy', '--quiet')).code).toBe(1);
    expect(await releases(host)).toContain('kaapana-admin-chart');
    expect((await deploy(host, '--quiet', '--undeploy')).code).toBe(0);
    expect(await releases(host)).toBe('');
    expect((await ssh(host, 'microk8s.kubectl get pv -o name')).stdout).toBe('');
  });

  test('report success although helm failed', async () => {
    const host = await start();
    await writeFile(join(host.state, 'faults/helm-uninstall'), '');
    const { code, stdout } = await deploy(host, '--quiet', '--undeploy');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('UNDEPLOYMENT DONE') as string,
    });
    expect(await releases(host)).toContain('kaapana-admin-chart');
  });

  test('install on what an unsuccessful uninstall left, with success both times', async () => {
    const host = await start();
    const script = join(import.meta.dirname, '../rehearsal/kaapana/server_installation_0.4.1.sh');
    await writeFile(join(host.state, 'faults/snap-remove'), '');
    expect((await ssh(host, `sudo bash ${script} --uninstall`)).code).toBe(0);
    const { code, stdout } = await ssh(host, `sudo bash ${script} --quiet`);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('already installed') as string,
    });
    expect(await readFile(join(host.state, 'snap/microk8s'), 'utf8')).toContain('1.28/stable');
  });
});
