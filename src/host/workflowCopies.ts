import * as l10n from '@vscode/l10n';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../migration/hash';
import { isInnerName, type Replacement, type WorkflowFile } from '../migration/workflowFiles';

/** By name, the SHA-256 of what each copy was on the host. */
type Origins = Readonly<Record<string, string>>;

export interface Taken {
  readonly path: string;
  /** Where the person's own text went, because the file has become another one on the host meanwhile. */
  readonly setAside?: string;
}

export interface Changed extends Replacement {
  readonly path: string;
  /** A file with what was there before. */
  readonly original: string;
  readonly content: Buffer;
}

const contentOf = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  });

/** Writes a file whole or not at all. */
async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

/** The name of a host as the name of a folder, on every system. */
export const folderName = (host: string): string =>
  encodeURIComponent(host).replaceAll('*', '%2A').replace(/^\.+/, '_');

/** Copies of a host's workflow files in a folder of this machine, with what each of them was on the host. */
export class WorkflowCopies {
  /** @param host the host as the admin knows it */
  constructor(
    readonly folder: string,
    private readonly host: string,
  ) {}

  private hidden(...path: string[]): string {
    return join(this.folder, '.origin', ...path);
  }

  private async origins(): Promise<Origins> {
    const text = await contentOf(this.hidden('files.json'));
    return text ? (JSON.parse(text.toString('utf8')) as Origins) : {};
  }

  /**
   * Takes a file over as it is on the host. What a person has changed here is never overwritten: it stays as it is while the
   * host's file is the one that they began with, and is set aside under another name where it is not.
   */
  async take(
    { name, sha256: origin }: WorkflowFile,
    read: (sha256: string) => Promise<Buffer>,
  ): Promise<Taken> {
    if (origin === undefined || !isInnerName(name))
      throw new RangeError(l10n.t`There is no copy of ${name}.`);
    const path = join(this.folder, name);
    const origins = await this.origins();
    const here = await contentOf(path);
    const changed = here !== undefined && sha256(here) !== origins[name] && sha256(here) !== origin;
    if (changed && origins[name] === origin) return { path };
    const content = await read(origin);
    if (sha256(content) !== origin) throw new RangeError(l10n.t`The copy of ${name} did not arrive whole.`);
    const setAside = changed
      ? `${path}.${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}.yours`
      : undefined;
    if (setAside !== undefined) await rename(path, setAside);
    await write(this.hidden(origin), content);
    await write(path, content);
    await write(this.hidden('files.json'), JSON.stringify({ ...origins, [name]: origin }, null, 2));
    await write(join(this.folder, 'README.txt'), this.readme());
    return { path, ...(setAside === undefined ? {} : { setAside }) };
  }

  /** Copies that are not what they were on the host. */
  async changed(): Promise<Changed[]> {
    const found: Changed[] = [];
    for (const [name, before] of Object.entries(await this.origins())) {
      const path = join(this.folder, name);
      const content = await contentOf(path);
      const after = content && sha256(content);
      if (content && after !== undefined && after !== before)
        found.push({ name, before, after, path, content, original: this.hidden(before) });
    }
    return found;
  }

  private readme(): string {
    return l10n.t`These are copies of workflow files of the Kaapana host ${this.host}.

Changing them here changes nothing on the host. When they are right, use the command
"Kaapana Migration: Save Workflow Files to the Host…": a step replaces the files on the host, keeps the
originals, and refuses where somebody has changed a file there meanwhile.

The folder .origin holds the files as they were on the host.
`;
  }
}

/** The first of these folders in which this very file can be changed; undefined where there is none. */
export async function realFile(
  folders: readonly string[],
  { name, sha256: origin }: WorkflowFile,
): Promise<string | undefined> {
  if (origin === undefined) return undefined;
  for (const folder of folders) {
    const path = join(folder, name);
    const content = await readFile(path).catch(() => undefined);
    const writable = await access(path, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (content && writable && sha256(content) === origin) return path;
  }
  return undefined;
}

/** Whether this program runs on the machine whose boot id this is: also in a container there. */
export const isThisMachine = async (boot: string): Promise<boolean> =>
  boot !== '' && boot === (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
