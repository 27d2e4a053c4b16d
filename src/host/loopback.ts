import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Forward, HostPort } from './transport';

export const LOOPBACK = '127.0.0.1';
const PAUSE_MS = 100;

/** Listens on a free port of this machine's loopback. */
const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });

/** A port of this machine's loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody listens there; a no takes a moment, so that it can be asked in a loop. */
export const answers = ({ host, port }: HostPort): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, PAUSE_MS, false));
  });

const keepTrack = (open: Set<Socket>, socket: Socket): void => {
  open.add(socket);
  socket.on('close', () => open.delete(socket));
};

/** Opens a server on a free port of the loopback. Closing it ends what is open: what it took, and what else is named. */
export async function serve(server: Server, open = new Set<Socket>()): Promise<Forward> {
  server.on('connection', (socket: Socket) => keepTrack(open, socket));
  const port = await listen(server);
  return {
    host: LOOPBACK,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** A port of this machine's loopback that leads to a port elsewhere. */
export function relay(to: HostPort): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to.port, to.host);
    keepTrack(open, far);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.pipe(other);
      socket.on('error', () => other.destroy());
    }
  });
  return serve(server, open);
}
