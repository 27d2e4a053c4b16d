import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/host/loopback';
import { ContainerLog } from './containerLog';
import { ensureCluster, clusterTools } from './prepare.mjs';
import { makeCertificate } from '../tools/certificate';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Long enough for a machine with other work to do. */
const START_MS = 180_000;

/** Why there is no cluster to test with; undefined where there is. */
export async function clusterMissing(): Promise<string | undefined> {
  try {
    await ensureCluster();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export interface ClusterOptions {
  /** Whether controllers make pods of workloads, and kwok gives pods their states. Default: no. */
  readonly controllers?: boolean;
}

/** What an account may do, by the token that it shows. */
const TOKENS = { admin: 'token-of-root', limited: 'token-of-limited' } as const;
export type Account = keyof typeof TOKENS;

/** By the names that every release knows. */
const CONTROLLERS = ['deployment', 'replicaset', 'statefulset', 'job', 'namespace', 'garbagecollector'];

/** The node that kwok pretends to be. */
export const NODE = 'kaapana';

/** Where services have their addresses: the loopback, so that a test can stand behind one. */
const SERVICES = '127.96.0.0/16';

/** A real Kubernetes API server on the loopback interface, with certificates of its own. */
export class TestCluster {
  private readonly children = new Map<string, ChildProcess>();
  private agent = new Agent();
  private ca = '';
  /** What every container writes, where there are controllers. */
  readonly log: ContainerLog;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly etcdPort: number,
    private readonly peerPort: number,
    private readonly kubeletPort: number,
    private readonly options: ClusterOptions,
  ) {
    this.log = new ContainerLog(folder);
  }

  static async start(options: ClusterOptions = {}): Promise<TestCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'km-cluster-'));
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
    const cluster = new TestCluster(folder, ...ports, options);
    try {
      await cluster.makeCertificates();
      await cluster.startAll();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** A kubeconfig as MicroK8s prints it: with a client certificate for root, or with a token. */
  kubeconfig(as: Account | 'certificate' | 'stranger' = 'admin'): string {
    const user =
      as === 'certificate'
        ? {
            'client-certificate-data': this.base64('client.crt'),
            'client-key-data': this.base64('client.key'),
          }
        : { token: as === 'stranger' ? 'nobody-knows-it' : TOKENS[as] };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'microk8s',
      clusters: [
        {
          name: 'microk8s-cluster',
          cluster: {
            server: `https://127.0.0.1:${this.port}`,
            'certificate-authority-data': this.base64('ca.crt'),
          },
        },
      ],
      contexts: [{ name: 'microk8s', context: { cluster: 'microk8s-cluster', user: 'admin' } }],
      users: [{ name: 'admin', user }],
    });
  }

  /** A request of root's. */
  async request<T = unknown>(method: string, path: string, body?: unknown, type?: string): Promise<T> {
    const { status, text } = await this.send(method, path, body, type);
    if (status >= 300) throw new Error(`${method} ${path} answers ${status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }

  /** Creates objects one after another. */
  async create(...objects: readonly KubeBody[]): Promise<void> {
    for (const object of objects) await this.request('POST', pathOf(object), object);
  }

  patchStatus(path: string, status: unknown): Promise<unknown> {
    return this.request('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
  }

  async stopApi(): Promise<void> {
    for (const name of ['kwok', 'kube-controller-manager', 'kube-apiserver']) await this.end(name);
  }

  async startApi(): Promise<void> {
    await this.startServers();
  }

  /** Another cluster takes the address: new authority, nothing in it. */
  async replace(): Promise<void> {
    await this.stopApi();
    await this.end('etcd');
    await rm(join(this.folder, 'data'), { recursive: true, force: true });
    await this.makeCertificates();
    await this.startAll();
  }

  async stop(): Promise<void> {
    await this.stopApi();
    await this.end('etcd');
    this.agent.destroy();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What a server of this cluster's shows who it is with. */
  async serverCertificate(): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
    return { cert: await readFile(this.file('server.crt')), key: await readFile(this.file('server.key')) };
  }

  /** A file with a kubeconfig of root's, for kubectl. */
  get kubeconfigFile(): string {
    return this.file('kubeconfig');
  }

  private file(name: string): string {
    return join(this.folder, name);
  }

  private contents: Record<string, string> = {};

  private base64(name: string): string {
    return Buffer.from(this.contents[name] ?? '').toString('base64');
  }

  private async makeCertificates(): Promise<void> {
    const config = this.file('openssl.cnf');
    const make = (name: string, subject: string, ...options: string[]) =>
      makeCertificate({
        key: this.file(`${name}.key`),
        certificate: this.file(`${name}.crt`),
        subject,
        options: ['-config', config, ...options],
      });
    const signed = ['-CA', this.file('ca.crt'), '-CAkey', this.file('ca.key'), '-addext'];
    await writeFile(config, '[req]\ndistinguished_name = name\n[name]\n');
    await make('ca', `/CN=authority ${Date.now()}`, '-addext', 'basicConstraints=critical,CA:TRUE');
    await make('server', '/CN=kube-apiserver', ...signed, 'subjectAltName=IP:127.0.0.1,DNS:kubernetes');
    await make('client', '/O=system:masters/CN=admin', ...signed, 'extendedKeyUsage=clientAuth');
    for (const name of ['ca.crt', 'client.crt', 'client.key'])
      this.contents[name] = await readFile(this.file(name), 'utf8');
    this.ca = this.contents['ca.crt'] ?? '';
    this.agent.destroy();
    this.agent = new Agent({ ca: this.ca, keepAlive: true });
    await writeFile(this.file('kubeconfig'), this.kubeconfig('certificate'), { mode: 0o600 });
    await writeFile(
      this.file('tokens.csv'),
      `${TOKENS.admin},root,1,"system:masters"\n${TOKENS.limited},limited,2\n`,
    );
    await mkdir(this.file('data'), { recursive: true });
  }

  private async startAll(): Promise<void> {
    const client = `http://127.0.0.1:${this.etcdPort}`;
    const peer = `http://127.0.0.1:${this.peerPort}`;
    this.launch('etcd', tools().etcd, [
      `--data-dir=${this.file('data')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
    ]);
    await this.until('etcd', () => answersOk(`${client}/health`));
    await this.startServers();
  }

  private async startServers(): Promise<void> {
    this.launch('kube-apiserver', tools().servers, [
      'kube-apiserver',
      `--etcd-servers=http://127.0.0.1:${this.etcdPort}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.port}`,
      '--endpoint-reconciler-type=none',
      `--service-cluster-ip-range=${SERVICES}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.file('server.crt')}`,
      `--service-account-signing-key-file=${this.file('server.key')}`,
      `--tls-cert-file=${this.file('server.crt')}`,
      `--tls-private-key-file=${this.file('server.key')}`,
      `--client-ca-file=${this.file('ca.crt')}`,
      `--token-auth-file=${this.file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      // Nothing makes service accounts here.
      '--disable-admission-plugins=ServiceAccount',
      `--cert-dir=${this.folder}`,
    ]);
    await this.until('kube-apiserver', async () => (await this.send('GET', '/readyz')).status === 200);
    if (!this.options.controllers) return;
    this.launch('kube-controller-manager', tools().servers, [
      'kube-controller-manager',
      `--kubeconfig=${this.file('kubeconfig')}`,
      `--controllers=${CONTROLLERS.join(',')}`,
      '--leader-elect=false',
      '--secure-port=0',
      `--cert-dir=${this.folder}`,
      '--concurrent-deployment-syncs=5',
    ]);
    await this.log.begin();
    // Where it looks by itself, in the home folder that `launch` gives it.
    await mkdir(this.file('.kwok'), { recursive: true });
    await writeFile(this.file('.kwok/kwok.yaml'), JSON.stringify(this.log.settings));
    this.launch('kwok', tools().kwok, [
      'kwok',
      `--kubeconfig=${this.file('kubeconfig')}`,
      `--manage-single-node=${NODE}`,
      // The part of a kubelet: the API server asks it for logs.
      '--node-ip=127.0.0.1',
      `--node-port=${this.kubeletPort}`,
      `--server-address=127.0.0.1:${this.kubeletPort}`,
      `--tls-cert-file=${this.file('server.crt')}`,
      `--tls-private-key-file=${this.file('server.key')}`,
    ]);
    await this.makeNode();
  }

  private async makeNode(): Promise<void> {
    const { status } = await this.send('GET', `/api/v1/nodes/${NODE}`);
    if (status === 404) await this.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
  }

  private async send(method: string, path: string, body?: unknown, type = 'application/json') {
    const said = body === undefined ? '' : JSON.stringify(body);
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const outgoing = request(
        {
          ...{ host: '127.0.0.1', port: this.port, method, path, agent: this.agent },
          headers: {
            authorization: `Bearer ${TOKENS.admin}`,
            ...(said === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(said) }),
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => (text += part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          answer.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(said);
    });
  }

  /** Ends with this process, however that ends. */
  private launch(name: string, program: string, args: readonly string[]): void {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.folder },
    });
    child.stderr.pipe(createWriteStream(this.file(`${name}.log`), { flags: 'a' }));
    this.children.set(name, child);
  }

  private async end(name: string): Promise<void> {
    const child = this.children.get(name);
    this.children.delete(name);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // Its data is thrown away with it, and a shutdown in good order takes a minute.
    child.kill('SIGKILL');
    await gone;
  }

  private async until(name: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline && this.children.get(name)?.exitCode === null) {
      if (await holds().catch(() => false)) return;
      await pause(100);
    }
    const log = await readFile(this.file(`${name}.log`), 'utf8');
    throw new Error(`${name} did not start:\n${log.slice(-3000)}`);
  }
}

/** A Kubernetes object to create. */
export interface KubeBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Where objects of a kind are; all kinds used here have a regular plural. */
export function pathOf({ apiVersion, kind, metadata: { namespace } }: KubeBody): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${kind.toLowerCase()}s`;
}

function tools(): NonNullable<ReturnType<typeof clusterTools>> {
  const found = clusterTools();
  if (!found) throw new Error('The servers are not prepared: node test/cluster/prepare.mjs');
  return found;
}

const answersOk = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    get(url, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', () => resolve(false));
  });
