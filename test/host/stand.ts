import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Runner, StartRequest } from '../../src/host/runner';
import type { SshTransport } from '../../src/host/ssh';
import { isActive, type RunStatus, type StepStatus } from '../../src/migration/run';
import { startRehearsalHost, type RehearsalHost, type RehearsalOptions } from '../rehearsal/host';
import { guideRunning, look, runnerOver, sshTo, startRequest, until } from './connect';

export type Work = ReturnType<typeof guideRunning>;
type Seen = StepStatus & { run: RunStatus };

/** A rehearsal host with a connection and a runner, for all tests of a file; its state is emptied before each. */
export class Stand {
  host!: RehearsalHost;
  transport!: SshTransport;
  runner!: Runner;

  /** Registers what sets the stand up and takes it down again. */
  static forThisFile(options: RehearsalOptions = {}): Stand {
    const stand = new Stand();
    beforeAll(async () => {
      stand.host = await startRehearsalHost(options);
      stand.transport = await sshTo(stand.host);
      await stand.transport.connect();
    });
    afterAll(async () => {
      await stand.transport.disconnect();
      await stand.host.stop();
    });
    beforeEach(async () => {
      await stand.wipe();
      stand.runner = runnerOver(stand.transport);
    });
    return stand;
  }

  /** Forgets every run. */
  async wipe(): Promise<void> {
    // A job that is just ending may still write there.
    await rm(this.state(), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    for (const left of ['result', '.bashrc', 'count', 'go'])
      await rm(join(this.host.home, left), { force: true });
  }

  state(...path: string[]): string {
    return join(this.host.home, '.local/state/kaapana-migration', ...path);
  }

  folder(attempt: number): string {
    return this.state('runs/1.0-to-2.0/steps/work', String(attempt));
  }

  journal(): Promise<string> {
    return readFile(this.state('runs/1.0-to-2.0/journal.jsonl'), 'utf8');
  }

  log(attempt = 1): Promise<string> {
    return readFile(join(this.folder(attempt), 'out.log'), 'utf8').catch(() => '');
  }

  start(work: Work, over: Partial<StartRequest> = {}): Promise<number> {
    return this.runner.start(startRequest(work, over));
  }

  look(work: Work): Promise<Seen> {
    return look(this.runner, work);
  }

  /** Waits until the step's attempts have all ended, and returns what the host then says. */
  ended(work: Work): Promise<Seen> {
    return until(
      () => this.look(work),
      ({ state, attempts }) => attempts.length > 0 && !isActive(state),
    );
  }

  /** Waits until an attempt's screen shows a text. */
  async shows(text: string, attempt = 1): Promise<void> {
    await until(
      () => this.log(attempt),
      (log) => log.includes(text),
    );
  }

  /** Lets a step go on that waits for it. */
  release(): Promise<void> {
    return writeFile(join(this.host.home, 'go'), '');
  }

  /** Types at an attempt's keyboard. */
  type(text: string, attempt = 1): Promise<void> {
    return appendFile(join(this.folder(attempt), 'in.fifo'), text);
  }
}

/** The part of a step that lasts until `Stand.release`. */
export const UNTIL_RELEASED = 'until [ -e "$HOME/go" ]; do sleep 0.1; done';

/** A step that writes a line for each time it runs: twice started is seen. */
export const COUNTED = 'echo once >>"$HOME/count"; touch "$HOME/result"';
