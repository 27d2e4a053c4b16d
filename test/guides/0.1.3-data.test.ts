import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chown, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withMc } from '../rehearsal/kaapana-0.1/flavour';
import { putObject } from '../rehearsal/platform';
import { endMarkedProcesses } from '../rehearsal/processes';
import { freshFolders, oldStage, SERIES, type OldOptions, type OldStage } from './old-stage';
import { isRoot, pause, until } from './stage';

async function stage(options: OldOptions = {}): Promise<OldStage> {
  const at = await oldStage(options);
  onTestFinished(at.machine.remove);
  await freshFolders(at);
  return at;
}

/** Everything of a tree that a copy has to keep, contents as hashes. */
const portrait = (folder: string) =>
  execFileSync(
    'bash',
    [
      '-c',
      'find . -printf "%y %m %U:%G %T@ %l %p\\0" | sort -z | sha256sum; find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum',
    ],
    { cwd: folder, encoding: 'utf8' },
  );
const evidence = async (at: OldStage, step: string) => {
  const { status, evidence: words } = await at.check(step);
  return `${status}: ${words}`;
};
const refused = async (at: OldStage, step: string, reason: RegExp) => {
  const { code, said } = await at.run(step);
  expect(said).toMatch(reason);
  expect(code).toBe(1);
};
const CARRIED = [
  ['slow', 'dcm4che/dicom_data'],
  ['fast', 'postgres-dcm4che'],
  ['slow', 'minio'],
] as const;

describe('copy-data', () => {
  test('20,000 small files, killed at random and resumed, become an identical tree', async () => {
    const at = await stage({ oneFolder: false });
    execFileSync(
      'bash',
      ['-c', 'mkdir -p many/{1..200} && for i in {1..20000}; do echo $i >many/$((i % 200 + 1))/$i; done'],
      { cwd: join(`${at.slow}_0.1.3`, 'dcm4che/dicom_data/fs1') },
    );
    const before = CARRIED.map(([role, name]) => portrait(join(`${at[role]}_0.1.3`, name)));
    const part = join(at.slow, 'dcm4che/dicom_data.partial');
    const files = () => Number(execFileSync('bash', ['-c', `find ${part} -type f 2>/dev/null | wc -l`]));
    const copied: number[] = [];
    for (let kill = 0; kill < 4; kill++) {
      const ended = at.run('copy-data');
      // At work on the archive, or already on what comes after it.
      await Promise.race([ended, until(() => existsSync(part) || existsSync(at.kept('copying')))]);
      await pause(Math.random() * 1500);
      await endMarkedProcesses(at.machine.root);
      await ended;
      copied.push(files());
    }
    expect((await at.check('copy-data')).status).toMatch(/pending|done/);
    const { code, said } = await at.run('copy-data');
    expect(said).toMatch(/Done: every file was compared|copied already/);
    expect(code, `after kills at ${copied.join(', ')} files`).toBe(0);
    expect(await evidence(at, 'copy-data')).toMatch(/^done: .*200\d\d files/);
    // Copied where the new version looks for it; the old data is as it was.
    expect(CARRIED.map(([role, name]) => portrait(join(at[role], name)))).toEqual(before);
    expect(CARRIED.map(([role, name]) => portrait(join(`${at[role]}_0.1.3`, name)))).toEqual(before);
    expect(existsSync(join(at.slow, 'dcm4che/server_data/configuration/standalone.xml'))).toBe(false);
    expect(existsSync(join(at.slow, 'minio.fresh/uploads'))).toBe(true);
    expect(existsSync(join(at.slow, 'minio.partial.begun'))).toBe(false);

    expect((await at.run('copy-data', 'undo')).code).toBe(0);
    expect(await readFile(join(at.fast, 'postgres-dcm4che/series'), 'utf8')).toBe('1.3.12.2.1107.9\n');
    expect((await at.check('copy-data')).status).toBe('pending');
  });

  test('refuses what does not hold, and copies nothing', async () => {
    const at = await stage();
    const running = join(`${at.fast}_0.1.3`, 'postgres-dcm4che/postmaster.pid');
    await writeFile(running, '1\n');
    await refused(at, 'copy-data', /not shut down cleanly/);
    await rm(running);
    await writeFile(at.state('disks'), `${at.machine.root}\t1000\t5\n`);
    await refused(at, 'copy-data', /too little room/);
    await writeFile(at.state('disks'), `${at.machine.root}\t250000000\t90000000\n`);
    await mkdir(join(at.fast, 'dcm4che/dicom_data.partial'));
    await writeFile(join(at.fast, 'dcm4che/dicom_data.partial/of-somebody'), '');
    await refused(at, 'copy-data', /was not made by this step/);
    expect(existsSync(join(at.fast, 'dcm4che/dicom_data.partial/of-somebody'))).toBe(true);
    await rename(`${at.fast}_0.1.3`, `${at.fast}_elsewhere`);
    await refused(at, 'copy-data', /neither .* holds data of 0\.1\.3/);
    expect(existsSync(join(at.fast, 'minio.fresh'))).toBe(false);
  });

  test('what is damaged after the copy is found before the switch', async () => {
    const at = await stage();
    // rsync that spoils a byte without changing size or time, as a bad disk does.
    await writeFile(
      join(at.machine.bin, 'rsync'),
      `#!/bin/bash\n/usr/bin/rsync "$@" || exit\ncase " $* " in *' -n '*) ;; *) f=$(find "\${@: -1}" -name image0); [[ -z $f ]] || { t=$(stat -c %y "$f"); printf X | dd of="$f" conv=notrunc status=none; touch -d "$t" "$f"; } ;; esac\n`,
      { mode: 0o755 },
    );
    await refused(at, 'copy-data', /The copy differs from .*image0/);
    expect(existsSync(join(at.fast, 'dcm4che/dicom_data.fresh'))).toBe(false);
    await rm(join(at.machine.bin, 'rsync'));
    // Size and time are equal: only the contents say that it has to be copied again.
    await rm(join(at.fast, 'dcm4che/dicom_data.partial'), { recursive: true });
    expect((await at.run('copy-data')).code).toBe(0);
  });
});

test.runIf(isRoot)(
  'both folders of the archive are given to it; forgotten, the start-up Job shows it',
  async () => {
    const at = await stage();
    await chown(join(`${at.fast}_0.1.3`, 'dcm4che/dicom_data'), 0, 0); // as cp -r leaves it, with the mark chown.done inside
    expect((await at.run('copy-data')).code).toBe(0);
    expect(await evidence(at, 'fix-permissions')).toMatch(/^pending: .*dicom_data/);
    await refused(at, 'second-deploy', /User of the registry|user and password of the registry/i);
    const script = await readFile(at.script('new'), 'utf8');
    await writeFile(at.script('new'), script.replace(/(USERNAME|PASSWORD)=""/g, '$1="x"'));
    await refused(at, 'second-deploy', /dicom-init failed.*Owners of the archive/);
    expect(await evidence(at, 'second-deploy')).toMatch(/^blocked: .*dicom-init/);
    expect((await at.run('second-deploy', 'undo')).code).toBe(0);
    expect((await at.run('fix-permissions')).code).toBe(0);
    expect((await stat(join(at.fast, 'dcm4che/dicom_data'))).uid).toBe(1023);
    expect((await at.check('fix-permissions')).status).toBe('done');
    expect((await at.run('second-deploy')).code).toBe(0);
    expect((await at.check('second-deploy')).status).toBe('done');
    // A series that is missing is found.
    await appendFile(at.kept('series'), '9.9.9\n');
    expect(await evidence(at, 'second-deploy')).toMatch(/^blocked: .*lacks 1 of 4 series, such as 9\.9\.9/);
  },
);

/** As complete a backup as the clean-up wants to see. */
async function backUpLdap(at: OldStage): Promise<void> {
  const copy = join(at.backup, 'old-data/fast/ldap');
  await mkdir(copy, { recursive: true });
  await writeFile(join(at.backup, 'old-data/complete.settings'), 'fast/ldap\n');
  await writeFile(`${copy}.sha256`, '');
  const lib = join(import.meta.dirname, '../../src/guides');
  const listed = `. ${lib}/lib.sh; . ${lib}/lib/copies.sh; km_copy_listing ${copy}`;
  await writeFile(`${copy}.list`, execFileSync('bash', ['-c', listed]));
}

const accepted = (at: OldStage) =>
  writeFile(at.kept('accepted'), `Seen\n${Math.floor(Date.now() / 1000) - 8 * 86_400}\n`);

/** 0.2.2 runs on folders of its own; the old ones have stayed in their places, as they cannot be renamed. */
async function beside(options: OldOptions): Promise<OldStage> {
  const at = await oldStage(options);
  onTestFinished(at.machine.remove);
  const place = join(at.machine.root, 'data/new');
  await freshFolders(at, place);
  await writeFile(join(place, 'postgres-dcm4che/series'), `${SERIES.join('\n')}\n`);
  const pod = at.state('exec/services/postgres-dcm4che');
  await writeFile(pod, (await readFile(pod, 'utf8')).replace(at.fast, place));
  await writeFile(at.kept('copied'), 'x');
  await writeFile(at.kept('reindex-run'), 'x');
  await accepted(at);
  await backUpLdap(at);
  return at;
}

describe('what cannot be renamed is cleaned up from within', () => {
  test.each([
    ['a mount point', { folder: 'data/disk' }],
    ["the login user's home", { folder: 'home/kaapana' }],
  ])('%s keeps its folder and all that was not the platform\u2019s', async (_, options) => {
    const at = await beside(options);
    const inside = (name: string) => join(at.fast, name);
    await writeFile(at.state('mounts'), `/\t/dev/sda1\n${join(at.machine.root, 'data/disk')}\t/dev/sdb1\n`);
    await mkdir(inside('photos'));
    expect(await evidence(at, 'delete-old-data')).toMatch(
      /^pending: .*what 0\.1\.3 kept in .* \(postgres-dcm4che postgres-airflow dcm4che minio .*elastic-meta; the folder itself/,
    );
    const ask = () => at.runInTerminal('delete-old-data', [['type the whole path', at.fast]]);
    // Killed between two renames, and again while it deletes.
    await mkdir(inside('kaapana-0.1.3.deleting'));
    await rename(inside('minio'), inside('kaapana-0.1.3.deleting/minio'));
    for (const milliseconds of [1500, 2500]) {
      const ended = ask();
      await pause(milliseconds);
      await endMarkedProcesses(at.machine.root);
      await ended;
    }
    const { code, said } = await ask();
    expect(said).toMatch(/the old data is deleted|no old data any more/);
    expect(code).toBe(0);
    for (const name of ['minio', 'postgres-dcm4che', 'elastic-meta', 'kaapana-0.1.3.deleting'])
      expect(existsSync(inside(name)), name).toBe(false);
    expect(existsSync(inside('photos'))).toBe(true);
    expect(existsSync(join(at.machine.home, '.kube/config'))).toBe(true);
    expect(existsSync(join(at.machine.root, 'data/new/minio'))).toBe(true);
  });

  test('a disk below it, and a volume of the new platform in it, are not touched', async () => {
    const at = await beside({ folder: 'home/kaapana' });
    await writeFile(at.state('mounts'), `/\t/dev/sda1\n${at.slow}/minio\t/dev/sdc1\n`);
    await refused(at, 'delete-old-data', /minio is a mount point, which only you can take away/);
    await rm(at.state('mounts'));
    await putObject(at.machine, 'pv', '_', 'models', {
      spec: { hostPath: { path: `${at.fast}/workflows/models` } },
    });
    await refused(at, 'delete-old-data', /the volume models of the platform leads into .*workflows/);
    expect(existsSync(join(at.fast, 'minio/cohorts'))).toBe(true);
  });
});

describe('check-minio-ohif', () => {
  const SEEN = ['see its images?', 'files in Store, MinIO?', 'find it in the platform?'].map(
    (question) => [question, 'yes'] as const,
  );

  test('writes an object, reads it back and deletes it; without mc a person uploads a file', async () => {
    const at = await beside({});
    await rm(at.kept('accepted'));
    const store = join(at.machine.root, 'data/new/minio');
    await mkdir(join(store, 'cohorts'));
    await writeFile(at.state('minio'), store);
    await writeFile(at.state('faults/minio-full'), '');
    await refused(at, 'check-minio-ohif', /object store cannot be written/);
    await rm(at.state('faults/minio-full'));
    // A run that was killed has left its bucket behind.
    await mkdir(join(store, 'kaapana-migration-test'));
    await writeFile(at.state('calls'), '');
    const { code, said } = await at.runInTerminal('check-minio-ohif', SEEN);
    expect(said).toMatch(/an object was written, read and deleted by the step/);
    expect(code).toBe(0);
    expect(await readFile(at.state('calls'), 'utf8')).toMatch(
      /mc 'cat' 'km\/kaapana-migration-test\/written'/,
    );
    expect(existsSync(join(store, 'kaapana-migration-test'))).toBe(false);
    expect(await evidence(at, 'check-minio-ohif')).toMatch(
      /^done: .*has stored the image that the platform sends.*deleted by the step/,
    );

    await withMc(at.machine, false);
    await rm(at.kept('accepted'));
    const answers = [...SEEN, ['find it there?', 'yes'] as const];
    expect((await at.runInTerminal('check-minio-ohif', answers)).code).toBe(0);
    expect(await evidence(at, 'check-minio-ohif')).toMatch(/^done: .*uploaded by that person/);
    await rm(at.state('k8s/job/services/dicom-init.json'));
    expect(await evidence(at, 'check-minio-ohif')).toMatch(/^done: .*before\) and answers\./);
    // The platform's own image did not arrive: the archive can be read only.
    await putObject(at.machine, 'job', 'services', 'dicom-init', { status: { failed: 3 } });
    expect(await evidence(at, 'check-minio-ohif')).toMatch(/^blocked: The Job dicom-init .* cannot store/);
  });
});

describe('workflows', () => {
  async function running(): Promise<OldStage> {
    const at = await stage();
    const script = await readFile(at.script('new'), 'utf8');
    await writeFile(at.script('new'), script.replace(/(USERNAME|PASSWORD)=""/g, '$1="x"'));
    for (const step of ['copy-data', 'second-deploy']) {
      const { code, said } = await at.run(step);
      if (code !== 0) throw new Error(said);
    }
    return at;
  }

  test('are started once, failures are counted, and a wrong file stops them before the index is emptied', async () => {
    const at = await running();
    const bad = join(at.slow, 'dcm4che/dicom_data/fs1/2021/x/broken');
    await mkdir(join(bad, '..'), { recursive: true });
    await writeFile(bad, 'no image');
    await refused(at, 'trigger-reindex', /no DICOM file.*2021\/x/);
    expect(existsSync(at.kept('reindex-run'))).toBe(false);
    await rm(bad);
    expect((await at.run('trigger-reindex')).code).toBe(0);
    expect((await at.run('trigger-reindex')).said).toContain('started already');
    const runs = () => readFile(at.state('dag-runs'), 'utf8');
    expect((await runs()).match(/^service-re-index/gm)).toHaveLength(1);

    const fine = await runs();
    await writeFile(
      at.state('dag-runs'),
      fine.replace(/(service-extract-metadata\t.*\t)success/, '$1failed'),
    );
    expect(await evidence(at, 'await-dags')).toMatch(/^blocked: 1 workflow runs have failed/);
    await refused(at, 'await-dags', /1 workflow runs have failed/);
    await writeFile(
      at.state('dag-runs'),
      fine.replace(/(service-extract-metadata\t.*\t)success/, '$1queued'),
    );
    expect(await evidence(at, 'await-dags')).toMatch(/^pending: 1 workflow runs wait or run/);
    await writeFile(at.state('dag-runs'), fine);
    await writeFile(at.state('documents'), '2');
    expect(await evidence(at, 'await-dags')).toMatch(/^blocked: .*2 documents for 3 series/);
    await writeFile(at.state('documents'), '3');
    expect((await at.run('await-dags')).code).toBe(0);

    await writeFile(at.state('dag-outcome'), 'failed');
    await refused(at, 'thumbnails', /1 of 1 series have no thumbnail.*1 runs have failed/);
    expect(await evidence(at, 'thumbnails')).toMatch(/^blocked: 1 workflow runs have failed/);
    await writeFile(at.state('dag-outcome'), 'success');
    await pause(1100); // the name of another try
    expect((await at.run('thumbnails')).code).toBe(0);
    expect((await at.check('thumbnails')).status).toBe('done');
    await writeFile(at.state('segmentations'), '');
    expect((await at.check('thumbnails')).status).toBe('not-needed');
    // Fields or names other than expected: nothing is known then, and nothing is called done.
    await writeFile(at.state('modality-documents'), '0');
    expect(await evidence(at, 'thumbnails')).toMatch(/^unknown: No document of the index has the field/);
    await refused(at, 'thumbnails', /cannot be told from other series/);
    await rm(at.state('modality-documents'));
    await writeFile(at.state('segmentations'), 'not-a-uid\n');
    expect(await evidence(at, 'thumbnails')).toMatch(
      /^unknown: The index names 1 .* not all of them by their UID/,
    );
    await writeFile(at.state('segmentations'), '');

    await deletion(at);
  }, 120_000);

  /** What speaks against deleting, one thing after the other. */
  async function deletion(at: OldStage): Promise<void> {
    const old = `${at.fast}_0.1.3`;
    const against = async (reason: RegExp) => {
      expect(await evidence(at, 'delete-old-data')).toMatch(/^blocked: /);
      await refused(at, 'delete-old-data', reason);
      expect(existsSync(join(old, 'postgres-dcm4che/series'))).toBe(true);
    };
    await against(/left no record \(accepted\).*no complete backup/);
    await writeFile(at.kept('accepted'), `Seen\n${Math.floor(Date.now() / 1000)}\n`);
    await against(/less than 7 days/);
    await accepted(at);
    await backUpLdap(at);
    await rename(join(at.backup, 'old-data/fast/ldap.sha256'), at.state('sha256'));
    await against(/backup of fast\/ldap is not as it was compared/);
    await rename(at.state('sha256'), join(at.backup, 'old-data/fast/ldap.sha256'));
    expect(await evidence(at, 'delete-old-data')).toMatch(/^pending: Everything is proven/);
    const wrong = await at.runInTerminal('delete-old-data', [['type the whole path', at.fast]]);
    expect(wrong.said).toMatch(/is not .*_0\.1\.3/);
    await rename(old, `${old}.real`);
    await symlink(at.fast, old);
    await refused(at, 'delete-old-data', /leads to/);
    await rm(old);
    await rename(`${old}.real`, old);
    await writeFile(at.state('mounts'), `/\t/dev/sda1\n${old}\t/dev/sdb1\n`);
    await against(/is a mount point/);
    await rm(at.state('mounts'));
    const { code } = await at.runInTerminal('delete-old-data', [['type the whole path', old]]);
    expect(code).toBe(0);
    expect(existsSync(old)).toBe(false);
    expect(await readFile(join(at.fast, 'postgres-dcm4che/series'), 'utf8')).toBe(`${SERIES.join('\n')}\n`);
    expect((await at.check('delete-old-data')).status).toBe('done');
  }
});
