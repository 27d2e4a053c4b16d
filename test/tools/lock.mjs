import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './run.mjs';

/**
 * Does the work while no other process on this machine does work of the same name. The lock is a socket name the
 * kernel forgets with the process that holds it, so it is never left behind.
 */
export async function alone(name, work) {
  for (let told = false; ; told = true) {
    const server = createServer();
    const held = await new Promise((resolve, reject) => {
      server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      server.listen(`\0kaapana-migration:${name}`, () => resolve(true));
    });
    if (held) return Promise.resolve(work()).finally(() => server.close());
    if (!told) say(`Waiting for another process that works on ${name}.`);
    await sleep(500);
  }
}
