import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecOptions, Executed } from '../../src/host/exec';
import { run } from '../../src/host/exec';
import { LocalTransport } from '../../src/host/local';

/** This machine as the host, with a home folder of the test's. */
export class HostHome extends LocalTransport {
  private constructor(readonly home: string) {
    super();
  }

  static async make(): Promise<HostHome> {
    return new HostHome(await mkdtemp(join(tmpdir(), 'km-home-')));
  }

  static at(home: string): HostHome {
    return new HostHome(home);
  }

  /** What the home folder's kubeconfig says from now on; undefined removes it. */
  async setKubeconfig(text: string | undefined): Promise<void> {
    const file = join(this.home, '.kube/config');
    await rm(file, { force: true });
    if (text === undefined) return;
    await mkdir(join(this.home, '.kube'), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
  }

  /** A program on the PATH. */
  async setProgram(name: string, text: string): Promise<void> {
    const file = join(this.home, 'bin', name);
    await mkdir(join(this.home, 'bin'), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
  }

  override exec(line: string, options?: ExecOptions): Promise<Executed> {
    const env = `HOME='${this.home}' PATH='${this.home}/bin':/usr/bin:/bin; export HOME PATH`;
    return run('/bin/sh', ['-c', `${env}\n${line}`], options);
  }

  remove(): Promise<void> {
    return rm(this.home, { recursive: true, force: true });
  }
}
