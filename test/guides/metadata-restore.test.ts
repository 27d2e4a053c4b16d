import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, cp, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { cannotRun } from '../tools/cannotRun';
import { forbid, killedRun, newStage, putBackup, RESTORED, type MetadataStage } from './metadata';
import { isRoot } from './stage';

const run = promisify(execFile);
const target = ({ machine }: MetadataStage) => join(machine.fastDataDir, 'os/snapshots/kaapana_migration');
const copyBack = async (at: MetadataStage) => {
  await mkdir(join(target(at), '..'), { recursive: true });
  await run('cp', ['-a', at.backup, target(at)]);
};
const says = async (at: MetadataStage, status: string, evidence: RegExp) =>
  expect(await at.check()).toMatchObject({ status, evidence: expect.stringMatching(evidence) as string });
const RESTORE_REPOSITORY = { type: 'fs', settings: { location: 'kaapana_migration', readonly: true } };
/** A platform on which the snapshot can be restored. */
const restorable = async (documents?: number) => {
  const at = await newStage('snapshot-restore', documents);
  await copyBack(at);
  at.opensearch.engine.register('kaapana_migration', RESTORE_REPOSITORY);
  return at;
};

describe('snapshot-copy-back', () => {
  test('copies, compares, gives it to OpenSearch; a second run copies nothing; undone, the backup stays', async () => {
    const at = await newStage('snapshot-copy-back');
    await says(at, 'pending', /is not in .*kaapana_migration yet/);
    expect((await at.run('run')).said).toContain('OpenSearch sees it');
    const owner = isRoot ? 1000 : process.getuid?.();
    for (const name of await readdir(target(at)))
      expect((await lstat(join(target(at), name))).uid).toBe(owner);
    await says(at, 'done', /contents compared by SHA-256/);
    expect((await at.run('run')).said).toContain('nothing is copied');
    at.opensearch.engine.register('kaapana_migration', RESTORE_REPOSITORY);
    expect((await at.run('undo')).said).toContain('Undo the step "Restore repository" first');
    at.opensearch.engine.repositories.clear();
    expect((await at.run('undo')).code).toBe(0);
    expect(existsSync(target(at))).toBe(false);
    expect(existsSync(join(at.backup, 'index-0'))).toBe(true);
  });

  test('one that cp -r has put a level too deep is named, and not taken for the copy', async () => {
    const at = await newStage('snapshot-copy-back');
    await cp(at.backup, join(target(at), '../opensearch-snapshots'), { recursive: true });
    await says(at, 'pending', /lies deeper, in .*os\/snapshots\/opensearch-snapshots/);
    await cp(at.backup, join(target(at), 'snapshots'), { recursive: true });
    await says(at, 'blocked', /differs from the backup.*lies deeper, in .*kaapana_migration\/snapshots/);
    expect((await at.run('run')).said).toContain('Nothing was changed; the copy is as it was');
  });

  test('a copy that belongs to root is told, and corrected without copying', async (context) => {
    if (!isRoot) cannotRun(context, 'only root may create files of other users');
    const at = await newStage('snapshot-copy-back');
    await copyBack(at);
    await run('chown', ['-R', '0:0', target(at)]);
    await says(at, 'pending', /does not belong to OpenSearch's user 1000:1000/);
    expect((await at.run('run')).said).toContain('It is given to 1000:1000');
    expect((await lstat(join(target(at), 'index-0'))).uid).toBe(1000);
    await says(at, 'done', /8 files/);
  });

  test('killed at any point, it leaves no copy or a whole one', async () => {
    const at = await newStage('snapshot-copy-back');
    await writeFile(join(at.machine.state, 'copy-hold'), '');
    await killedRun(at, () => existsSync(join(at.machine.state, 'copy-begun')));
    expect(existsSync(target(at))).toBe(false);
    await says(at, 'pending', /\.partial is the beginning of one/);
    await rm(join(at.machine.state, 'copy-hold'));
    expect((await at.run('run')).code).toBe(0);
    await says(at, 'done', /8 files/);
    // The comparison's result is lost: compared anew, not copied.
    await rm(`${target(at)}.sha256`);
    await says(at, 'pending', /nothing says that its contents were compared/);
    expect((await at.run('run')).said).toContain('nothing is copied');
  });

  test('no backup, a damaged one, the wrong folder, 0.4.0', async () => {
    const at = await newStage('snapshot-copy-back');
    const { stdout } = await run('bash', [
      '-c',
      'cd "$1" && find . -printf "%y %m %U %G %Ts %s %l\\t%P\\0" | sort -z',
      'list',
      at.backup,
    ]);
    await writeFile(`${at.backup}.list`, stdout);
    expect((await at.run('run')).said).toContain('The backup is no longer as it was');
    await rename(join(at.backup, 'index-0'), join(at.backup, 'gone'));
    await says(at, 'blocked', /is no snapshot/);
    await rm(at.backup, { recursive: true });
    await says(at, 'blocked', /no backup of the snapshot/);
    expect((await at.run('run')).said).toContain('Is the backup disk mounted?');
    expect(existsSync(target(at))).toBe(false);

    const without = await newStage('snapshot-copy-back', 5, { version: '0.4.0' });
    await says(without, 'blocked', /allows no snapshots.*0\.4\.0/);
    expect((await without.run('run')).code).toBe(1);
    expect(existsSync(join(without.machine.fastDataDir, 'os/snapshots'))).toBe(false);
  });
});

describe('restore-repository', () => {
  test('reads only; what leads elsewhere is corrected', async () => {
    const at = await newStage('restore-repository');
    await copyBack(at);
    await says(at, 'pending', /no repository/);
    // The place that the guide names is refused by OpenSearch itself.
    expect(() =>
      at.opensearch.engine.register('kaapana_migration', {
        type: 'fs',
        settings: { location: '/usr/share/snapshots' },
      }),
    ).toThrow(/path\.repo/);
    at.opensearch.engine.repositories.set('kaapana_migration', {
      type: 'fs',
      settings: { location: 'other' },
    });
    await says(at, 'pending', /registered as other/);
    const before = await readdir(target(at));
    expect((await at.run('run')).said).toMatch(/pre_040 SUCCESS 40 documents/);
    expect(await readdir(target(at))).toEqual(before);
    await says(at, 'done', /pre_040, whole, with 40 documents/);
    expect((await at.run('undo')).code).toBe(0);
    await says(at, 'pending', /no repository/);
  });

  test('files that OpenSearch may not read, and a snapshot that is not whole', async () => {
    const at = await newStage('restore-repository');
    await copyBack(at);
    await forbid(join(target(at), 'index-0'));
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/could not read repository data.*corrects their owner/);
    await rm(target(at), { recursive: true });
    await rm(at.backup, { recursive: true });
    await putBackup(at.backup, 40, { lostShard: 1 });
    await copyBack(at);
    expect((await at.run('run')).said).toMatch(
      /no whole snapshot of meta-index: pre_040 is PARTIAL, 1 of its parts failed/,
    );
    await says(at, 'blocked', /PARTIAL/);
  });

  test('0.4.0 cannot, and it is said', async () => {
    const at = await newStage('restore-repository', 5, { version: '0.4.0' });
    await says(at, 'blocked', /0\.4\.0/);
    expect((await at.run('run')).said).toContain('Only 0.4.1 and later');
  });
});

describe('snapshot-restore', () => {
  test('restores beside what is there; a second run does nothing; undone, the index is gone', async () => {
    const at = await restorable();
    await says(at, 'pending', /no index restored_meta-index yet/);
    expect((await at.run('run')).code).toBe(0);
    expect(at.opensearch.engine.index(RESTORED).size).toBe(40);
    expect(at.opensearch.engine.indices.has('meta-index')).toBe(false);
    await says(at, 'done', /40 documents, as many as the snapshot pre_040/);
    expect((await at.run('run')).said).toContain('Nothing is restored');
    expect((await at.run('undo')).code).toBe(0);
    await says(at, 'pending', /no index/);
    expect((await at.run('undo')).code).toBe(0);
  });

  test('one that is not whole is told and restored anew', async () => {
    const at = await restorable();
    await at.run('run');
    const restored = at.opensearch.engine.index(RESTORED);
    restored.remove('1.2.276.0.7230010.3.1.3.7');
    restored.refresh();
    await says(at, 'pending', /has 39 documents, the snapshot pre_040 has 40/);
    expect((await at.run('run')).said).toContain('It is removed and restored anew');
    await says(at, 'done', /40 documents/);
    at.opensearch.engine.index(RESTORED).lostShards.add(1);
    await says(at, 'pending', /not whole: the index restored_meta-index is red/);
  });

  test('parts that cannot be read from the copy make no green', async () => {
    const at = await restorable();
    const [folder] = await readdir(join(target(at), 'indices'));
    await rm(join(target(at), 'indices', folder ?? '', '2'), { recursive: true });
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(
      /is not whole: the index restored_meta-index is red.*Does the copy of the snapshot equal the backup/,
    );
    await says(at, 'pending', /not whole/);
  });

  test('a snapshot that was taken by hand is restored, but whether it is all cannot be told', async () => {
    const at = await newStage('snapshot-restore');
    await rm(at.backup, { recursive: true });
    await putBackup(at.backup, 12, { byHand: true });
    await copyBack(at);
    expect((await at.run('run')).said).toContain('Run the step "Restore repository" first');
    at.opensearch.engine.register('kaapana_migration', RESTORE_REPOSITORY);
    expect((await at.run('run')).code).toBe(0);
    await says(at, 'unknown', /12 documents.*does not say its number/);
    // The run that took it has kept the number beside the journal.
    await mkdir(join(at.kept('metadata.json'), '..'), { recursive: true });
    await writeFile(at.kept('metadata.json'), '{"snapshot": "pre_040", "documents": 12}');
    await says(at, 'done', /12 documents/);
  });
});

test('a folder that OpenSearch itself cannot pass is opened for it', async (context) => {
  if (!isRoot) cannotRun(context, 'only root may create files of other users');
  const at = await newStage('snapshot-copy-back', 5);
  await chown(join(target(at), '..'), 0, 0);
  await run('chmod', ['700', join(target(at), '..')]);
  await at.play('snapshot-copy-back');
  expect((await lstat(join(target(at), '..'))).mode & 0o777).toBe(0o755);
  await at.play('restore-repository');
});
