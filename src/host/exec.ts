export interface Executed {
  /** Undefined when the program was ended by a signal or a timeout. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The program itself does not exist. */
  readonly missing: boolean;
  readonly timedOut: boolean;
}

export interface ExecOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Gets each line of stdout as it comes; then `stdout` is not collected. */
  readonly onLine?: (line: string) => void;
  /** Where stderr goes instead of being collected: for a program that leaves a child behind, which would hold a pipe open. */
  readonly stderrFile?: string;
}

/** Runs one program with an argument list, never through a shell. Resolves whatever becomes of it. */
export async function run(
  file: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<Executed> {
  const { input, timeoutMs, signal, onLine, stderrFile } = options;
  // Loaded with the first program that is run, as none is at start-up.
  const { execa } = await import('execa');
  const child = execa(file, args, {
    reject: false,
    cleanup: true,
    buffer: { stdout: !onLine, stderr: true },
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
    forceKillAfterDelay: 2000,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(signal ? { cancelSignal: signal, killSignal: 'SIGKILL' as const } : {}),
    ...(stderrFile === undefined ? {} : { stdout: 'ignore' as const, stderr: { file: stderrFile } }),
  });
  if (onLine) void readLines(child, onLine);
  const result = await child;
  return {
    exitCode: result.exitCode,
    stdout: text(result.stdout),
    stderr: text(result.stderr),
    missing: (result as { code?: string }).code === 'ENOENT',
    timedOut: result.timedOut,
  };
}

const text = (output: unknown): string => (typeof output === 'string' ? output : '');

async function readLines(child: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of child) onLine(String(line));
  } catch {
    // The end of the program is told by its result.
  }
}
