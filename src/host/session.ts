import type { Guide } from '../migration/guide';
import { EMPTY_SNAPSHOT, foldRun, type RunStatus, type Snapshot } from '../migration/run';
import { pause } from './pause';
import { HostProblem } from './problem';
import type { Runner } from './runner';
import type { Transport } from './transport';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  /** Was connected; tries again by itself. */
  | { readonly state: 'lost'; readonly problem: HostProblem; readonly since: Date }
  /** Needs a person. */
  | { readonly state: 'failed'; readonly problem: HostProblem };

/** Pauses between attempts to reconnect, in milliseconds; the last one repeats. */
const RETRY_MS = [500, 1000, 2000, 5000, 10_000, 30_000];

/** Problems that pass by themselves; the others wait for a person. */
const PASSING: readonly HostProblem['reason'][] = ['connection-lost', 'unreachable', 'unknown-host'];

const asProblem = (error: unknown): HostProblem =>
  error instanceof HostProblem
    ? error
    : new HostProblem('unreadable', error instanceof Error ? error.message : String(error));

/**
 * One guide on one host: the connection and, while it stands, the live state of the run. It holds a cache only; the
 * truth is on the host.
 */
export class Session {
  private abort: AbortController | undefined;
  private readonly listeners = new Set<() => void>();
  private seen: Snapshot | undefined;
  private current: Connection = { state: 'connecting' };
  private status: RunStatus;

  constructor(
    readonly guide: Guide,
    readonly transport: Transport,
    readonly runner: Runner,
  ) {
    this.status = foldRun(guide, EMPTY_SNAPSHOT);
  }

  get connection(): Connection {
    return this.current;
  }

  /** The newest state that was seen; empty until the first look. */
  get run(): RunStatus {
    return this.status;
  }

  /** The newest look at the host, for what a report needs beyond `run`. */
  get snapshot(): Snapshot {
    return this.seen ?? EMPTY_SNAPSHOT;
  }

  /** Whether the host has been seen since this editor started. */
  get known(): boolean {
    return this.seen !== undefined;
  }

  /** Calls the listener after each change; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Connects and follows the run until `stop`. Asks nobody anything: where a person is needed, the connection has failed. */
  start(): void {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    void this.follow(abort.signal);
  }

  stop(): void {
    this.abort?.abort();
    this.abort = undefined;
    this.listeners.clear();
  }

  /** Looks at the host once, now. Where following had failed, it begins again: what is shown as connected is followed. */
  async refresh(): Promise<RunStatus> {
    const snapshot = await this.runner.status(this.guide.id);
    if (this.abort && this.current.state === 'failed') this.start();
    this.take(snapshot);
    return this.status;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    if (this.current.state !== 'lost') this.set({ state: 'connecting' }, signal);
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.transport.connect(signal);
        await this.runner.watch(
          this.guide.id,
          (snapshot) => {
            failures = 0;
            if (!signal.aborted) this.take(snapshot);
          },
          signal,
        );
      } catch (error) {
        const problem = asProblem(error);
        const passing =
          PASSING.includes(problem.reason) &&
          (this.seen !== undefined || problem.reason === 'connection-lost');
        if (!passing) {
          this.set({ state: 'failed', problem }, signal);
          return;
        }
        this.set(
          { state: 'lost', problem, since: this.current.state === 'lost' ? this.current.since : new Date() },
          signal,
        );
        await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0, signal);
      }
    }
  }

  private take(snapshot: Snapshot): void {
    this.seen = snapshot;
    this.status = foldRun(this.guide, snapshot);
    this.current = { state: 'connected' };
    this.tell();
    if (hasUncollected(snapshot)) void this.runner.collect(this.guide.id).catch(() => undefined);
  }

  private set(connection: Connection, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.current = connection;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** An attempt has ended on the host, yet its journal does not say so: its job was killed. */
function hasUncollected({ journal, live }: Snapshot): boolean {
  const finished = new Set(
    journal.records.flatMap((record) =>
      record.type === 'finished' ? [`${record.step}/${record.attempt}`] : [],
    ),
  );
  return live.some(
    ({ step, attempt, alive, began }) => began && !alive && !finished.has(`${step}/${attempt}`),
  );
}
