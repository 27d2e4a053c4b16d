import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { describe, expect, onTestFinished } from 'vitest';
import { answers, freePort } from '../../src/host/loopback';
import type { Forward, HostPort, Transport } from '../../src/host/transport';
import { sshTo } from '../host/connect';
import { startRehearsalHost, type RehearsalHost } from '../rehearsal/host';
import { follow, isLive } from './follow';
import { HostHome } from './hostHome';
import { namespace, pod } from './objects';
import type { KubeBody } from './server';
import { Stand } from './stand';

const run = promisify(execFile);
const stand = Stand.forThisFile();

const PODS = '/api/v1/namespaces/default/pods';
const names = (cluster: { state: { pods: readonly { name: string }[] } }) =>
  cluster.state.pods.map(({ name }) => name).join();

describe('the API server', () => {
  stand.test(
    'may be away for a while: what changed meanwhile is seen, what was seen is kept until then',
    async (at) => {
      await at.cluster.create(pod('default', 'goes'), pod('default', 'stays'));
      const { cluster, until, links } = follow(at.host);
      await until((now) => isLive(now) && names(now) === 'goes,stays');
      await at.cluster.stopApi();
      await until(({ link }) => link.state === 'lost');
      expect(names(cluster)).toBe('goes,stays');
      expect(cluster.link.detail).toMatch(/connection to the API server was lost/);
      await at.cluster.startApi();
      await at.cluster.request('DELETE', `${PODS}/goes`, { gracePeriodSeconds: 0 });
      await until((now) => isLive(now) && names(now) === 'stays');
      expect(links).toEqual(['live', 'lost', 'live']);
      await at.cluster.request('DELETE', PODS, { gracePeriodSeconds: 0 });
    },
  );

  stand.test(
    'may belong to another cluster afterwards: that is told, and nothing of the first is shown',
    async (at) => {
      await at.cluster.create(pod('default', 'of-the-first'));
      const { cluster, until, links } = follow(at.host);
      await until((now) => isLive(now) && names(now) === 'of-the-first');
      await at.cluster.replace();
      // The host still has the kubeconfig of the first: its authority does not vouch for the second.
      await until(({ link }) => link.state === 'replaced');
      expect(cluster.link.detail).toMatch(/does not vouch for/);
      expect(cluster.state.pods).toEqual([]);
      await at.cluster.create(pod('default', 'of-the-second'));
      await at.host.setKubeconfig(at.cluster.kubeconfig());
      await until((now) => isLive(now) && names(now) === 'of-the-second');
      expect(cluster.link.detail).toMatch(/installed anew/);
      expect(links).toEqual(['live', 'lost', 'replaced', 'live']);
      await at.cluster.request('DELETE', PODS, { gracePeriodSeconds: 0 });
    },
  );
});

describe('a host', () => {
  stand.test('without a cluster says so, and is found when it gets one', async (at) => {
    await at.host.setKubeconfig(undefined);
    const { cluster, until } = follow(at.host);
    await until(({ link }) => link.state === 'absent');
    expect(cluster.link.detail).toMatch(/no MicroK8s/);
    await at.host.setKubeconfig(at.cluster.kubeconfig());
    await until(isLive);
  });

  stand.test('whose cluster does not run says so', async (at) => {
    const other = JSON.parse(at.cluster.kubeconfig()) as { clusters: { cluster: { server: string } }[] };
    other.clusters[0]!.cluster.server = `https://127.0.0.1:${await freePort()}`;
    await at.host.setKubeconfig(JSON.stringify(other));
    const { cluster, until } = follow(at.host);
    await until(({ link }) => link.state === 'absent');
    expect(cluster.link.detail).toMatch(/no API server answers/);
  });

  stand.test('with MicroK8s is asked for its kubeconfig before the copy in the home folder', async (at) => {
    const host = await HostHome.make();
    onTestFinished(() => host.remove());
    await writeFile(join(host.home, 'real'), at.cluster.kubeconfig());
    await host.setKubeconfig('clusters: of a cluster that is gone');
    await host.setProgram('microk8s', `cat '${host.home}/real'`);
    await follow(host).until(isLive);
    // An account outside the group needs sudo.
    await host.setProgram('microk8s', `[ -n "$AS_ROOT" ] && exec cat '${host.home}/real'; echo no; exit 1`);
    await host.setProgram('sudo', '[ "$1" = -n ] && shift; AS_ROOT=1 exec "$@"');
    await follow(host).until(isLive);
    await host.setProgram('sudo', 'exit 1');
    await host.setKubeconfig(undefined);
    const { cluster, until } = follow(host);
    await until(({ link }) => link.state === 'refused');
    expect(cluster.link.detail).toMatch(/cannot read the kubeconfig of MicroK8s: no/);
  });

  stand.test('cannot start a program here, or switch the proof of its certificate off', async (at) => {
    const config = JSON.parse(at.cluster.kubeconfig()) as {
      clusters: { cluster: Record<string, unknown> }[];
      users: { user: unknown }[];
    };
    const mark = join(at.host.home, 'started');
    config.users[0]!.user = {
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', args: [mark] },
    };
    await at.host.setKubeconfig(JSON.stringify(config));
    const first = follow(at.host);
    await first.until(({ link }) => link.state === 'refused');
    expect(first.cluster.link.detail).toMatch(/through another program/);
    expect(await readdir(at.host.home)).not.toContain('started');

    const { cluster } = config.clusters[0]!;
    delete cluster['certificate-authority-data'];
    cluster['insecure-skip-tls-verify'] = true;
    config.users[0]!.user = { token: 'a-secret' };
    await at.host.setKubeconfig(JSON.stringify(config));
    const second = follow(at.host);
    await second.until(({ link }) => link.state === 'replaced');
    expect(second.links).not.toContain('live');
  });

  stand.test('may name files instead of their content: they are the ones on the host', async (at) => {
    // `NAME-data` holds what `NAME` names the file of.
    const files = new Map<string, string>();
    const config = at.cluster
      .kubeconfig('certificate')
      .replaceAll(/"([a-z-]+)-data":"([^"]+)"/g, (_, name: string, data: string) => {
        files.set(name, data);
        return `"${name}":"${name}"`;
      });
    await at.host.setKubeconfig(config);
    for (const [name, data] of files)
      await writeFile(join(at.host.home, '.kube', name), Buffer.from(data, 'base64'));
    expect([...files.keys()]).toHaveLength(3);
    await follow(at.host).until(isLive);
  });
});

describe('a kubeconfig', () => {
  const LAYOUTS: Readonly<Record<string, (config: object) => string>> = {
    'JSON, as kubectl can print it': (config) => JSON.stringify(config, undefined, 2),
    'YAML, as MicroK8s prints it': (config) => stringify(config),
    'YAML with comments and quotes': (config) =>
      `# by hand\n---\n${stringify(config, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })}\n# end\n`,
    'YAML with lists not indented, and long lines folded': (config) =>
      stringify(config, { indentSeq: false, lineWidth: 60 }),
    'YAML with Windows line ends': (config) => stringify(config).replaceAll('\n', '\r\n'),
  };
  for (const [layout, write] of Object.entries(LAYOUTS))
    stand.test(`is read as ${layout}`, async (at) => {
      await at.host.setKubeconfig(write(JSON.parse(at.cluster.kubeconfig('certificate')) as object));
      await follow(at.host).until(isLive);
    });

  const USELESS: Readonly<Record<string, RegExp>> = {
    'apiVersion: v1\nclusters: []\n': /names no current cluster or user\. .*microk8s config/,
    'apiVersion: v1\n': /cannot read it, or it names no cluster\. .*microk8s config/,
  };
  for (const [text, told] of Object.entries(USELESS))
    stand.test(`with nothing but ${JSON.stringify(text)} is told with what to do`, async (at) => {
      await at.host.setKubeconfig(text);
      const { cluster, until } = follow(at.host);
      await until(({ link }) => link.state === 'refused');
      expect(cluster.link.detail).toMatch(told);
    });
});

describe('leaving', () => {
  stand.test('leaves nothing that keeps a program from ending', async (at) => {
    await run(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'once.ts'), at.host.home]);
  });

  stand.test('works at any moment', async (at) => {
    for (const wait of [0, 5, 20, 50, 100, 200]) {
      const { cluster } = follow(at.host);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await cluster.close();
    }
  });
});

describe('the log of a container', () => {
  stand.test('is followed until it ends or nobody looks any more', async (at) => {
    const kubelet = await standInKubelet(at);
    await at.cluster.create({
      ...pod('default', 'talks'),
      spec: { ...SPEC, nodeName: kubelet.node },
    } as KubeBody);
    const { cluster, until } = follow(at.host);
    await until((now) => isLive(now) && names(now) === 'talks');
    const talks = { namespace: 'default', name: 'talks' };
    const read = async (options: object, end: AbortController) => {
      let text = '';
      const take = (more: string) => {
        text += more;
        expect(cluster.inUse).toBe(true);
        if (text.includes('second')) end.abort();
      };
      await cluster.logs(talks, 'main', options, take, end.signal);
      return text;
    };
    expect(cluster.inUse).toBe(false);
    expect(await read({ tailLines: 5 }, new AbortController())).toBe('first ä\nsecond ä\n');
    expect(cluster.inUse).toBe(false);
    expect(kubelet.asked.at(-1)).toMatch(/talks\/main\?.*follow=true.*tailLines=5/);
    expect(await read({ previous: true }, new AbortController())).toContain('first');
    expect(kubelet.asked.at(-1)).toMatch(/previous=true/);
    expect(kubelet.asked.at(-1)).not.toMatch(/follow/);
    await expect(
      cluster.logs(talks, 'no-such', {}, () => undefined, new AbortController().signal),
    ).rejects.toThrow(/no-such/);
    await at.cluster.request('DELETE', PODS, { gracePeriodSeconds: 0 });
  });
});

const SPEC = { containers: [{ name: 'main', image: 'registry.test/main:1' }] };

/** A node whose kubelet says two lines of every container, cut in the middle of a letter, and then nothing more. */
async function standInKubelet({ cluster }: Stand): Promise<{ node: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(await cluster.serverCertificate(), (request, answer) => {
    asked.push(request.url ?? '');
    const bytes = Buffer.from('first ä\nsecond ä\n');
    answer.write(bytes.subarray(0, 7));
    setTimeout(() => answer.write(bytes.subarray(7)), 50);
    if (request.url?.includes('previous')) setTimeout(() => answer.end(), 100);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port: Port } = server.address() as AddressInfo;
  const node = 'talking';
  await cluster.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } });
  await cluster.patchStatus(`/api/v1/nodes/${node}`, {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port } },
  });
  return { node, asked };
}

/** A host that is reached by a real OpenSSH server, with the cluster's kubeconfig in its home folder. */
async function overSsh({
  cluster,
}: Stand): Promise<{ host: RehearsalHost; forwards: Forward[]; at: Transport }> {
  const host = await startRehearsalHost({ platform: false });
  onTestFinished(() => host.stop());
  const transport = await sshTo(host);
  onTestFinished(() => transport.disconnect());
  const forwards: Forward[] = [];
  const real = transport.forward.bind(transport);
  transport.forward = async (to: HostPort) => {
    const forward = await real(to);
    forwards.push(forward);
    return forward;
  };
  await run('mkdir', ['-p', join(host.home, '.kube')]);
  await writeFile(join(host.home, '.kube/config'), cluster.kubeconfig());
  return { host, forwards, at: transport };
}

describe('over SSH', () => {
  stand.test('the cluster is followed through the shared connection, which may be cut', async (at) => {
    const { host, forwards, at: transport } = await overSsh(at);
    const { cluster, until, links } = follow(transport);
    await until(isLive);
    const [first] = forwards;
    expect(first?.port).not.toBe(at.cluster.port);
    const space = 'seen-through-ssh';
    await at.cluster.create(namespace(space));
    await until(({ state }) => state.namespaces.includes(space));

    await host.dropConnections();
    await until(({ link }) => link.state === 'lost');
    await until(isLive);
    expect(links).toEqual(['live', 'lost', 'live']);

    const kubeconfig = await readFile(join(host.home, '.kube/config'), 'utf8');
    expect(kubeconfig).toBe(at.cluster.kubeconfig());
    await cluster.close();
    for (const forward of forwards) expect(await answers(forward)).toBe(false);
    // The shared connection is the session's, and stays.
    expect((await transport.exec('echo here')).stdout).toBe('here\n');
  });

  stand.test('the forwards that the user has set for the host are left alone', async (at) => {
    const { host, at: transport } = await overSsh(at);
    const theirs = await freePort();
    await writeFile(
      host.sshConfigFile,
      `${await readFile(host.sshConfigFile, 'utf8')}  LocalForward ${theirs} 127.0.0.1:${at.cluster.port}\n`,
    );
    const { cluster, until } = follow(transport);
    await until(isLive);
    expect(await answers({ host: '127.0.0.1', port: theirs })).toBe(true);
    await cluster.close();
    expect(await answers({ host: '127.0.0.1', port: theirs })).toBe(true);
  });

  stand.test('a server that forwards nothing is told from a cluster that does not run', async (at) => {
    const { host, at: transport } = await overSsh(at);
    const file = join(host.root, 'ssh/sshd_config');
    const config = await readFile(file, 'utf8');
    await writeFile(file, config.replace('AllowTcpForwarding yes', 'AllowTcpForwarding no'));
    await host.goDown();
    await host.comeBack();
    const { cluster, until } = follow(transport);
    await until(({ link }) => link.state === 'refused');
    expect(cluster.link.detail).toMatch(/AllowTcpForwarding/);
  });

  stand.test('where connections cannot be shared it has one of its own', async (at) => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    const { forwards, at: transport } = await overSsh(at).finally(() =>
      Object.defineProperty(process, 'platform', platform),
    );
    const { cluster, until } = follow(transport);
    await until(isLive);
    await cluster.close();
    for (const forward of forwards) expect(await answers(forward)).toBe(false);
  });
});
