import { hostname } from 'node:os';
import { run, type ExecOptions, type Executed } from './exec';
import type { Forward, HostPort, Program, Transport } from './transport';

/** The editor runs on the Kaapana host itself. */
export class LocalTransport implements Transport {
  readonly label = hostname();
  readonly login = undefined;
  readonly hostKey = '';

  connect(): Promise<void> {
    return Promise.resolve();
  }

  exec(line: string, options?: ExecOptions): Promise<Executed> {
    return run('/bin/sh', ['-c', line], options);
  }

  terminal(line: string): Program {
    return { file: '/bin/sh', args: ['-c', line] };
  }

  /** Nothing stands between. */
  forward(to: HostPort): Promise<Forward> {
    return Promise.resolve({ ...to, close: () => Promise.resolve() });
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
  }
}
