import { execFileSync } from 'node:child_process';

/** The Debian mirror that this machine's own apt uses. */
export function debianMirror() {
  const sites = execFileSync('apt-get', ['indextargets', '--format', '$(SITE)'], { encoding: 'utf8' }).split(
    '\n',
  );
  const mirror = sites.find((site) => site !== '' && !site.includes('security'));
  if (mirror === undefined) throw new Error('apt names no Debian mirror: see /etc/apt/sources.list.');
  return mirror.replace(/\/$/, '');
}
