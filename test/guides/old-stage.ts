import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGuide } from '../../src/build/guides';
import { composeDetection } from '../../src/migration/command';
import type { Guide } from '../../src/migration/guide';
import { describeProblem } from '../../src/migration/loadGuide';
import { createMachine, type Machine, type MachineOptions } from '../rehearsal/machine';
import { deploy013, SERIES } from '../rehearsal/kaapana-0.1/flavour';
import { putObject } from '../rehearsal/platform';
import { makeCertificate } from '../tools/certificate';
import { execute } from './stage';
import { stepsOn, type Steps } from './steps';

export const OLD_GUIDE = '0.1.3-to-0.2.2';
const KAAPANA = join(import.meta.dirname, '../rehearsal/kaapana-0.1');
export { SERIES };

/** The guide under test; one with mistakes ends the test with all of them. */
export async function oldGuide(): Promise<Guide> {
  const loaded = await readGuide(OLD_GUIDE);
  if ('problems' in loaded) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.guide;
}

export interface OldOptions extends MachineOptions {
  /** Whether both data folders are one. */
  readonly oneFolder?: boolean;
  /** Name of the data folder below the machine's root. */
  readonly folder?: string;
}

/** A machine with 0.1.3 on it. Its steps share what they keep. */
export interface OldStage extends Steps {
  readonly machine: Machine;
  readonly fast: string;
  readonly slow: string;
  readonly backup: string;
  readonly env: Record<string, string>;
  readonly values: Record<string, string>;
  readonly state: (name: string) => string;
  readonly kept: (name: string) => string;
  readonly script: (name: 'old' | 'new') => string;
  readonly detect: (...names: string[]) => Promise<string>;
}

/** Sets a machine with 0.1.3 up. Whoever calls it removes the machine. */
export async function oldStage(options: OldOptions = {}): Promise<OldStage> {
  const guide = await oldGuide();
  const machine = await createMachine({ ...options, platform: false, scripts: [], snapshotBytes: 1000 });
  const fast = join(machine.root, options.folder ?? 'data/fast');
  const slow = (options.oneFolder ?? true) ? fast : join(machine.root, 'data/slow');
  await deploy013(machine, { fast, slow });
  const backup = join(machine.backupDisk, 'km');
  const values = {
    FAST_DATA_DIR: fast,
    SLOW_DATA_DIR: slow,
    BACKUP_DIR: backup,
    SCRIPTS_DIR: join(machine.home, 'kaapana'),
  };
  const kept = join(machine.root, 'run/kept');
  await mkdir(kept, { recursive: true });
  const env: Record<string, string> = {
    ...machine.env,
    KM_POLL: '0.05',
    KM_PATIENCE: '20',
    KM_KEPT: kept,
    KM_PROGRESS: join(machine.root, 'run/progress'),
  };
  const steps = stepsOn({ guide, values, folder: join(machine.root, 'run'), env, home: machine.home });
  return {
    ...steps,
    machine,
    fast,
    slow,
    backup,
    env,
    values,
    state: (name) => join(machine.state, name),
    kept: (name) => join(kept, name),
    script: (name) =>
      join(machine.home, 'kaapana', name === 'old' ? 'deploy_platform.sh' : 'new platform.sh'),
    detect: async (...names) => {
      const path = join(machine.root, 'run/detect.sh');
      await writeFile(path, composeDetection(guide).text);
      return (await execute('/bin/bash', [path, ...names], env, machine.home)).output;
    },
  };
}

/** The host was restarted. */
export const restart = (at: OldStage) =>
  writeFile(join(at.machine.root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`);

/** Puts a certificate of its own into the cluster. */
export async function installCertificate(at: OldStage, name = 'pacs01.clinic.example'): Promise<void> {
  const folder = join(at.machine.root, 'run');
  const [key, crt] = [join(folder, 'k.pem'), join(folder, 'c.pem')];
  await makeCertificate({
    key,
    certificate: crt,
    subject: `/CN=${name}`,
    days: 90,
    options: ['-addext', `subjectAltName=DNS:${name}`],
  });
  const encoded = async (path: string) => (await readFile(path)).toString('base64');
  await putObject(at.machine, 'secret', 'kube-system', 'certificate', {
    data: { 'tls.crt': await encoded(crt), 'tls.key': await encoded(key) },
  });
}

/** 0.1.3 was undeployed: nothing of it is left in the cluster. */
export async function undeployOld(at: OldStage): Promise<void> {
  await rm(at.state('helm'), { recursive: true, force: true });
  await mkdir(at.state('helm'));
  for (const kind of await readdir(at.state('k8s')))
    for (const name of ['base', 'flow', 'flow-jobs', 'meta', 'monitoring', 'store', 'kaapana'])
      await rm(at.state(`k8s/${kind}/${kind === 'ns' ? `_/${name}.json` : name}`), {
        recursive: true,
        force: true,
      });
  await rm(at.state('k8s/pod/kube-system/oauth2-proxy.json'), { force: true });
}

/**
 * 0.2.2 has made its folders: in the places of the old ones, which are aside, and is undeployed again; or in another place,
 * and runs.
 */
export async function freshFolders(at: OldStage, elsewhere?: string): Promise<void> {
  await undeployOld(at);
  await writeFile(at.state('snap/microk8s'), 'v1.26.15 6750 1.26/stable\n');
  if (elsewhere === undefined)
    for (const folder of new Set([at.fast, at.slow])) await rename(folder, `${folder}_0.1.3`);
  else
    await writeFile(
      at.script('new'),
      (await readFile(at.script('new'), 'utf8'))
        .replace(/^FAST_DATA_DIR=.*/m, `FAST_DATA_DIR="${elsewhere}"`)
        .replace(/^SLOW_DATA_DIR=.*/m, `SLOW_DATA_DIR="${elsewhere}"`),
    );
  const places = [elsewhere ?? at.fast, elsewhere ?? at.slow];
  execFileSync(process.execPath, [join(KAAPANA, 'deploy.mjs'), ...places, 'pacs01.clinic.example'], {
    env: { ...process.env, ...at.env },
  });
  await writeFile(at.kept('series'), `${SERIES.join('\n')}\n`);
  await writeFile(
    at.kept('platform'),
    `hostname=pacs01.clinic.example\ncounted=41|3|9000\nbuckets=cohorts\ncertificate=self-made\n`,
  );
  if (elsewhere !== undefined) return;
  await rm(at.state('helm/default'), { recursive: true });
  for (const kind of await readdir(at.state('k8s')))
    for (const name of ['admin', 'services', 'jobs', 'extensions'])
      await rm(at.state(`k8s/${kind}/${kind === 'ns' ? `_/${name}.json` : name}`), {
        recursive: true,
        force: true,
      });
  await rm(at.state('k8s/pv'), { recursive: true });
}
