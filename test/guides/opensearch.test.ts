import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { putRelease } from '../rehearsal/platform';
import { fill, forbid, idOf, killedRun, newStage, oldStage, readKept, type MetadataStage } from './metadata';

const object = async (at: MetadataStage, kind: string, name: string) =>
  JSON.parse(await readFile(join(at.machine.state, 'k8s', kind, 'services', `${name}.json`), 'utf8')) as {
    data: Record<string, string>;
    spec: { replicas: number; strategy?: { type: string }; template: unknown };
  };
const settings = async (at: MetadataStage) => (await object(at, 'cm', 'os-config')).data;
const calls = async (at: MetadataStage) => readFile(join(at.machine.state, 'calls'), 'utf8').catch(() => '');
const hook = async (at: MetadataStage, verb: string, text: string) => {
  await mkdir(join(at.machine.state, 'hooks'), { recursive: true });
  await writeFile(join(at.machine.state, 'hooks', `after-${verb}`), text);
};

/** A platform on which everything is set up for a snapshot. */
const ready = async (step = 'snapshot-take') => {
  const at = await oldStage(step, 40, { allowed: true });
  at.opensearch.engine.register('kaapana_migration', {
    type: 'fs',
    settings: { location: '/usr/share/opensearch/logs/snapshots' },
  });
  return at;
};

describe('opensearch-config', () => {
  test('changes one entry, shows the difference, keeps what was there, and takes it back', async () => {
    const at = await oldStage('opensearch-config');
    const before = await settings(at);
    const { output } = await at.run('run');
    expect(output).toContain('+path.repo: ["/usr/share/opensearch/logs"]');
    expect(output).toContain('-plugins.security.advanced_modules_enabled');
    expect((await settings(at))['config.yml']).toBe(before['config.yml']);
    expect(await at.check()).toMatchObject({ status: 'done' });
    expect((await at.run('run')).said).toContain('Nothing was changed');
    expect((await at.run('undo')).code).toBe(0);
    expect(await settings(at)).toEqual(before);
    expect(await at.check()).toMatchObject({ status: 'pending' });
  });

  test('is not taken back while OpenSearch reads it', async () => {
    const at = await ready('opensearch-config');
    expect((await at.run('undo')).said).toContain('Undo the step "Restart OpenSearch" first');
    expect(await at.check()).toMatchObject({ status: 'done' });
  });

  test('is kept as it was before the first change, whatever was tried since', async () => {
    const at = await oldStage('opensearch-config');
    const before = await settings(at);
    await at.run('run');
    await writeFile(
      join(at.machine.state, 'k8s/cm/services/os-config.json'),
      JSON.stringify({
        metadata: { name: 'os-config' },
        data: { ...before, 'opensearch.yml': 'edited by hand\n' },
      }),
    );
    await at.run('run');
    expect((await at.run('undo')).code).toBe(0);
    expect(await settings(at)).toEqual(before);
  });

  test('an object that is missing, and a cluster that does not answer', async () => {
    const at = await oldStage('opensearch-config');
    await rm(join(at.machine.state, 'k8s/cm/services/os-config.json'));
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining('not found') as string,
    });
    expect((await at.run('run')).said).toContain('OpenSearch runs on with the settings it has');
    await writeFile(join(at.machine.state, 'cluster-down'), '');
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining('refused') as string,
    });
  });
});

describe('opensearch-deployment', () => {
  test('stops OpenSearch before it is changed, and has its documents afterwards; undone, it is as before', async () => {
    const at = await oldStage('opensearch-deployment');
    expect(await at.check()).toMatchObject({ status: 'pending' });
    expect((await at.run('run')).said).toContain('does not name the folder for snapshots yet');
    await at.play('opensearch-config');
    const before = await object(at, 'deploy', 'opensearch-de');
    await writeFile(join(at.machine.state, 'calls'), '');
    await at.play('opensearch-deployment');
    expect(await calls(at)).toMatch(/'--replicas=0'[^]*'patch' [^]*'--replicas=1'/);
    expect(at.opensearch.collisions()).toBe(0);
    expect(await object(at, 'deploy', 'opensearch-de')).toMatchObject({
      spec: { replicas: 1, strategy: { type: 'Recreate' } },
    });
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('meta-index has 40 documents, 40 before the restart') as string,
    });
    await writeFile(join(at.machine.state, 'calls'), '');
    expect((await at.run('run')).said).toContain('Nothing is restarted');
    expect(await calls(at)).not.toContain('scale');

    expect((await at.run('undo')).code).toBe(0);
    expect((await object(at, 'deploy', 'opensearch-de')).spec.template).toEqual(before.spec.template);
    expect(at.opensearch.collisions()).toBe(0);
    expect(await at.check()).toMatchObject({ status: 'pending' });
    expect((await at.run('undo')).said).toContain('nothing to take back');
  });

  test('killed while OpenSearch is stopped: the check says so, the next run goes on', async () => {
    const at = await oldStage('opensearch-deployment');
    await at.play('opensearch-config');
    await at.turnTo('opensearch-deployment');
    // The hook of the stand-in holds the run right after the stop.
    const stopped = join(at.machine.state, 'stopped');
    await hook(at, 'scale', `touch ${stopped}; sleep 60`);
    await killedRun(at, () => existsSync(stopped));
    await rm(join(at.machine.state, 'hooks/after-scale'));
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('OpenSearch is stopped') as string,
    });
    expect((await at.run('run')).said).toContain('cut off. It goes on from there');
    expect(await at.check()).toMatchObject({ status: 'done' });
  });

  test('a change that is refused leaves OpenSearch running', async () => {
    const at = await oldStage('opensearch-deployment');
    await at.play('opensearch-config');
    await at.turnTo('opensearch-deployment');
    // Refused after the stop: the object is gone for the moment of the patch.
    const file = join(at.machine.state, 'k8s/deploy/services/opensearch-de.json');
    const back = join(at.machine.state, 'kept.json');
    await hook(
      at,
      'scale',
      `[[ -e ${back} ]] || { cp ${file} ${back}; rm ${file}; (sleep 1.5; mv ${back} ${file}) & }`,
    );
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toMatch(/could not be changed: .*not found/);
    expect(said).toContain('Starting OpenSearch again');
  });

  test('fewer documents than before are not passed over', async () => {
    const at = await oldStage('opensearch-deployment');
    await at.play('opensearch-config');
    await at.turnTo('opensearch-deployment');
    const meta = at.opensearch.engine.index('meta-index');
    at.opensearch.intercept = ({ path }) => {
      if (path === '/_cluster/health/meta-index' && meta.get(idOf(1))) {
        meta.remove(idOf(1));
        meta.refresh();
      }
      return undefined;
    };
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('meta-index has 39 documents; before the restart it had 40');
  });
});

describe('snapshot-repository', () => {
  test('is refused while OpenSearch knows no folder for snapshots', async () => {
    const at = await oldStage('snapshot-repository');
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: expect.stringContaining('Restart OpenSearch') as string,
    });
    expect((await at.run('run')).said).toContain('does not allow snapshots');
  });

  test('is corrected where it leads elsewhere, and removed with its files kept', async () => {
    const at = await oldStage('snapshot-repository', 5, { allowed: true });
    at.opensearch.engine.register('kaapana_migration', {
      type: 'fs',
      settings: { location: '/usr/share/opensearch/logs/elsewhere' },
    });
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('elsewhere') as string,
    });
    expect((await at.run('run')).code).toBe(0);
    expect(await at.check()).toMatchObject({ status: 'done' });
    expect(existsSync(at.machine.snapshots)).toBe(true);
    expect((await at.run('undo')).code).toBe(0);
    expect(await at.check()).toMatchObject({ status: 'pending' });
    expect(existsSync(at.machine.snapshots)).toBe(true);
    expect((await at.run('undo')).code).toBe(0);
  });

  test('a folder in which OpenSearch cannot write', async () => {
    const at = await ready('snapshot-repository');
    await forbid(at.machine.snapshots);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('cannot write there') as string,
    });
    expect((await at.run('run')).said).toContain('belong to user 1000');
    await chmod(at.machine.snapshots, 0o755);
  });
});

describe('snapshot-take', () => {
  test('a PARTIAL one is a failure; the next run takes another and deletes it', async () => {
    const at = await ready();
    const meta = at.opensearch.engine.index('meta-index');
    at.opensearch.intercept = ({ method, path }) => {
      if (method === 'PUT' && path.startsWith('/_snapshot/')) meta.lostShards.add(1);
      else meta.lostShards.clear();
      return undefined;
    };
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('The snapshot pre_040 is PARTIAL: 1 of its parts failed');
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('PARTIAL') as string,
    });
    expect(await readKept(at, 'metadata.json')).toBeUndefined();
    at.opensearch.intercept = () => undefined;
    expect((await at.run('run')).said).toMatch(/The failed snapshot pre_040 is deleted.*pre_040_2 is whole/);
    expect(await at.check()).toMatchObject({ status: 'done' });
    expect(await readKept(at, 'metadata.json')).toMatchObject({ snapshot: 'pre_040_2', documents: 40 });
  });

  test('killed while OpenSearch takes it: the next run follows that one and starts no other', async () => {
    const at = await ready();
    at.opensearch.engine.snapshotPolls = 40;
    await killedRun(at, () => at.opensearch.requests.some(({ path }) => path.endsWith('_status')));
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('is being taken') as string,
    });
    at.opensearch.engine.snapshotPolls = 2;
    const { said } = await at.run('run');
    expect(said).toContain('by an earlier run. It is followed');
    expect(said).toContain('parts in the snapshot');
    expect(
      at.opensearch.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('pre_040')),
    ).toHaveLength(1);
    expect(await at.check()).toMatchObject({ status: 'done' });
    expect((await at.run('run')).said).toContain('No other one is taken');
  });

  test('what changes afterwards, in number or in tags only, asks for a new one; so does one that was taken by hand', async () => {
    const at = await ready();
    at.opensearch.engine.snapshot('kaapana_migration', 'pre_040', { indices: 'meta-index' });
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('not taken by this step') as string,
    });
    expect((await at.run('run')).said).toContain('pre_040_2 is whole and holds 40 documents');
    at.opensearch.engine.index('meta-index').write(idOf(1), { tagged: 'now' });
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('was changed') as string,
    });
    expect((await at.run('run')).code).toBe(0);
    expect(await at.check()).toMatchObject({
      status: 'done',
      evidence: expect.stringContaining('pre_040_3') as string,
    });
    expect((await at.run('undo')).code).toBe(0);
    expect(await at.check()).toMatchObject({
      status: 'pending',
      evidence: expect.stringContaining('no snapshot') as string,
    });
  });

  test('documents that arrive while it is taken are told', async () => {
    const at = await ready();
    const meta = at.opensearch.engine.index('meta-index');
    at.opensearch.intercept = ({ method, path }) => {
      if (method === 'PUT' && path.startsWith('/_snapshot/')) fill(meta, 40, 41);
      return undefined;
    };
    const { code, said } = await at.run('run');
    expect(code).toBe(1);
    expect(said).toContain('it had 40 documents and has 41');
    expect(await at.check()).toMatchObject({ status: 'pending' });
  });

  test('no snapshot of a red index, none on a full disk, none without its repository', async () => {
    const at = await ready();
    at.opensearch.engine.index('meta-index').lostShards.add(0);
    expect((await at.run('run')).said).toContain('the index meta-index is red');
    at.opensearch.engine.index('meta-index').lostShards.clear();
    await writeFile(join(at.machine.state, 'disks'), `${at.machine.root}/data\t1000\t3\n`);
    expect((await at.run('run')).said).toContain('too little room');
    at.opensearch.engine.repositories.clear();
    expect((await at.run('run')).said).toContain('There is no repository');
    expect(await at.check()).toMatchObject({ status: 'blocked' });
    expect(
      at.opensearch.requests.some(({ method, path }) => method === 'PUT' && path.endsWith('pre_040')),
    ).toBe(false);
  });
});

describe('OpenSearch that cannot be asked', () => {
  test('is unknown, never green, with the reason', async () => {
    const at = await ready();
    const says = async (reason: RegExp) =>
      expect(await at.check()).toMatchObject({
        status: 'unknown',
        evidence: expect.stringMatching(reason) as string,
      });
    at.opensearch.intercept = () => ({ status: 401, body: 'Unauthorized' });
    await says(/does not accept the login/);
    at.opensearch.intercept = () => ({ status: 503, body: { error: { reason: 'starting' } } });
    await says(/answers 503: starting/);
    at.env['KM_TIMEOUT'] = '2';
    at.opensearch.intercept = () => 'hang';
    await says(/gave no answer within 2 seconds/);
    at.opensearch.intercept = () => 'drop';
    await says(/OpenSearch/);
    at.opensearch.intercept = () => undefined;
    const pod = join(at.machine.root, 'pods/opensearch');
    await rm(join(pod, 'curl'));
    await says(/the pod has no curl/);
    expect((await at.run('run')).code).toBe(1);
    await writeFile(join(pod, 'hanging'), '');
    await says(/microk8s\.kubectl gave no answer/);
    await rm(join(at.machine.state, 'exec/services/opensearch-de'));
    await says(/not found/);
    await writeFile(join(at.machine.state, 'cluster-down'), '');
    await says(/refused/);
  });

  test('the new one lets nobody in without its certificate', async () => {
    const at = await newStage('restore-repository');
    await rm(join(at.machine.root, 'pods/opensearch/config/admin.pem'));
    expect(await at.check()).toMatchObject({ status: 'unknown' });
    expect((await at.run('run')).code).toBe(1);
    expect(at.opensearch.engine.repositories.size).toBe(0);
  });

  test('in another namespace, it is asked there', async () => {
    const at = await oldStage('opensearch-config');
    await putRelease(at.machine, 'default', 'kaapana-admin-chart', 'kaapana-admin-chart-0.3.5', {
      global: { services_namespace: 'elsewhere' },
    });
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: expect.stringContaining('os-config') as string,
    });
  });
});
