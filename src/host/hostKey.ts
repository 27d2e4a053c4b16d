import { run } from './exec';

/** Settings of `ssh -G`: the first value of each keyword. */
const settingsOf = (output: string): Map<string, string> => {
  const settings = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [name = '', ...rest] = line.trim().split(' ');
    if (!settings.has(name)) settings.set(name, rest.join(' '));
  }
  return settings;
};

/** The name under which known_hosts lists a host. */
function listedAs(settings: ReadonlyMap<string, string>): string {
  const alias = settings.get('hostkeyalias') ?? 'none';
  if (alias !== 'none' && alias !== '') return alias;
  const [name = '', port = '22'] = [settings.get('hostname'), settings.get('port')];
  return port === '22' ? name : `[${name}]:${port}`;
}

/**
 * Fingerprints of the keys by which this machine's ssh knows a host, sorted, with spaces between. Empty where they
 * cannot be told, as without ssh-keygen: then ssh alone stands guard, as it always does.
 * @param ssh runs the OpenSSH client with the given arguments and the admin's own settings
 */
export async function knownFingerprints(
  ssh: (args: readonly string[]) => Promise<{ readonly stdout: string }>,
  host: string,
): Promise<string> {
  const settings = settingsOf((await ssh(['-G', host])).stdout);
  const files = ['userknownhostsfile', 'globalknownhostsfile'].flatMap(
    (name) => settings.get(name)?.split(' ') ?? [],
  );
  const found = await Promise.all(
    files
      .filter((file) => file !== '' && file !== 'none' && file !== '/dev/null')
      .map((file) => run('ssh-keygen', ['-l', '-F', listedAs(settings), '-f', file])),
  );
  const prints = found.flatMap(({ stdout }) => stdout.match(/SHA256:\S+/g) ?? []);
  return [...new Set(prints)].sort().join(' ');
}
