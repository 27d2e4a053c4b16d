import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { Session } from '../../src/host/session';
import { SshTransport } from '../../src/host/ssh';
import { guideRunning, runnerOver, until } from './connect';
import { Stand } from './stand';

const run = promisify(execFile);
const stand = Stand.forThisFile();

const NETWORK = join(import.meta.dirname, 'lossy-network.py');
const ADDRESS = '10.199.0.2';
const PORT = '2222';
/** Each way; there and back is 300 ms. */
const DELAY_MS = '150';
const LOSS_PERCENT = '2';

/** Starts a part of the network that lives until its standard input is closed. */
async function begin(command: readonly string[]): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
      }),
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error(`${command.join(' ')} ended.`)));
  });
}

/** A way to the rehearsal host through two network namespaces and a bad network between them. */
async function badNetwork(): Promise<SshTransport> {
  const [client, host] = ['client', 'host'].map((end) => `km-${end}-${process.pid}`) as [string, string];
  for (const name of [client, host]) {
    await run('ip', ['netns', 'add', name]);
    onTestFinished(async () => {
      await run('ip', ['netns', 'del', name]);
    });
  }
  await begin(['python3', NETWORK, 'carry', client, host, DELAY_MS, LOSS_PERCENT]);
  const sshd = ['/usr/sbin/sshd', '-i', '-f', join(stand.host.root, 'ssh/sshd_config')];
  await begin(['ip', 'netns', 'exec', host, 'python3', NETWORK, 'serve', ADDRESS, PORT, ...sshd]);
  const config = join(stand.host.root, 'ssh/lossy_config');
  const way = `ip netns exec ${client} bash -c 'exec 3<>/dev/tcp/${ADDRESS}/${PORT}; cat <&3 & exec cat >&3'`;
  const near = await readFile(stand.host.sshConfigFile, 'utf8');
  // A host name of its own: by the same one, ssh would share the near host's connection.
  const far = near.replace('Host rehearsal', 'Host far').replace(/HostName .*/, `HostName ${ADDRESS}`);
  await writeFile(config, `${far}  HostKeyAlias [127.0.0.1]:${stand.host.port}\n  ProxyCommand ${way}\n`);
  return SshTransport.create('far', { sshPath: 'ssh', configFile: config });
}

it('a step is started, answered, followed and stopped over 300 ms and 2 % loss', async (context) => {
  if (process.getuid?.() !== 0 || !existsSync('/dev/net/tun')) {
    const reason = 'only root, with /dev/net/tun, can make a network of its own';
    if (process.env['CI']) throw new Error(`This test cannot run here: ${reason}`);
    context.skip(reason);
  }
  const transport = await badNetwork();
  await transport.connect();
  onTestFinished(() => transport.disconnect());
  const before = Date.now();
  await transport.exec('true');
  // The network is as bad as it says; how fast anything is stands in no test.
  expect(Date.now() - before).toBeGreaterThanOrEqual(300);

  stand.runner = runnerOver(transport);
  const work = guideRunning(
    'read -r -p "Go on? " answer; for i in $(seq 1 2000); do echo "part $i of the work"; done; touch "$HOME/result"; read -r',
  );
  const session = new Session(work.guide, transport, stand.runner);
  session.start();
  onTestFinished(() => session.stop());
  const state = () => Promise.resolve(session.run.steps[0]?.state);

  const answers = await Promise.allSettled([stand.start(work), stand.start(work)]);
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await until(state, (now) => now === 'waiting');
  await stand.type('yes\n');
  await stand.shows('part 2000 of the work');
  const { bytes } = await stand.runner.log(work.guide.id, 'work', 1, 0, 1_000_000);
  expect(bytes.toString()).toContain('part 2000 of the work');
  await stand.runner.cancel(work.guide.id, 'work', 1);
  await until(state, (now) => now === 'needs-attention');
  expect(session.run.problems).toEqual([]);
}, 240_000);
