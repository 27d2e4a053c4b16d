import { lstat, mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../src/host/exec';
import { LocalTransport } from '../../src/host/local';
import { Session } from '../../src/host/session';
import { SshTransport } from '../../src/host/ssh';
import { hostAliases } from '../../src/host/sshConfig';
import { sshProblem } from '../../src/host/sshProblem';
import { quote } from '../../src/migration/quote';
import { startRehearsalHost, type RehearsalHost } from '../rehearsal/host';
import { guideRunning, runnerOver, sshTo, until } from './connect';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function rehearsal(options?: Parameters<typeof startRehearsalHost>[0]): Promise<RehearsalHost> {
  const host = await startRehearsalHost(options);
  cleanUp.push(() => host.stop());
  return host;
}

async function reached(host: RehearsalHost): Promise<SshTransport> {
  const transport = await sshTo(host);
  cleanUp.push(() => transport.disconnect());
  return transport;
}

const reason = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { reason?: unknown }).reason ?? error,
  );

describe('connecting over OpenSSH', () => {
  it('with a key asks nobody, and every later call rides the same connection', async () => {
    const host = await rehearsal();
    const transport = await reached(host);
    await transport.connect();
    const before = (await host.log()).match(/Accepted publickey/g)?.length;
    for (let i = 0; i < 3; i++) expect((await transport.exec('echo hello')).stdout).toBe('hello\n');
    expect((await host.log()).match(/Accepted publickey/g)?.length).toBe(before);
  });

  it('where a password is asked says that a login is needed', async () => {
    const transport = await reached(await rehearsal({ authentication: 'password' }));
    expect(await reason(transport.connect())).toBe('needs-login');
  });

  it('to a host that is not known yet says that a login is needed, and trusts nothing', async () => {
    const host = await rehearsal({ hostKnown: false });
    const transport = await reached(host);
    expect(await reason(transport.connect())).toBe('needs-login');
    expect(await readFile(host.knownHostsFile, 'utf8').catch(() => '')).toBe('');
  });

  it('to a host whose key has changed stops, and says so', async () => {
    const host = await rehearsal();
    await host.replaceHostKey();
    const transport = await reached(host);
    const problem = await transport.connect().catch((error: unknown) => error);
    expect(problem).toMatchObject({
      reason: 'host-key-changed',
      message: expect.stringContaining('rehearsal') as string,
    });
    expect((problem as { next: string }).next).toMatch(/Nothing was sent/);
  });

  it('to a host that is down says that it cannot be reached', async () => {
    const host = await rehearsal();
    await host.goDown();
    expect(await reason((await reached(host)).connect())).toBe('unreachable');
  });

  it('to a name that nobody has says so', async () => {
    const transport = await SshTransport.create('no-such-host.invalid', { sshPath: 'ssh' });
    expect(await reason(transport.connect())).toBe('unknown-host');
  });

  it('without an ssh program says so', async () => {
    const transport = await SshTransport.create('pacs01', { sshPath: '/nonexistent/ssh' });
    expect(await reason(transport.connect())).toBe('no-ssh');
  });

  it.each(['-oProxyCommand=touch /tmp/x', 'a b', 'host;id', '', '$(id)'])(
    'refuses %j as a host',
    async (name) => {
      expect(await reason(SshTransport.create(name, { sshPath: 'ssh' }))).toBe('bad-host');
    },
  );

  it('works without shared connections, where the platform has none', async () => {
    const host = await rehearsal();
    const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    cleanUp.push(() => {
      Object.defineProperty(process, 'platform', platform);
      return Promise.resolve();
    });
    const transport = await sshTo(host);
    await transport.connect();
    expect((await transport.exec('echo hello')).stdout).toBe('hello\n');
    expect(transport.terminal('true').args.join(' ')).not.toContain('Control');
    expect(transport.login.file).toBe('ssh');
  });

  it('hands a line to the login shell in words that every shell reads alike', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kaapana-ssh-'));
    cleanUp.push(() => rm(folder, { recursive: true }));
    const sshPath = join(folder, 'ssh');
    await writeFile(sshPath, '#!/bin/sh\nfor last; do :; done; printf %s "$last"\n', { mode: 0o755 });
    const transport = await SshTransport.create('pacs01', { sshPath });
    const odd = `Done! it's "$HOME" \\ \n \\n %s \`id\` ümläut\\`;
    const line = `show() { printf %s "$1"; }\nshow ${quote(odd)}`;
    const { stdout } = await transport.exec(line);
    // Nothing that fish, csh or sh would read differently inside of single quotes.
    expect(stdout).toMatch(/^exec sh -c '[^'!\\\n]*' '(?:[^'!\\\n]|\\0\d{3})*'$/);
    expect(transport.terminal(line).args.at(-1)).toBe(stdout);
    for (const shell of ['/bin/sh', '/bin/bash']) expect((await run(shell, ['-c', stdout])).stdout).toBe(odd);
  });

  it('keeps the sockets of shared connections where their path is short, in a folder of its own', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('XDG_RUNTIME_DIR', undefined);
    vi.stubEnv('TMPDIR', '/tmp/as-long-as-the-folder-for-temporary-files-on-macOS');
    const transport = await SshTransport.create('pacs01', { sshPath: 'ssh' });
    const socket = transport.login.args.find((word) => word.startsWith('ControlPath='))!.split('=')[1]!;
    // %C stands for 40 characters, to which ssh adds 17 while it connects; macOS allows 104.
    expect(socket.replace('%C', 'c'.repeat(40)).length + 17).toBeLessThan(104);
    const folder = await lstat(dirname(socket));
    expect([folder.mode & 0o777, folder.uid]).toEqual([0o700, process.getuid?.()]);
  });

  it('never weakens the check of the host key', async () => {
    const source = await readFile(join(import.meta.dirname, '../../src/host/ssh.ts'), 'utf8');
    expect(source).not.toMatch(/StrictHostKeyChecking|UserKnownHostsFile|accept-new/);
  });
});

describe('what ssh says', () => {
  it.each<[string, string]>([
    [
      '@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.',
      'host-key-changed',
    ],
    ['Host key verification failed.', 'needs-login'],
    ['admin@pacs01: Permission denied (publickey,password).', 'needs-login'],
    ['ssh: connect to host pacs01 port 22: No route to host', 'unreachable'],
    ['kex_exchange_identification: read: Connection reset by peer', 'unreachable'],
    ['ssh: Could not resolve hostname pacs01: Name or service not known', 'unknown-host'],
    ['something new', 'unreachable'],
  ])('%j means %s', (said, expected) => {
    expect(sshProblem('pacs01', said).reason).toBe(expected);
  });
});

describe('an ssh configuration', () => {
  it('offers its aliases, not its patterns', () => {
    const config =
      'Host pacs01 pacs02\n  HostName 10.0.0.1\nHost *.clinic !bad\nhost=test\nHost "quoted"\nMatch host x\n';
    expect(hostAliases(config)).toEqual(['pacs01', 'pacs02', 'test', 'quoted']);
  });
});

describe('a session', () => {
  async function session(host: RehearsalHost): Promise<Session> {
    const transport = await reached(host);
    const { guide } = guideRunning('true');
    const created = new Session(guide, transport, runnerOver(transport));
    cleanUp.push(() => {
      created.stop();
      return Promise.resolve();
    });
    created.start();
    return created;
  }
  const state = (of: Session) => () => Promise.resolve(of.connection.state);

  it('comes back by itself after the network was gone', async () => {
    const host = await rehearsal();
    const live = await session(host);
    await until(state(live), (now) => now === 'connected');
    await host.goDown();
    await until(state(live), (now) => now === 'lost');
    expect(live.known).toBe(true);
    await host.comeBack();
    await until(state(live), (now) => now === 'connected');
  });

  it('stops when the host key changes in the middle', async () => {
    const host = await rehearsal();
    const live = await session(host);
    await until(state(live), (now) => now === 'connected');
    await host.replaceHostKey();
    await host.dropConnections();
    await until(state(live), (now) => now === 'failed');
    expect(live.connection).toMatchObject({ problem: { reason: 'host-key-changed' } });
  });

  it('that cannot begin waits for a person', async () => {
    const host = await rehearsal({ authentication: 'password' });
    const live = await session(host);
    await until(state(live), (now) => now === 'failed');
    expect(live.known).toBe(false);
  });
});

describe('this machine', () => {
  it('is reached without ssh, by the same runner', async () => {
    const home = await mkdtemp(join(tmpdir(), 'kaapana-local-'));
    cleanUp.push(() => rm(home, { recursive: true }));
    const before = process.env['XDG_STATE_HOME'];
    process.env['XDG_STATE_HOME'] = home;
    cleanUp.push(() => {
      if (before === undefined) delete process.env['XDG_STATE_HOME'];
      else process.env['XDG_STATE_HOME'] = before;
      return Promise.resolve();
    });
    await writeFile(join(home, 'marker'), '');
    const { guide, command } = guideRunning('true', `echo '{"status":"done","evidence":"Here."}'`);
    const runner = runnerOver(new LocalTransport());
    expect(await runner.check(guide.id, 'work', command)).toMatchObject({
      status: 'done',
      evidence: 'Here.',
    });
  });
});
