import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Runner } from '../../src/host/runner';
import type { SshTransport } from '../../src/host/ssh';
import { guideRunning, runnerOver, sshTo, startRequest, until } from '../host/connect';
import { startRehearsalHost, type RehearsalHost } from '../rehearsal/host';

/** A step without work, whose check answers at once: what is left is ours. */
export const TRIVIAL = guideRunning(':', `echo '{"status":"done","evidence":"The result is there."}'`);

/** A run with one attempt of the trivial step, which every bench finds on the host. */
export const SMALL = 'small';

/** A rehearsal host with a shared connection, and what its measurements have in common. */
export class HostBench {
  private constructor(
    readonly host: RehearsalHost,
    readonly transport: SshTransport,
    readonly runner: Runner,
  ) {}

  static async open(): Promise<HostBench> {
    const host = await startRehearsalHost({ platform: false });
    const transport = await sshTo(host);
    const bench = new HostBench(host, transport, runnerOver(transport));
    try {
      await transport.connect();
      await bench.start(SMALL);
      await bench.ended(SMALL);
      return bench;
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.transport.disconnect();
    await this.host.stop();
  }

  runFolder(run: string): string {
    return join(this.host.home, '.local/state/kaapana-migration/runs', run);
  }

  attemptFolder(run: string): string {
    return join(this.runFolder(run), 'steps/work/1');
  }

  /** The yardstick of a call: the same ssh over the same socket, with nothing to do. */
  readonly bare = async (): Promise<void> => {
    const { exitCode } = await this.transport.exec('true');
    if (exitCode !== 0) throw new Error('The rehearsal host does not answer.');
  };

  /** A line's output taken and thrown away: more than an ordinary call collects. */
  async drain(line: string): Promise<void> {
    await execa('ssh', ['-F', this.host.sshConfigFile, this.host.alias, line], {
      stdin: 'ignore',
      buffer: false,
    });
  }

  /** Starts a step as the first attempt of a run of its own. */
  async start(run: string, { guide, command } = TRIVIAL): Promise<void> {
    await this.runner.start(startRequest({ guide, command }, { run }));
  }

  async ended(run: string): Promise<void> {
    await until(
      () => Promise.resolve(existsSync(join(this.attemptFolder(run), 'closed'))),
      (closed) => closed,
    );
  }
}
