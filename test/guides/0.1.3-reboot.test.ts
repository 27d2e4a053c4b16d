import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { Session } from '../../src/host/session';
import type { Command } from '../../src/migration/command';
import type { Guide } from '../../src/migration/guide';
import { until } from '../host/connect';
import { Stand } from '../host/stand';
import { deploy013 } from '../rehearsal/kaapana-0.1/flavour';
import { oldGuide } from './old-stage';
import { composed } from './stage';

// The step that restarts the host, started by the real runner over a real OpenSSH server, whose host then really goes.
const stand = Stand.forThisFile({ platform: false, scripts: [], snapshotBytes: 1000 });
const STARTED = { step: 'reboot', kind: { mode: 'run', reboots: true } } as const;
let guide: Guide;
let command: Command;
let session: Session;

const bootId = () => join(stand.host.root, 'proc/sys/kernel/random/boot_id');
const mount = (...lines: string[]) =>
  writeFile(join(stand.host.state, 'mounts'), ['/\t/dev/sda1', ...lines, ''].join('\n'));
const DATA_DISK = () => `${stand.host.root}/data\t/dev/sdb1`;
const seen = () => Promise.resolve(session.run.steps.find(({ step }) => step.id === 'reboot'));

beforeAll(async () => {
  guide = await oldGuide();
  const { fastDataDir: fast, state } = stand.host;
  command = composed(guide, 'reboot', { FAST_DATA_DIR: fast, SLOW_DATA_DIR: fast });
  await deploy013(stand.host, { fast, slow: fast });
  await rm(join(state, 'snap/microk8s'));
  // systemd takes the order and carries it out some seconds later: here, when the test does.
  await writeFile(join(state, 'reboot-hold'), '');
});

beforeEach(async () => {
  const kept = stand.state('runs', guide.id, 'kept');
  const disk = `/dev/sdb1 ${stand.host.root}/data`;
  await mkdir(kept, { recursive: true });
  await writeFile(join(kept, 'server-uninstalled'), await readFile(bootId()));
  await writeFile(join(kept, 'platform'), `fast_mount=${disk}\nslow_mount=${disk}\n`);
  await mount(DATA_DISK());
  session = new Session(guide, stand.transport, stand.runner);
  session.start();
  return () => {
    session.stop();
  };
});

test('the restart is awaited over the lost connection; another boot id and the disks decide', async () => {
  await stand.start({ guide, command }, STARTED);
  await until(seen, (now) => now?.state === 'rebooting');
  await stand.host.kill();
  await until(
    () => Promise.resolve(session.connection.state),
    (now) => now === 'lost',
  );
  expect(session.run.active?.step.id).toBe('reboot');

  // Back without the disk of the data: the new platform must not begin on an empty folder.
  await writeFile(bootId(), `${randomUUID()}\n`);
  await mount();
  await stand.host.comeBack();
  const back = await until(seen, (now) => now?.state === 'needs-attention');
  expect(back?.attempts.at(-1)?.check?.evidence).toContain('Its disk is not mounted');

  // Mounted by hand: the check alone settles it, and nothing is restarted a second time.
  await mount(DATA_DISK());
  expect(await stand.runner.check(guide.id, 'reboot', command)).toMatchObject({ status: 'done' });
  const settled = await until(seen, (now) => now?.state === 'succeeded');
  expect(settled?.attempts).toHaveLength(1);
});

test('a connection that is lost without a restart is not one', async () => {
  await writeFile(join(stand.host.home, '.bashrc'), 'export KM_REBOOT_WAIT=1\n');
  await stand.start({ guide, command }, STARTED);
  await until(seen, (now) => now?.state === 'rebooting');
  await stand.host.dropConnections();
  const back = await until(seen, (now) => now?.state === 'needs-attention');
  expect(back?.attempts.at(-1)?.check).toMatchObject({
    status: 'pending',
    evidence: expect.stringContaining('was not restarted since') as string,
  });
});
