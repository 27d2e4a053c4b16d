import type { ExecOptions, Executed } from './exec';

/** A program with its arguments, as a terminal starts it. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** A port as seen from the host. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where on this machine a port of the host is reached, until `close`. */
export interface Forward extends HostPort {
  close(): Promise<void>;
}

/**
 * A way to the Kaapana host. A line is text for the host's `sh`, whatever the account's login shell is; every word of it
 * that is not fixed text has gone through `quote`.
 */
export interface Transport {
  /** The host as the admin knows it. */
  readonly label: string;
  /** Fingerprints by which this machine knows the host, between spaces; empty before `connect`, and on the host itself. */
  readonly hostKey: string;
  /** Opens the way without asking anybody anything. */
  connect(signal?: AbortSignal): Promise<void>;
  /** What a visible terminal runs so that a person can log in; undefined where nobody has to. */
  readonly login: Program | undefined;
  exec(line: string, options?: ExecOptions): Promise<Executed>;
  /** What a visible terminal runs to show a line's output and hand it the keyboard. */
  terminal(line: string): Program;
  /**
   * Opens a way for TCP connections to a port that the host can reach. Whether the port answers is not looked at.
   * @throws HostProblem where the way cannot be opened
   */
  forward(to: HostPort): Promise<Forward>;
  /** Closes a shared connection, if there is one. */
  disconnect(): Promise<void>;
}
