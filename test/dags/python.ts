import { spawnSync } from 'node:child_process';

/** The Python that results are checked with; the tests that need it say so when it is missing, and fail in CI. */
export const PYTHON = spawnSync('python3', ['--version']).status === 0 ? 'python3' : null;

/** Fails in CI, and says what is missing elsewhere. */
export function requirePython(): string | null {
  if (PYTHON) return PYTHON;
  const message =
    'python3 is not installed: results cannot be compiled. Install it (apt-get install python3).';
  if (process.env['CI']) throw new Error(message);
  console.warn(message);
  return null;
}

/** Runs a Python program with JSON on its stdin and JSON as its answer. */
export function runPython(program: string, input: unknown, args: readonly string[] = []): unknown {
  const run = spawnSync('python3', ['-c', program, ...args], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as unknown;
}

/** Compiles each text; answers the error of each that does not compile. */
export function compileErrors(texts: Readonly<Record<string, string>>): Record<string, string> {
  return runPython(
    `import json, sys
errors = {}
for name, text in json.load(sys.stdin).items():
    try:
        compile(text.lstrip("\\ufeff"), name, "exec")
    except (SyntaxError, ValueError) as error:
        errors[name] = str(error)
print(json.dumps(errors))`,
    texts,
  ) as Record<string, string>;
}
