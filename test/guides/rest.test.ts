import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMachine } from '../rehearsal/machine';
import { markedProcesses } from '../rehearsal/processes';

const LIBRARIES = ['../../src/guides/lib.sh', '../../src/guides/lib/rest.sh'].map((name) =>
  join(import.meta.dirname, name),
);

/** A service that answers what a test wants, behind a pretended cluster. */
async function service(
  answer: (request: IncomingMessage, body: string) => [status: number, body: string] | undefined,
) {
  const machine = await createMachine({ snapshotBytes: 1000 });
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const [status, text] = answer(request, body) ?? [];
      if (status !== undefined) response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await machine.remove();
    server.closeAllConnections();
    server.close();
  });
  await mkdir(join(machine.state, 'services/admin'), { recursive: true });
  await writeFile(
    join(machine.state, 'services/admin/keycloak'),
    `127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  /** Runs bash with the libraries; what it prints, line by line. */
  const bash = (text: string): Promise<string[]> =>
    new Promise((resolve) => {
      const child = spawn('/bin/bash', ['-c', `. ${LIBRARIES.join('; . ')}; ${text}`], {
        env: { ...machine.env, KM_TIMEOUT: '8' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('close', () => resolve(output.trimEnd().split('\n')));
    });
  return { machine, bash };
}

const FORWARD = 'rest_forward admin keycloak 80 || { echo "$KM_WHY"; exit; };';

describe('over a forwarded port', () => {
  test('secrets reach the service whole, and never a command line', async () => {
    const secret = 'pä"ss\\wörd $HOME 100%\ttab';
    const lines: string[] = [];
    const seen: string[] = [];
    const { bash, machine } = await service((request, body) => {
      seen.push(new URLSearchParams(body).get('password') ?? '', String(request.headers.authorization));
      return [200, '{"token": 1}'];
    });
    await writeFile(join(machine.root, 'secret'), secret);
    await writeFile(join(machine.root, 'token'), 'token-1');
    const watch = setInterval(() => {
      void (async () => {
        for (const pid of await markedProcesses(machine.root))
          lines.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
      })();
    }, 5);
    const said = await bash(`${FORWARD}
      secret=$(<${machine.root}/secret)
      REST_SECRETS=$(rest_setting header "Authorization: Bearer $(tr a-z A-Z <${machine.root}/token)"; rest_setting data-urlencode "password=$secret")
      for _ in 1 2 3; do rest_local Keycloak POST "$REST_BASE/token"; done; echo "$REST_CODE $KM_OUT"`);
    clearInterval(watch);
    expect(said).toEqual(['200 {"token": 1}']);
    expect(seen.slice(0, 2)).toEqual([secret, 'Bearer TOKEN-1']);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toMatch(/wörd|TOKEN-1/);
  });

  test('a body comes from the standard input; the way is gone when the process ends', async () => {
    const { bash, machine } = await service((request, body) => [201, `${request.method ?? ''} ${body}`]);
    const said = await bash(`${FORWARD}
      rest_local Keycloak PUT "$REST_BASE/x" --data-binary @- < <(printf '{"a": 1}'); echo "$REST_CODE $KM_OUT"`);
    expect(said).toEqual(['201 PUT {"a": 1}']);
    expect(await markedProcesses(machine.root)).toEqual([]);
    expect(
      (await readdir(join(machine.root, 'home/kaapana'))).filter((name) => name.startsWith('tmp')),
    ).toEqual([]);
  });

  test('what goes wrong has a reason', async () => {
    const { bash, machine } = await service(({ url }) => {
      if (url === '/hang') return undefined;
      if (url === '/401') return [401, '{"error": "invalid_grant"}'];
      if (url === '/409') return [409, '{"errorMessage": "Role with name x already exists"}'];
      return [500, '<html>'];
    });
    const ask = (path: string) => `rest_local Keycloak GET "$REST_BASE${path}" || echo "$REST_CODE $KM_WHY";`;
    expect(
      await bash(`${FORWARD} ${ask('/401')} ${ask('/409')} ${ask('/500')} REST_SECONDS=1; ${ask('/hang')}`),
    ).toEqual([
      '401 Keycloak does not accept the login (401)',
      '409 Keycloak answers 409: Role with name x already exists',
      '500 Keycloak answers 500',
      ' Keycloak gave no answer within 1 seconds',
    ]);
    expect(await bash('rest_forward admin nobody 80 || echo "$KM_WHY"')).toEqual([
      expect.stringMatching(/^no way to the service nobody: .*not found/) as string,
    ]);
    expect(await bash('rest_local Keycloak GET http://127.0.0.1:1/ || echo "$KM_WHY"')).toEqual([
      'Keycloak cannot be reached',
    ]);
    await writeFile(join(machine.state, 'cluster-down'), '');
    expect(await bash(FORWARD)).toEqual([expect.stringMatching(/refused/) as string]);
    expect(await bash('KM_KUBECTL=\'\'; rest_forward admin keycloak 80 || echo "$KM_WHY"')).toEqual([
      'microk8s.kubectl was not found',
    ]);
  });
});

describe('inside a pod', () => {
  test('a command gets its input; one that does not exist, and one that hangs, are told', async () => {
    const { bash, machine } = await service(() => [200, '']);
    const exec = join(machine.state, 'exec/services');
    await mkdir(exec, { recursive: true });
    await writeFile(
      join(exec, 'pod'),
      '[[ $1 != mc ]] || { echo "exec failed: \\"mc\\": executable file not found in $PATH" >&2; exit 127; }\nexec "$@"\n',
    );
    await writeFile(join(exec, 'stuck'), 'exec sleep 60\n');
    const pod = 'rest_exec services deploy/pod box';
    expect(
      await bash(`${pod} cat < <(printf 'patient data'); echo "$KM_OUT"
        ${pod} bash -c 'exit 3' </dev/null || echo "$? [$KM_WHY]"
        ${pod} mc ls </dev/null || echo "$KM_WHY"
        rest_exec services deploy/gone '' cat </dev/null || echo "$KM_WHY"
        KM_TIMEOUT=1 REST_SECONDS=1; rest_exec services deploy/stuck '' cat </dev/null || echo "$KM_WHY"
        ${pod} cat </dev/null || echo "waited for once: $KM_WHY"`),
    ).toEqual([
      'patient data',
      '3 []',
      'the pod has no mc',
      expect.stringMatching(/^microk8s\.kubectl: .*deploy\/gone.* not found$/) as string,
      'microk8s.kubectl gave no answer within 1 seconds',
      'waited for once: microk8s.kubectl gave no answer within 1 seconds',
    ]);
  });
});
