import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What containers write, in the files of a container runtime: kwok reads them as a kubelet does. One for all containers. */
export class ContainerLog {
  constructor(private readonly folder: string) {}

  get files(): { readonly now: string; readonly before: string } {
    return { now: join(this.folder, 'container.log'), before: join(this.folder, 'container-before.log') };
  }

  /** kwok's settings that name the files. */
  get settings(): object {
    const { now, before } = this.files;
    return {
      ...{ apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'ClusterLogs', metadata: { name: 'logs' } },
      spec: { logs: [{ logsFile: now, previousLogsFile: before, follow: true }] },
    };
  }

  async begin(): Promise<void> {
    const { now, before } = this.files;
    await writeFile(now, '', { flag: 'a' });
    await writeFile(before, '', { flag: 'a' });
  }

  say(...lines: readonly string[]): Promise<void> {
    return appendFile(this.files.now, inRuntimesWords(lines));
  }

  /** What the container said before it was restarted. */
  saidBefore(...lines: readonly string[]): Promise<void> {
    return appendFile(this.files.before, inRuntimesWords(lines));
  }

  /** A log that has become long goes on in a new file. */
  async rotate(): Promise<void> {
    const { now } = this.files;
    await rename(now, `${now}.${Date.now()}`);
    await writeFile(now, '');
  }
}

const inRuntimesWords = (lines: readonly string[]): string =>
  lines.map((line) => `${new Date().toISOString().replace('Z', '000000Z')} stdout F ${line}\n`).join('');
