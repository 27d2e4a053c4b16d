import { createServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { pipeline } from 'node:stream';
import { serve } from './loopback';
import type { Forward, HostPort } from './transport';

/**
 * Leads from a port of the loopback to a face that believes to be below a path and answers without it, as the platform's
 * ingress does for it.
 */
export function withoutPrefix(to: HostPort, prefix: string): Promise<Forward> {
  const upstream = ({ method, url = '/', headers }: IncomingMessage): RequestOptions => ({
    ...to,
    method,
    headers,
    agent: false,
    path: url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url,
  });
  const server = createServer((asked, answer) => {
    const outgoing = request(upstream(asked), (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      pipeline(got, answer, () => undefined);
    });
    outgoing.on('error', () => answer.destroy());
    pipeline(asked, outgoing, () => undefined);
  });
  // A page that is told of changes keeps a connection open.
  server.on('upgrade', (asked, socket, head) => {
    const outgoing = request(upstream(asked));
    outgoing.on('upgrade', (got, far, first) => {
      const lines = got.rawHeaders.flatMap((name, at, all) =>
        at % 2 === 0 ? [`${name}: ${all[at + 1] ?? ''}`] : [],
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(first);
      far.write(head);
      pipeline(far, socket, far, () => undefined);
    });
    outgoing.on('response', () => socket.destroy());
    outgoing.on('error', () => socket.destroy());
    socket.on('error', () => outgoing.destroy());
    outgoing.end();
  });
  return serve(server);
}
