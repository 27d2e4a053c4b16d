import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderName, isThisMachine, realFile, WorkflowCopies } from '../../src/host/workflowCopies';
import { sha256 } from '../../src/migration/hash';
import { contentName } from '../../src/migration/workflowFiles';
import { runnerOver } from './connect';
import { Stand } from './stand';

const RUN = '1.0-to-2.0';
const stand = Stand.forThisFile();
const onHost = (name: string) => stand.state('runs', RUN, 'kept', name);
const reason = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { reason?: unknown }).reason ?? error,
  );

/** A step has kept a file on the host. */
async function keptOnHost(name: string, content: string | Buffer): Promise<void> {
  await mkdir(join(onHost(name), '..'), { recursive: true });
  await writeFile(onHost(name), content);
}

describe('a file between a step and an editor, over OpenSSH', () => {
  it('comes as it is, whatever is in it', async () => {
    const content = Buffer.from('\ufeffprint("Jäger")\r\n\0\xff', 'latin1');
    await keptOnHost('dag-files/files/x', content);
    expect(await stand.runner.kept(RUN, 'dag-files/files/x')).toEqual(content);
    await keptOnHost('dag-files/files/x', '');
    expect(await stand.runner.kept(RUN, 'dag-files/files/x')).toHaveLength(0);
  });

  it('goes there whole, private, and in place of an earlier one', async () => {
    const content = `# ${'x'.repeat(900_000)}\n`;
    await stand.runner.keep(RUN, 'dag-files/handed', 'before');
    await stand.runner.keep(RUN, 'dag-files/handed', content);
    expect(await readFile(onHost('dag-files/handed'), 'utf8')).toBe(content);
    expect((await stat(onHost('dag-files/handed'))).mode & 0o077).toBe(0);
    expect((await readdir(stand.state('runs', RUN))).filter((name) => name.startsWith('upload'))).toEqual([]);
    await stand.runner.keep(RUN, 'dag-files/handed', '');
    expect(await readFile(onHost('dag-files/handed'), 'utf8')).toBe('');
  });

  it('that is not there is told as such', async () => {
    expect(await reason(stand.runner.kept(RUN, 'dag-files/fetched'))).toBe('no-copy');
  });

  it('that is too large for this way is not sent', async () => {
    await keptOnHost('dag-files/files/x', Buffer.alloc(8_000_001));
    expect(await reason(stand.runner.kept(RUN, 'dag-files/files/x'))).toBe('no-copy');
  });

  it.each(['../../journal.jsonl', '/etc/passwd', 'dag-files/../../params', 'a b', '.x', ''])(
    'lies among what steps keep, and nowhere else: %j',
    async (name) => {
      expect(await reason(stand.runner.kept(RUN, name))).toBe('bad-request');
      expect(await reason(stand.runner.keep(RUN, name, 'x'))).toBe('bad-request');
    },
  );

  it('that another than this hash belongs to is not kept', async () => {
    const { transport } = stand;
    const tampering = Object.assign(Object.create(transport) as typeof transport, {
      exec: (text: string, options?: Parameters<typeof transport.exec>[1]) =>
        transport.exec(text, {
          ...options,
          ...(options?.input?.startsWith('file ') ? { input: 'file eA==\nend\n' } : {}),
        }),
    });
    expect(await reason(runnerOver(tampering).keep(RUN, 'dag-files/handed', 'what was meant'))).toBe(
      'upload-failed',
    );
    expect(await readFile(onHost('dag-files/handed'), 'utf8').catch(() => 'nothing')).toBe('nothing');
  });
});

describe('copies of workflow files', () => {
  let home: string;
  let copies: WorkflowCopies;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'km-copies-'));
    copies = new WorkflowCopies(join(home, folderName('admin@pacs01')), 'admin@pacs01');
  });
  afterEach(() => rm(home, { recursive: true }));

  /** Takes a file over as it is on the host now. */
  async function take(name: string, text: string) {
    await keptOnHost(contentName(sha256(text)), text);
    return copies.take({ name, why: 'calls', sha256: sha256(text) }, (hash) =>
      stand.runner.kept(RUN, contentName(hash)),
    );
  }
  const text = (path: string) => readFile(path, 'utf8');

  it('are the host’s bytes, say where they come from, and have not changed', async () => {
    const { path } = await take('ward 7/dag a.py', 'import os\r\n');
    expect(await text(path)).toBe('import os\r\n');
    expect(path).toBe(join(copies.folder, 'ward 7/dag a.py'));
    expect(await text(join(copies.folder, 'README.txt'))).toContain('admin@pacs01');
    expect(await copies.changed()).toEqual([]);
  });

  it('that somebody changed are told with what they were, and stay when they are taken again', async () => {
    const { path } = await take('dag_a.py', 'old');
    await take('dag_b.py', 'other');
    await writeFile(path, 'mended');
    expect(await take('dag_a.py', 'old')).toEqual({ path });
    const [changed, ...rest] = await new WorkflowCopies(copies.folder, 'admin@pacs01').changed();
    expect(rest).toEqual([]);
    expect(changed).toMatchObject({ name: 'dag_a.py', before: sha256('old'), after: sha256('mended') });
    expect(changed?.content.toString()).toBe('mended');
    expect(await text(changed!.original)).toBe('old');
  });

  it('are set aside, not lost, when the host’s file has become another one', async () => {
    const { path } = await take('dag_a.py', 'old');
    await writeFile(path, 'mine');
    const { setAside } = await take('dag_a.py', 'theirs');
    expect(await text(path)).toBe('theirs');
    expect(await text(setAside!)).toBe('mine');
    expect(await copies.changed()).toEqual([]);
  });

  it('follow the host where nobody has changed them here, and when what was changed here is there now', async () => {
    const { path } = await take('dag_a.py', 'old');
    expect(await take('dag_a.py', 'new')).toEqual({ path });
    expect(await text(path)).toBe('new');
    await writeFile(path, 'mended');
    expect(await take('dag_a.py', 'mended')).toEqual({ path });
    expect(await copies.changed()).toEqual([]);
  });

  it('are not made of what did not arrive whole', async () => {
    const torn = copies.take({ name: 'dag_a.py', why: 'calls', sha256: sha256('old') }, () =>
      Promise.resolve(Buffer.from('ol')),
    );
    await expect(torn).rejects.toThrow('did not arrive whole');
    expect(await text(join(copies.folder, 'dag_a.py')).catch(() => 'nothing')).toBe('nothing');
  });

  it('that were removed here are not handed over', async () => {
    const { path } = await take('dag_a.py', 'old');
    await rm(path);
    expect(await copies.changed()).toEqual([]);
  });

  it('of each host have a folder of their own, which is never another place', () => {
    expect(folderName('admin@[::1]:22')).not.toMatch(/[/:*?"<>|\\]/);
    for (const name of ['..', '.', './..', '../x']) expect(folderName(name)).toMatch(/^_[^/]*$/);
    expect(folderName('a')).not.toBe(folderName('A@b'));
  });
});

describe('an editor on the host', () => {
  it('opens the very file, where its content proves it and it can be written', async () => {
    const root = await mkdtemp(join(tmpdir(), 'km-dags-'));
    try {
      const file = { name: 'dag_a.py', why: 'calls', sha256: sha256('old') };
      const [elsewhere, mounted] = [join(root, 'elsewhere'), join(root, 'mounted')];
      for (const folder of [elsewhere, mounted]) await mkdir(folder);
      await writeFile(join(elsewhere, 'dag_a.py'), 'another platform’s');
      await writeFile(join(mounted, 'dag_a.py'), 'old');
      const folders = [join(root, 'missing'), elsewhere, mounted];
      expect(await realFile(folders, file)).toBe(join(mounted, 'dag_a.py'));
      expect(await realFile([elsewhere], file)).toBeUndefined();
      expect(await realFile(folders, { name: 'dag_a.py', why: 'it is no text' })).toBeUndefined();
      await chmod(join(mounted, 'dag_a.py'), 0o444);
      if (process.getuid?.() !== 0) expect(await realFile([mounted], file)).toBeUndefined();
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('is known by the boot id, which a container shares with its host', async () => {
    const { stdout } = await promisify(execFile)('cat', ['/proc/sys/kernel/random/boot_id']);
    expect(await isThisMachine(stdout.trim())).toBe(true);
    expect(await isThisMachine((await stand.runner.status(RUN)).boot)).toBe(false);
    expect(await isThisMachine('')).toBe(false);
  });
});
