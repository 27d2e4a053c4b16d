import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { minioTools } from '../minio/prepare.mjs';
import {
  hash,
  large,
  LOGIN,
  startRealStore,
  startStore,
  startSyncPod,
  storeOf,
  withoutMc,
  type Store,
} from '../rehearsal/minio/store';
import { endMarkedProcesses } from '../rehearsal/processes';
import { cannotRun } from '../tools/cannotRun';
import { expectNoSecret, watchTools } from './secrets';
import { keptOf, pause, prepareStage, stage, until, type Stage } from './stage';

const said = (pattern: RegExp) => expect.stringMatching(pattern) as string;
const thumbnail = (uid: string, batch = uid) => `batch/${batch}/generate-segmentation-thumbnail/${uid}.png`;
const tools = minioTools();

/** Thumbnails with the names that the old platform gives, and things beside them that are none. */
const OLD = {
  [thumbnail('1.2.276.1')]: 'one',
  [thumbnail('1.2.276.2')]: 'two',
  [thumbnail(`odd 'n"ame $(id) ü%20+&=#?`)]: 'three',
  'README.txt': 'of the mirror',
  'batch/1.2.276.1/another-operator/1.2.276.1.png': 'not a thumbnail',
};
const NEW = {
  'thumbnails/1.2.276.1.png': hash('one'),
  'thumbnails/1.2.276.2.png': hash('two'),
  [`thumbnails/odd 'n"ame $(id) ü%20+&=#?.png`]: hash('three'),
};
const BESIDE = {
  'README.txt': hash('of the mirror'),
  'batch/1.2.276.1/another-operator/1.2.276.1.png': hash('not a thumbnail'),
};

describe.each([['the stand-in'], ['a real MinIO']])('with %s', (which) => {
  const real = which === 'a real MinIO';
  let thumbnails: Stage;
  let results: Stage;
  let store: Store;
  beforeAll(async () => {
    if (real && !tools) return;
    thumbnails = await prepareStage('move-thumbnails', { platform: { version: '0.4.1' } });
    results = await prepareStage('move-static-results', { platform: { version: '0.4.1' } });
    store = real ? await startRealStore(thumbnails.machine, tools!) : await startStore(thumbnails.machine);
    // Both steps work on the one store.
    await writeFile(
      join(results.machine.state, 'exec/services/minio-deployment'),
      await readFile(join(thumbnails.machine.state, 'exec/services/minio-deployment')),
    );
  });
  afterAll(async () => {
    if (real && !tools) return;
    await store.stop();
    await thumbnails.machine.remove();
    await results.machine.remove();
  });
  const clean = async () => {
    await store.empty();
    for (const at of [thumbnails, results])
      await rm(join(at.machine.home, '.local'), { recursive: true, force: true });
    await rm(join(thumbnails.machine.state, 'mc-hook'), { force: true });
    await rm(join(thumbnails.machine.state, 'mc-calls'), { force: true });
    for (const left of await readdir(join(thumbnails.machine.root, 'pods/memory')))
      await rm(join(thumbnails.machine.root, 'pods/memory', left), { recursive: true });
  };
  const scenario = (name: string, body: () => Promise<void>) =>
    test(name, async (context) => {
      if (real && !tools)
        cannotRun(context, 'there is no MinIO server; node test/minio/prepare.mjs prepares one');
      await clean();
      await body();
    });

  scenario(
    'thumbnails move flat into the project, everything else stays; a second run has nothing to do',
    async () => {
      await store.put('thumbnails', OLD);
      await store.put('project-admin', { 'thumbnails/9.png': 'new', 'reports/x': 'y' });
      expect(await thumbnails.check()).toMatchObject({
        status: 'pending',
        evidence: said(/^3 thumbnails .* not in project-admin\/thumbnails yet; 1 are/),
      });
      const { code, errors, output } = await thumbnails.run('run');
      expect(errors).toBe('');
      expect(code).toBe(0);
      expect(output).toContain('copied: 3 of 3');
      expect(output).toContain('2 other objects stay');
      expect(await store.content('thumbnails')).toEqual(BESIDE);
      expect(await store.content('project-admin')).toEqual({
        ...NEW,
        'thumbnails/9.png': hash('new'),
        'reports/x': hash('y'),
      });
      expect(await thumbnails.check()).toMatchObject({
        status: 'done',
        evidence: said(/^All 3 thumbnails were copied .* removed/),
      });
      const again = await thumbnails.run('run');
      expect(again.code).toBe(0);
      expect(again.output).toContain('Nothing was changed');
      expect((await thumbnails.check()).status).toBe('done');
    },
  );

  scenario(
    'results keep their folders; large ones, whose ETags change in the copy, are compared by content',
    async () => {
      const content = large('report');
      await store.put('staticwebsiteresults', {
        'a/index.html': '<html>',
        'a/b/ü c.png': 'image',
        'large.html': content,
      });
      expect((await results.check()).status).toBe('pending');
      const { code, said: words } = await results.run('run');
      expect(words).toContain('Comparing 1 large objects (40.0 MB) by SHA-256');
      expect(code).toBe(0);
      expect(await store.content('staticwebsiteresults')).toEqual({});
      expect(await store.content('project-admin')).toEqual({
        'staticwebsiteresults/a/index.html': hash('<html>'),
        'staticwebsiteresults/a/b/ü c.png': hash('image'),
        'staticwebsiteresults/large.html': hash(content),
      });
      expect((await results.check()).status).toBe('done');
    },
  );

  scenario('a newer object in the project is never overwritten; its original stays and is told', async () => {
    await store.put('thumbnails', OLD);
    await store.put('project-admin', {
      'thumbnails/1.2.276.1.png': 'made by the new platform',
      'thumbnails/1.2.276.2.png': 'two',
    });
    expect((await thumbnails.run('run')).code).toBe(0);
    expect(await store.content('project-admin')).toEqual({
      ...NEW,
      'thumbnails/1.2.276.1.png': hash('made by the new platform'),
    });
    expect(await store.content('thumbnails')).toEqual({ ...BESIDE, [thumbnail('1.2.276.1')]: hash('one') });
    expect(await thumbnails.check()).toMatchObject({
      status: 'done',
      evidence: said(/All 2 thumbnails .* 1 originals stay/),
    });
    expect((await thumbnails.run('run')).output).toContain('Nothing was changed');
  });

  scenario('killed at any point nothing is lost, and the next run completes it', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [thumbnail(`1.${index}`), `content ${index}`]),
    );
    await store.put('thumbnails', many);
    const { state, root } = thumbnails.machine;
    // While it looks, copies a second batch, compares, removes, and looks for the last time.
    for (const [command, time] of [
      ['ls', 1],
      ['cp', 2],
      ['ls', 4],
      ['rm', 1],
      ['ls', 3],
    ] as const) {
      for (const name of ['reached', 'count']) await rm(join(state, name), { force: true });
      const here = `echo >>'${state}/count'; [[ $(wc -l <'${state}/count') != ${time} ]] || { : >'${state}/reached'; sleep 3600; }`;
      await writeFile(join(state, 'mc-hook'), `case "$*" in *' ${command} '*) ${here} ;; esac`);
      const ended = thumbnails.run('run');
      await until(() => existsSync(join(state, 'reached')));
      await endMarkedProcesses(root);
      await ended;
      const old = (await store.content('thumbnails')) ?? {};
      const now = (await store.content('project-admin')) ?? {};
      for (const [key, content] of Object.entries(many))
        expect(old[key] ?? now[`thumbnails/${key.split('/').at(-1) ?? ''}`], key).toBe(hash(content));
      await rm(join(state, 'mc-hook'));
      expect((await thumbnails.check()).status).toBe(command === 'ls' && time === 3 ? 'done' : 'pending');
    }
    expect((await thumbnails.run('run')).code).toBe(0);
    expect(Object.keys((await store.content('project-admin'))!)).toHaveLength(60);
    expect(await store.content('thumbnails')).toEqual({});
    expect(await thumbnails.check()).toMatchObject({ status: 'done', evidence: said(/^All 60 thumbnails/) });
  });

  scenario('undo copies everything back to where it came from', async () => {
    await store.put('thumbnails', OLD);
    expect((await thumbnails.run('undo')).said).toContain('nothing to take back');
    await thumbnails.run('run');
    const { code, output } = await thumbnails.run('undo');
    expect(output).toContain('3 thumbnails are back');
    expect(code).toBe(0);
    expect(await store.content('thumbnails')).toEqual({
      ...BESIDE,
      ...Object.fromEntries(Object.entries(OLD).map(([key, text]) => [key, hash(text)])),
    });
    expect((await thumbnails.check()).status).toBe('pending');
    expect((await thumbnails.run('run')).code).toBe(0);
    expect((await thumbnails.check()).status).toBe('done');
  });

  scenario('neither the login of the store nor a file of it is left anywhere', async () => {
    await store.put('thumbnails', OLD);
    await watchTools(thumbnails, ['microk8s.kubectl', 'jq', 'awk', 'sort', 'mktemp', 'timeout']);
    const { output, errors } = await thumbnails.run('run');
    const check = await thumbnails.run('check');
    await expectNoSecret(
      thumbnails,
      [LOGIN.password],
      output,
      errors,
      check.output,
      check.errors,
      await readFile(join(thumbnails.machine.state, 'mc-calls'), 'utf8'),
    );
    expect(await readdir(join(thumbnails.machine.root, 'pods/memory'))).toEqual([]);
    Object.assign(thumbnails.env, thumbnails.machine.env);
  });

  scenario('an empty or missing source is no error', async () => {
    expect(await results.check()).toMatchObject({
      status: 'not-needed',
      evidence: said(/holds no website results to move; .* has 0/),
    });
    expect((await results.run('run')).code).toBe(0);
    await store.put('staticwebsiteresults', {});
    expect((await results.check()).status).toBe('not-needed');
    await store.put('thumbnails', { 'README.txt': 'of the mirror' });
    expect((await thumbnails.check()).status).toBe('not-needed');
    expect((await thumbnails.run('run')).code).toBe(0);
  });
});

describe('what goes wrong', () => {
  const shared = new Map<string, Promise<Stage>>();
  afterAll(async () => {
    for (const at of shared.values()) await (await at).machine.remove();
  });
  const set = async (step = 'move-thumbnails') => {
    shared.set(step, shared.get(step) ?? prepareStage(step, { platform: { version: '0.4.1' } }));
    const at = await shared.get(step)!;
    for (const left of ['home/kaapana/.local', 'state/mc-hook', 'state/exec', 'state/cluster-down'])
      await rm(join(at.machine.root, left), { recursive: true, force: true });
    const store = await startStore(at.machine);
    await store.put('thumbnails', OLD);
    return { at, store, hook: (text: string) => writeFile(join(at.machine.state, 'mc-hook'), text) };
  };

  test('two originals of one name: the newer one goes, the other one stays', async () => {
    const { at, store } = await set();
    await pause(20); // the clock of files has steps
    await store.put('thumbnails', { [thumbnail('1.2.276.1', 'again')]: 'one, made again' });
    expect((await at.run('run')).code).toBe(0);
    expect((await store.content('project-admin'))!['thumbnails/1.2.276.1.png']).toBe(hash('one, made again'));
    expect((await store.content('thumbnails'))![thumbnail('1.2.276.1')]).toBe(hash('one'));
    expect((await at.check()).status).toBe('done');
  });

  test('copying that fails leaves every original; the next run copies the rest', async () => {
    const { at, store, hook } = await set();
    await hook(
      '[[ "$*" != *" cp "*276.2* ]] || { echo "mc: <ERROR> Storage backend has reached its minimum free drive threshold." >&2; exit 1; }',
    );
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toMatch(/1 of 3 thumbnails could not be copied. First: .*276\.2.*minimum free drive/);
    expect(words).toContain('originals are all there');
    expect(Object.keys((await store.content('thumbnails'))!)).toHaveLength(5);
    expect(await at.check()).toMatchObject({ status: 'pending', evidence: said(/^1 thumbnails/) });
    await hook('');
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('a copy that says it succeeded and did not, or made something else, is noticed', async () => {
    const { at, store, hook } = await set();
    await hook('[[ "$*" != *" cp "* ]] || exit 0');
    expect((await at.run('run')).said).toMatch(
      /3 thumbnails are not there after copying, or are new\. First: thumbnails\/batch/,
    );
    const copied = join(storeOf(at.machine), 'project-admin/thumbnails/1.2.276.2.png');
    await hook(
      `[[ "$*" != *" cp "*276.2* ]] || { mkdir -p '${copied}'; printf xxx >'${copied}/xl.meta'; exit 0; }`,
    );
    expect((await at.run('run')).code).toBe(0);
    expect((await store.content('thumbnails'))![thumbnail('1.2.276.2')]).toBe(hash('two'));
  });

  test('a large original whose copy is damaged stays', async () => {
    const { at, store } = await set('move-static-results');
    await store.put('staticwebsiteresults', { 'large.html': large('report') });
    await store.put('project-admin', { 'staticwebsiteresults/large.html': large('rEport') });
    expect((await at.run('run')).code).toBe(0);
    expect(await store.content('staticwebsiteresults')).toEqual({ 'large.html': hash(large('report')) });
    expect(await at.check()).toMatchObject({ status: 'not-needed', evidence: said(/1 originals stay/) });
    expect((await at.run('run')).output).toContain('Nothing was changed');
  });

  test('large objects that cannot be read are not taken for equal', async () => {
    const { at, store, hook } = await set('move-static-results');
    await store.put('staticwebsiteresults', { 'large.html': large('report') });
    await hook('[[ "$*" != *" cat "* ]] || exit 1');
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toMatch(/1 of 1 large objects could not be read for comparison\. First: large\.html/);
    expect(Object.keys((await store.content('staticwebsiteresults'))!)).toEqual(['large.html']);
    expect((await at.check()).status).toBe('pending');
    await hook('');
    expect((await at.run('run')).code).toBe(0);
    expect(await store.content('staticwebsiteresults')).toEqual({});
  });

  test('a list that is cut off does not pass for a whole one', async () => {
    const { at, store, hook } = await set();
    await hook('[[ "$*" != *" ls "*km/thumbnails ]] || exit 137');
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: said(/the list of mc was cut off/),
    });
    expect((await at.run('run')).code).toBe(1);
    const pod = join(at.machine.state, 'exec/services/minio-deployment');
    await writeFile(pod, (await readFile(pod, 'utf8')).replace('exec "$@"', '"$@" | head -c 300'));
    await hook('');
    expect((await at.check()).status).toBe('unknown');
    expect(Object.keys((await store.content('thumbnails'))!)).toHaveLength(5);
  });

  test('an original that changes while it is moved stays until the next run', async () => {
    const { at, store, hook } = await set();
    const original = join(storeOf(at.machine), 'thumbnails', thumbnail('1.2.276.1'), 'xl.meta');
    const copied = join(storeOf(at.machine), 'project-admin/thumbnails/1.2.276.1.png/xl.meta');
    await hook(
      `[[ "$*" != *' ls '*km/thumbnails || ! -s '${copied}' || -e '${original}.once' ]] || { printf changed >'${original}'; : >'${original}.once'; }`,
    );
    await at.run('run');
    expect((await store.content('thumbnails'))![thumbnail('1.2.276.1')]).toBe(hash('changed'));
  });

  test('a removal that is cut off is completed by the next run', async () => {
    const { at, store, hook } = await set();
    await hook(
      `[[ "$*" != *" rm "* ]] || { read -r one; printf '%s\\n' "$one" >'${at.machine.state}/one'; exec 0<'${at.machine.state}/one'; }`,
    );
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toMatch(/2 originals could not be removed.*has a compared copy/);
    expect((await at.check()).status).toBe('pending');
    await hook('');
    expect((await at.run('run')).code).toBe(0);
    expect(await store.content('thumbnails')).toEqual(BESIDE);
    expect(await at.check()).toMatchObject({ status: 'done', evidence: said(/^All 3/) });
  });

  test('a moved object that vanishes afterwards turns the check from green', async () => {
    const { at } = await set();
    await at.run('run');
    await rm(join(storeOf(at.machine), 'project-admin/thumbnails/1.2.276.2.png/xl.meta'));
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: said(/1 of 3 moved thumbnails are not in/),
    });
    expect(existsSync(keptOf(at.machine, 'moved-thumbnails.tsv'))).toBe(true);
  });

  test('a store that is suddenly empty is no reason to go on; a mirror that the old platform left behind is told', async () => {
    const { at, store } = await set();
    await store.empty();
    await mkdir(keptOf(at.machine), { recursive: true });
    await writeFile(keptOf(at.machine, 'baseline.json'), '{"numbers":{"objects/thumbnails":5}}');
    expect(await at.check()).toMatchObject({
      status: 'blocked',
      evidence: said(/had 5 objects. Now it has no thumbnails/),
    });
    await store.put('thumbnails', OLD);
    await mkdir(join(at.machine.slowDataDir, 'minio-thumbnails'));
    expect((await at.run('run')).said).toContain(
      'minio-thumbnails is a mirror that the old platform left behind',
    );
    expect((await at.check()).status).toBe('done');
  });

  test('a store whose disk is too small for both is told before anything is copied', async () => {
    const { at } = await set();
    const disks = join(at.machine.state, 'disks');
    const before = await readFile(disks);
    onTestFinished(() => writeFile(disks, before));
    await writeFile(disks, `${at.machine.slowDataDir}\t4000\t0\n`);
    const { code, said: words } = await at.run('run');
    expect(code).toBe(1);
    expect(words).toContain('too little room on the disk');
  });

  test('the old platform, a store that is down, another login, a hanging mc: blocked or unknown, never done', async () => {
    const { at, store, hook } = await set();
    await rm(join(storeOf(at.machine), 'project-admin'), { recursive: true });
    expect(await at.check()).toMatchObject({ status: 'blocked', evidence: said(/no bucket project-admin/) });
    expect((await at.run('run')).code).toBe(1);
    await store.empty();
    await writeFile(join(storeOf(at.machine), '.login'), 'other\nlogin\n');
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: said(/does not accept the login of its own pod/),
    });
    await store.empty();
    await hook('[[ "$*" != *" ls "* ]] || { echo not json; exit 0; }');
    expect((await at.check()).status).toBe('unknown');
    await writeFile(join(at.machine.state, 'cluster-down'), '');
    expect(await at.check()).toMatchObject({ status: 'unknown', evidence: said(/was refused/) });
  });

  test('a pod of MinIO without mc: the pod of the sync application is used, where it was started', async () => {
    const { at } = await set();
    await withoutMc(at.machine);
    expect(await at.check()).toMatchObject({
      status: 'unknown',
      evidence: said(/pod of MinIO has no mc.*Start MinIO sync/),
    });
    expect((await at.run('run')).said).toContain('Start MinIO sync');
    await startSyncPod(at.machine);
    expect((await at.run('run')).code).toBe(0);
    expect((await at.check()).status).toBe('done');
  });

  test('a second run beside the first one does no harm', async () => {
    const { at, store, hook } = await set();
    await hook(
      `[[ "$*" != *" cp "* ]] || { : >'${at.machine.state}/begun'; while [[ -e '${at.machine.state}/mc-hook' ]]; do sleep 0.05; done; }`,
    );
    const first = at.run('run');
    await until(() => existsSync(join(at.machine.state, 'begun')));
    const second = at.run('run');
    await pause(300);
    await rm(join(at.machine.state, 'mc-hook'));
    await Promise.all([first, second]);
    expect((await at.run('run')).code).toBe(0);
    expect(await store.content('project-admin')).toEqual(NEW);
    expect((await at.check()).status).toBe('done');
  });
});

describe("the guide's own commands, with the real mc and a real MinIO", () => {
  test('lose what stands in the project already, and fail when run twice', async (context) => {
    if (!tools) cannotRun(context, 'there is no MinIO server; node test/minio/prepare.mjs prepares one');
    const at = await stage('move-static-results', { platform: { version: '0.4.1' } });
    const store = await startRealStore(at.machine, tools);
    onTestFinished(store.stop);
    await store.put('staticwebsiteresults', { 'a/index.html': 'old' });
    await store.put('project-admin', { 'staticwebsiteresults/a/index.html': 'newer' });
    await store.mc('mv', '--recursive', 'km/staticwebsiteresults', 'km/project-admin');
    expect(await store.content('project-admin')).toEqual({
      'staticwebsiteresults/a/index.html': hash('old'),
    });
    await expect(
      store.mc('mv', '--recursive', 'km/staticwebsiteresults', 'km/project-admin'),
    ).rejects.toThrow();
    await store.put('staticwebsiteresults', { 'b/index.html': 'old' });
    await store.mc('mv', '--recursive', 'km/staticwebsiteresults/', 'km/project-admin');
    expect(Object.keys((await store.content('project-admin'))!)).toContain('b/index.html');
  });
});
