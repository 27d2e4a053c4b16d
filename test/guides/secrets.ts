import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Stage } from './stage';

/** Lets every call of these tools leave its arguments and its environment behind, as `ps` would show them. */
export async function watchTools({ machine, env }: Stage, tools: readonly string[]): Promise<void> {
  const folder = join(machine.root, 'watched-tools');
  await mkdir(folder, { recursive: true });
  const record = `tr '\\0' '\\n' </proc/$$/cmdline; tr '\\0' '\\n' </proc/$$/environ`;
  for (const tool of tools) {
    const own = join(machine.bin, tool);
    await writeFile(
      join(folder, tool),
      `#!/bin/bash\n{ ${record}; } >>'${machine.state}/watched'\nexec '${existsSync(own) ? own : join('/usr/bin', tool)}' "$@"\n`,
      { mode: 0o755 },
    );
  }
  env['PATH'] = `${folder}:${env['PATH'] ?? ''}`;
}

/** Fails where a secret stands in what was printed, in arguments or environments of watched tools, or in a file of the user. */
export async function expectNoSecret(
  { machine }: Stage,
  secrets: readonly string[],
  ...printed: string[]
): Promise<void> {
  const watched = await readFile(join(machine.state, 'watched'), 'utf8');
  expect(watched).not.toBe('');
  const files = (await readdir(machine.home, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const kept = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
  const everything = [watched, ...kept, ...printed];
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets)
    expect(everything.filter((text) => text.includes(secret)).map((text) => text.slice(0, 300))).toEqual([]);
}
