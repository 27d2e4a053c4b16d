import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createMachine, type Machine } from '../rehearsal/machine';
import { end } from '../rehearsal/processes';

let machine: Machine;
beforeAll(async () => {
  machine = await createMachine();
});
afterAll(() => machine.remove());

/** Runs kubectl with this standard input; what it printed on both ways, with its code where that is not 0. */
function kubectl(line: string, input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(
      '/bin/bash',
      ['-c', `microk8s.kubectl ${line}`],
      { env: machine.env },
      (error, stdout, stderr) => resolve(stdout + stderr + (error ? `(${error.code ?? ''})` : '')),
    );
    child.stdin?.end(input);
  });
}

describe('the stand-in of kubectl', () => {
  test('finds objects by kind, name, label and path', async () => {
    expect(
      await kubectl(
        '-n services get deploy opensearch-de -o jsonpath=\'{.spec.template.spec.containers[?(@.name=="opensearch-container")].image}\'',
      ),
    ).toBe('registry.clinic.example/kaapana/opensearch:0.3.5');
    expect(await kubectl("-n services get cm os-config -o jsonpath='{.data.opensearch\\.yml}'")).toContain(
      'plugins.security.authcz.admin_dn',
    );
    expect(await kubectl('-n services get pods -l app-name=opensearch -o name')).toMatch(
      /^pod\/opensearch-de-\S+\n$/,
    );
    expect(await kubectl('-n services get pods -l app-name=nothing -o name')).toBe('');
    expect(await kubectl('-n services get svc nothing')).toBe(
      'Error from server (NotFound): services "nothing" not found\n(1)',
    );
    expect(await kubectl('-n services get svc nothing --ignore-not-found')).toBe('');
    expect(
      await kubectl(
        'get pv -o jsonpath=\'{range .items[*]}{.metadata.name}{"\\t"}{.spec.nfs.server}{"\\n"}{end}\'',
      ),
    ).toContain('minio-pv-volume\t\n');
  });

  test('patches as each type does, keeps what was, and tells hooks', async () => {
    const hook = join(machine.state, 'hooks/after-patch');
    await mkdir(join(machine.state, 'hooks'));
    await writeFile(hook, `echo "$@" >>'${machine.state}/told'\n`);
    const volumes = async () =>
      kubectl(
        "-n services get deploy opensearch-de -o jsonpath='{.spec.template.spec.volumes[*].name} {.spec.template.spec.containers[0].image}'",
      );
    const before = await volumes();
    const extra = { name: 'more', emptyDir: {} };
    const patch = JSON.stringify({ spec: { template: { spec: { volumes: [extra] } } } });
    await kubectl(`-n services patch deploy opensearch-de -p '${patch}'`);
    expect(await volumes()).toBe(before.replace(' registry', ' more registry'));
    await kubectl(`-n services patch deploy opensearch-de --type merge -p '${patch}'`);
    expect(await volumes()).toMatch(/^more registry/);
    await kubectl('-n services rollout undo deploy/opensearch-de');
    await kubectl('-n services rollout undo deploy/opensearch-de');
    expect(await volumes()).toBe(before);
    expect(await readFile(join(machine.state, 'told'), 'utf8')).toBe(
      'deploy services opensearch-de\n'.repeat(2),
    );
    const json = '[{"op":"replace","path":"/data/opensearch.yml","value":"new"}]';
    await kubectl(`-n services patch cm os-config --type=json -p '${json}'`);
    expect(await kubectl("-n services get cm os-config -o jsonpath='{.data.opensearch\\.yml}'")).toBe('new');
  });

  test('refuses to replace what somebody else has changed', async () => {
    const object = await kubectl('-n services get secret system-user-password -o json');
    const stale = object.replace('"name":', '"resourceVersion": "0", "name":');
    expect(await kubectl('replace -f -', stale)).toContain('Error from server (Conflict)');
    expect(await kubectl('replace -f -', object)).toBe('secret/system-user-password replaced\n');
    expect(await kubectl('create -f -', object)).toContain('(AlreadyExists)');
  });

  test('has pods follow their Deployment, and no exec without one', async () => {
    await kubectl('-n services scale deploy/opensearch-de --replicas=0');
    expect(await kubectl('-n services wait --for=delete pod -l app-name=opensearch --timeout=1s')).toContain(
      'condition met',
    );
    expect(await kubectl('-n services exec deploy/opensearch-de -- curl -s localhost:9200')).toContain('(1)');
    await kubectl('-n services scale deploy/opensearch-de --replicas=1');
    expect(await kubectl('-n services rollout status deploy/opensearch-de --timeout=1s')).toContain(
      'successfully rolled out',
    );
    expect(await kubectl('-n services exec deploy/opensearch-de -- curl -s localhost:9200')).toContain(
      '2.12.0',
    );
  });

  test('forwards a port for real, until it is ended', async () => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    await mkdir(join(machine.state, 'services/services'), { recursive: true });
    const { port } = server.address() as AddressInfo;
    await writeFile(join(machine.state, 'services/services/minio-service'), `127.0.0.1:${port}\n`);
    const child = spawn(
      join(machine.bin, 'microk8s.kubectl'),
      ['-n', 'services', 'port-forward', 'svc/minio-service', ':9000'],
      {
        env: machine.env,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    onTestFinished(() => end(child.pid!, 'SIGKILL'));
    const said = await new Promise<string>((done) => child.stdout.setEncoding('utf8').once('data', done));
    const local = /^Forwarding from 127\.0\.0\.1:(\d+) -> 9000/.exec(said)?.[1];
    const answer = await new Promise((done) =>
      execFile('/bin/bash', ['-c', `cat </dev/tcp/127.0.0.1/${local ?? ''}`], (_, stdout) => done(stdout)),
    );
    expect(answer).toBe('hello');
    expect(await kubectl('-n services port-forward svc/nothing :1')).toContain(
      'services "nothing" not found',
    );
  });

  test('refuses who is not in the group, and answers nobody while the cluster is down', async () => {
    await writeFile(join(machine.state, 'groups'), 'kaapana');
    expect(await kubectl('get ns')).toContain('Insufficient permissions');
    await writeFile(join(machine.state, 'groups'), 'kaapana microk8s');
    await writeFile(join(machine.state, 'cluster-down'), '');
    expect(await kubectl('get ns')).toContain('was refused');
  });
});
