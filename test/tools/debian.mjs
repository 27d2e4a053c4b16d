import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { NotPrepared } from './prepare.mjs';
import { mustRun, which } from './run.mjs';

const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/** The Debian mirror that this machine's own apt uses. */
export function debianMirror() {
  const sites = execFileSync('apt-get', ['indextargets', '--format', '$(SITE)'], { encoding: 'utf8' }).split(
    '\n',
  );
  const mirror = sites.find((site) => site !== '' && !site.includes('security'));
  if (mirror === undefined) throw new Error('apt names no Debian mirror: see /etc/apt/sources.list.');
  return mirror.replace(/\/$/, '');
}

/** Fetches one program each out of packages of a Debian release, and installs nothing. */
export async function fetchDebianPrograms(suite, programs, folder) {
  const architecture = ARCHITECTURES[process.arch];
  if (!architecture || !which('dpkg-deb'))
    throw new NotPrepared(`Tests need programs of Debian's, for ${process.arch} not known here.`);
  const mirror = debianMirror();
  const index = gunzipSync(
    await download(`${mirror}/dists/${suite}/main/binary-${architecture}/Packages.gz`),
  ).toString();
  for (const { name, program, as } of programs) {
    const entry = index.split('\n\n').find((each) => each.startsWith(`Package: ${name}\n`)) ?? '';
    const field = (title) => new RegExp(`^${title}: (.*)$`, 'm').exec(entry)?.[1];
    const content = await download(`${mirror}/${field('Filename')}`);
    if (createHash('sha256').update(content).digest('hex') !== field('SHA256'))
      throw new Error(`What was fetched as ${name} is not what Debian's index says.`);
    const file = join(folder, `${name}.deb`);
    const unpacked = join(folder, `${name}.unpacked`);
    writeFileSync(file, content);
    await mustRun('dpkg-deb', ['-x', file, unpacked]);
    copyFileSync(join(unpacked, program), join(folder, as));
    rmSync(file);
    rmSync(unpacked, { recursive: true });
  }
}

async function download(url) {
  const answer = await globalThis.fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}.`);
  return Buffer.from(await answer.arrayBuffer());
}
