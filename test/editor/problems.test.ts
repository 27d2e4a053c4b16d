import { readdir, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { startRehearsalHost, type RehearsalHost, type RehearsalOptions } from '../rehearsal/host';
import { installedGuide } from './drill';
import { closeBrowser, testIn, until, type Workbench } from './harness';
import { confirmValues, CONTAINER, reaching, setScene, VIEW, type Scene } from './scene';

let scene: Scene;
let window: Workbench;
const hosts: RehearsalHost[] = [];

beforeAll(async () => {
  scene = await setScene({ version: 'floor', settings: { 'kaapanaMigration.host': '' } });
  window = await scene.open();
  await window.openViewContainer(CONTAINER);
});
afterAll(async () => {
  await scene.end();
  await closeBrowser();
});
afterEach(async () => {
  await window.runCommand('Notifications: Clear All Notifications');
  await scene.editor.writeSettings({ 'kaapanaMigration.host': '' });
  await until('the welcome', async () => (await window.welcome(VIEW)).buttons.includes('Choose Host'));
  for (const host of hosts.splice(0)) await host.stop();
});

const meet = async (host: RehearsalHost, settings: Record<string, unknown> = {}): Promise<void> =>
  scene.editor.writeSettings({ ...reaching(host), ...settings });

async function rehearsal(options?: RehearsalOptions): Promise<RehearsalHost> {
  const host = await startRehearsalHost(options);
  hosts.push(host);
  return host;
}

/** What the view says and offers instead of steps. */
const welcome = (wanted: RegExp): Promise<{ text: string; buttons: string[] }> =>
  until(`the view to say ${String(wanted)}`, async () => {
    const said = await window.welcome(VIEW);
    return wanted.test(said.text) ? said : undefined;
  });

const test = testIn(() => window);

describe('one clear message with the next action', () => {
  test('without an ssh program', async () => {
    await meet(await rehearsal(), { 'kaapanaMigration.sshPath': '/nonexistent/ssh' });
    await window.notifications.waitFor(/There is no program "\/nonexistent\/ssh" on this machine/);
    expect((await welcome(/no OpenSSH client/)).buttons).toEqual(['Open Settings', 'Try Again']);
  });

  test('when the host cannot be reached', async () => {
    const host = await rehearsal();
    await host.goDown();
    await meet(host);
    await window.notifications.waitFor(
      /rehearsal cannot be reached: .*Connection refused.*Check that the host is up/,
    );
    await welcome(/Check that it is up/);
    await host.comeBack();
    await window.clickWelcome(VIEW, 'Try Again');
    await window.tree(VIEW).row('Check the host');
  });

  test('when another window chooses another host: this one stays, and says so', async () => {
    const host = await rehearsal();
    await meet(host);
    await window.tree(VIEW).row('Check the host');
    await meet(host, { 'kaapanaMigration.host': 'another' });
    await window.notifications.waitFor(/now names the host another\. This window stays on rehearsal/);
    await window.tree(VIEW).row('Check the host');
  });

  test('when the host key has changed', async () => {
    const host = await rehearsal();
    await host.replaceHostKey();
    await meet(host);
    await window.notifications.waitFor(/The host key of rehearsal is not the one that was seen before/);
    await welcome(/Nothing was sent/);
  });

  test('with a wrong password', async () => {
    await meet(await rehearsal({ authentication: 'password' }));
    await welcome(/asks for a login.*stored nowhere/);
    await window.clickWelcome(VIEW, 'Log In');
    for (let attempt = 1; attempt <= 3; attempt++) {
      await window.terminal.waitForText(new RegExp(`(password:[^]*){${attempt}}`));
      await window.terminal.type('wrong');
      await window.terminal.press('Enter');
    }
    await window.terminal.waitForText(/Permission denied[^]*The login did not succeed/);
    await window.terminal.press('Enter');
    await window.page.locator('.terminal-wrapper').waitFor({ state: 'detached' });
    await welcome(/asks for a login/);
  });

  test('with a key that has a passphrase: it is asked in the terminal, and then the steps are there', async () => {
    const host = await rehearsal({ authentication: 'key-with-passphrase' });
    await meet(host);
    await welcome(/asks for a login/);
    await window.clickWelcome(VIEW, 'Log In');
    await window.terminal.waitForText(/passphrase/);
    await window.terminal.type(host.passphrase);
    await window.terminal.press('Enter');
    await window.tree(VIEW).row('Check the host');
  });

  test('when the state folder cannot be written', async () => {
    const host = await rehearsal();
    await mkdir(join(host.home, '.local/state'), { recursive: true });
    await writeFile(join(host.home, '.local/state/kaapana-migration'), 'not a folder');
    await meet(host);
    await window.notifications.waitFor(/cannot be written/);
    await welcome(/home folder that it can write/);
  });

  test('when the guide is damaged', async () => {
    const guide = await installedGuide(scene.editor.extensionsDir);
    const whole = await readFile(guide);
    await writeFile(guide, whole.subarray(0, 1000));
    await meet(await rehearsal());
    await window.notifications.waitFor(
      /The guide 0.3.5-to-0.4.1 cannot be read from .*Install the extension again/,
    );
    await welcome(/Install the extension again/);
    await writeFile(guide, whole);
  });

  test('when sudo is refused: the host check says no-go, with the remedy', async () => {
    await meet(await rehearsal({ sudo: 'refused' }));
    const tree = window.tree(VIEW);
    await tree.clickInline('Check the host', 'Run Step');
    await confirmValues(window, ['Backup folder', 'Work folder', 'Folder of the Kaapana scripts']);
    await window.terminal.waitForText(/NO-GO/i, 60_000);
    await until('the step to end', async () =>
      (await tree.row('Check the host')).description.includes('no-go'),
    );
    await tree.expand('Check the host');
    expect((await tree.row('Root rights')).description).toMatch(/^no-go/);
    await window.notifications.waitFor(/Check the host: needs attention/);
  });

  test('when the disk fills up: the backup fails, and nothing looks whole', async () => {
    const host = await rehearsal();
    await writeFile(join(host.state, 'copy-full'), '');
    await meet(host);
    const tree = window.tree(VIEW);
    await tree.clickInline('Back up the snapshot', 'Run Step');
    await confirmValues(window, ['Fast data folder', 'Slow data folder', 'Backup folder']);
    await window.dialog.click('Run Anyway');
    await window.terminal.waitForText(/Failed:/, 60_000);
    await until('the step to fail', async () =>
      (await tree.row('Back up the snapshot')).description.startsWith('failed'),
    );
    const left = await readdir(join(host.backupDisk, 'kaapana-migration-backup'));
    expect(left).not.toContain('opensearch-snapshots');
    await rm(join(host.state, 'copy-full'));
  });
});
