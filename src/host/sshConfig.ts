import { readFile } from 'node:fs/promises';

/**
 * The aliases that an ssh configuration names with `Host`, in its order. Patterns are left out, and files that it
 * includes are not followed: the list is a help for choosing, ssh itself reads the configuration.
 */
export function hostAliases(config: string): string[] {
  const names = config
    .split('\n')
    .map((line) => /^\s*Host(?:\s+|\s*=\s*)(.+?)\s*$/i.exec(line)?.[1])
    .flatMap((list) => list?.split(/\s+/) ?? [])
    .map((name) => name.replaceAll('"', ''))
    .filter((name) => name !== '' && !/[*?!]/.test(name));
  return [...new Set(names)];
}

/** The aliases of a configuration file; none where it cannot be read. */
export async function readHostAliases(file: string): Promise<string[]> {
  return hostAliases(await readFile(file, 'utf8').catch(() => ''));
}
