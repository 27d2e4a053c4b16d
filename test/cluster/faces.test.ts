import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished } from 'vitest';
import type { WebFace } from '../../src/platform/types';
import { follow, isLive, type Followed } from './follow';
import { namespace } from './objects';
import type { KubeBody } from './server';
import { Stand } from './stand';

const stand = Stand.forThisFile();

const SPACE = 'faces';
let last = 0;

/** A service with a server behind it, or none; and the cluster from which it is opened. */
async function faced(at: Stand, answer?: RequestListener): Promise<Followed & { readonly face: WebFace }> {
  last += 1;
  const [address, name] = [`127.96.1.${last}`, `face-${last}`];
  const server = createServer(answer);
  server.on('upgrade', (asked, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
    socket.write(`${asked.url ?? ''} `);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => server.close();
  if (answer) onTestFinished(() => void close());
  else await new Promise((resolve) => server.close(resolve));
  if (last === 1) await at.cluster.create(namespace(SPACE));
  await at.cluster.create({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: SPACE, name } },
    spec: { clusterIP: address, ports: [{ name: 'console', port }] },
  } as KubeBody);
  const followed = follow(at.host);
  await followed.until(isLive);
  const service = { namespace: SPACE, name };
  return { ...followed, face: { id: name, title: 'MinIO console', path: '/login', service, port } };
}

const textAt = async (url: string) => (await fetch(url, { headers: { connection: 'close' } })).text();

describe('a web face', () => {
  stand.test('is opened behind its service', async (at) => {
    const { cluster, face } = await faced(at, (asked, answer) =>
      answer.end(`you asked for ${asked.url ?? ''}`),
    );
    expect(cluster.inUse).toBe(false);
    const opening = cluster.forward(face);
    expect(cluster.inUse).toBe(true);
    const opened = await opening;
    expect(cluster.inUse).toBe(true);
    expect(opened.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login$/);
    expect(opened.leadsTo).toBeUndefined();
    expect(await textAt(opened.url)).toBe('you asked for /login');
    opened.close();
    expect(cluster.inUse).toBe(false);
    await expect(cluster.forward({ ...face, port: 1 })).rejects.toThrow(/no port 1/);
    const gone = { ...face, service: { namespace: SPACE, name: 'gone' } };
    await expect(cluster.forward(gone)).rejects.toThrow(/the service gone is not there/);
    expect(cluster.inUse).toBe(false);
  });

  stand.test('that sends its visitors to the address of the platform is told from others', async (at) => {
    const { cluster, face } = await faced(at, (asked, answer) => {
      const location = asked.url === '/login' ? '/next' : 'https://kaapana.example:8443/auth/realms/kaapana';
      answer.writeHead(302, { location }).end();
    });
    const opened = await cluster.forward(face);
    expect(opened.leadsTo).toBe('https://kaapana.example:8443');
    opened.close();
  });

  stand.test('that leads in a circle is opened all the same', async (at) => {
    const { cluster, face } = await faced(at, (_, answer) =>
      answer.writeHead(302, { location: '/login' }).end(),
    );
    const opened = await cluster.forward(face);
    expect(opened.leadsTo).toBeUndefined();
    opened.close();
  });

  stand.test('behind which nothing listens is not opened', async (at) => {
    const { cluster, face } = await faced(at);
    await expect(cluster.forward(face)).rejects.toThrow(/MinIO console gives no answer/);
  });

  stand.test('that believes to be below a path is served as the ingress does', async (at) => {
    const { cluster, face } = await faced(at, (asked, answer) => {
      let body = '';
      asked.on('data', (part) => (body += String(part)));
      asked.on('end', () => answer.end(`${asked.method ?? ''} ${asked.url ?? ''} ${body}`.trim()));
    });
    const opened = await cluster.forward({ ...face, path: '/minio-console/', prefix: '/minio-console' });
    const { origin, port } = new URL(opened.url);
    expect(await textAt(opened.url)).toBe('GET /');
    expect(await textAt(`${origin}/minio-console/static/a.js?v=1`)).toBe('GET /static/a.js?v=1');
    expect(await textAt(`${origin}/minio-consoles`)).toBe('GET /minio-consoles');
    const said = await fetch(`${origin}/minio-console/api/v1/login`, {
      ...{ method: 'POST', body: '{"accessKey":"a"}' },
      headers: { connection: 'close' },
    });
    expect(await said.text()).toBe('POST /api/v1/login {"accessKey":"a"}');

    const heard = await new Promise<string>((resolve, reject) => {
      const headers = { connection: 'upgrade', upgrade: 'echo' };
      const asked = request({ port, path: '/minio-console/ws/objects', headers });
      asked.on('error', reject);
      asked.on('upgrade', (_, socket, head) => {
        let text = String(head);
        socket.on('data', (part) => {
          text += String(part);
          if (text.includes('hello')) resolve(text);
        });
        socket.write('hello');
      });
      asked.end();
    });
    expect(heard).toBe('/ws/objects hello');
    opened.close();
  });
});
