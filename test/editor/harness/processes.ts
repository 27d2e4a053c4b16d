import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const MARK = 'KM_TEST_PROCESS';

/** A process with all its descendants, to be ended together. */
export interface ProcessTree {
  readonly child: ChildProcess;
  /** What it has written so far, both streams. */
  output(): string;
  /** Waits until the output matches; fails with the output when the process ends first or nothing comes. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Ends everything that came from it, also what moved to a session of its own, and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a process in its own group. Every descendant inherits a mark in its environment, by which it is found again:
 * terminals and detached jobs leave the group.
 */
export function startTree(
  command: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): ProcessTree {
  const mark = randomUUID();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...options.env, [MARK]: mark },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const changed = new Set<() => void>();
  const wake = () => [...changed].forEach((listener) => listener());
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    wake();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  let ended: string | undefined;
  child.on('error', (error) => {
    ended = error.message;
    wake();
  });
  child.on('exit', (code, signal) => {
    ended = `ended with ${code ?? signal ?? 'nothing'}`;
    wake();
  });
  const forget = beforeExit(() => signalMarked(mark, 'SIGKILL'));

  return {
    child,
    output: () => output,
    waitForOutput(pattern, timeoutMs = 30_000) {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          changed.delete(look);
          settle();
        };
        const fail = (why: string) => finish(() => reject(new Error(`${command} ${why}:\n${output}`)));
        const timer = setTimeout(() => fail(`did not print ${pattern.source} in ${timeoutMs} ms`), timeoutMs);
        const look = () => {
          const match = pattern.exec(output);
          if (match) finish(() => resolve(match));
          else if (ended !== undefined) fail(ended);
        };
        changed.add(look);
        look();
      });
    },
    async stop() {
      const deadline = Date.now() + 5_000;
      for (let signal: NodeJS.Signals = 'SIGTERM'; signalMarked(mark, signal) > 0;) {
        if (Date.now() > deadline) signal = 'SIGKILL';
        await sleep(50);
      }
      forget();
    },
  };
}

const endings = new Set<() => void>();

/** Does something synchronous even when this process is interrupted; answers how to call that off. */
export function beforeExit(ending: () => void): () => void {
  if (endings.size === 0) {
    process.on('exit', runEndings);
    for (const signal of SIGNALS) process.on(signal, runEndingsAndExit);
  }
  endings.add(ending);
  return () => {
    endings.delete(ending);
    if (endings.size > 0) return;
    process.off('exit', runEndings);
    for (const signal of SIGNALS) process.off(signal, runEndingsAndExit);
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function runEndings(): void {
  for (const ending of [...endings].reverse()) ending();
}

/** Ends this process, unless somebody else has taken care of the signal: they have an orderly way. */
function runEndingsAndExit(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) process.exit(1);
}

/** Signals every process that carries the mark, in its own or an inherited environment; answers how many there are. */
function signalMarked(mark: string, signal: NodeJS.Signals): number {
  const marked = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environment(pid).includes(`${MARK}=${mark}`));
  for (const pid of marked) {
    try {
      process.kill(Number(pid), signal);
    } catch {
      // Ended between being listed and being signalled.
    }
  }
  return marked.length;
}

/** A process's environment; empty for a process that is gone, a zombie or someone else's. */
function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
