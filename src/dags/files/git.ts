import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readIgnoreFile, type IgnoreFile } from './ignore-rules';

/**
 * What git leaves out in a repository beside its `.gitignore` files, the weakest first: the list of the user
 * (`core.excludesFile`) and the one of the clone (`info/exclude`). `top` ends in `/`.
 */
export function repositoryExcludes(top: string): IgnoreFile[] {
  const common = commonFolder(join(top, '.git'));
  const paths = [userExcludes(join(common, 'config')), join(common, 'info/exclude')];
  return paths.flatMap((path) => {
    const text = read(path);
    return text === null ? [] : [readIgnoreFile(top, text)];
  });
}

/** Where a repository keeps what all its working trees share. In a working tree of its own, `.git` is a file. */
function commonFolder(git: string): string {
  if (statSync(git, { throwIfNoEntry: false })?.isFile() !== true) return git;
  const own = /^gitdir:\s*(.*?)\s*$/m.exec(read(git) ?? '')?.[1];
  if (own === undefined) return git;
  const folder = resolve(git, '..', own);
  return resolve(folder, (read(join(folder, 'commondir')) ?? '').trim());
}

/** The user's list: what the last configuration says that names one, else the default place. */
function userExcludes(repositoryConfig: string): string {
  const { env } = process;
  const personal = env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  const configs = [
    ...(env['GIT_CONFIG_NOSYSTEM'] ? [] : [env['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig']),
    ...(env['GIT_CONFIG_GLOBAL'] === undefined
      ? [join(personal, 'git/config'), join(homedir(), '.gitconfig')]
      : [env['GIT_CONFIG_GLOBAL']]),
    repositoryConfig,
  ];
  const named = configs.flatMap((path) => namedIn(read(path) ?? '')).at(-1);
  return named === undefined
    ? join(personal, 'git/ignore')
    : resolve(homedir(), named.replace(/^~(?=\/|$)/, homedir()));
}

/** The values of `core.excludesFile` in a configuration. */
function namedIn(config: string): string[] {
  const found: string[] = [];
  let section = '';
  for (const line of config.split(/\r?\n/)) {
    const head = /^\s*\[\s*([\w.-]+)\s*\]/.exec(line);
    if (head) section = (head[1] ?? '').toLowerCase();
    const value = /(?:^|\])\s*excludesfile\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^#;]*?))\s*(?:[#;].*)?$/i.exec(
      line,
    );
    if (value && section === 'core') found.push((value[1] ?? value[2] ?? '').replace(/\\(.)/g, '$1'));
  }
  return found;
}

function read(path: string): string | null {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}
