import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { closeBrowser, testIn, until, type EditorVersion, type Workbench } from './harness';
import { CONTAINER, killSshClients, setScene, VIEW, type Scene } from './scene';

const ASK = 'Ask a question';
const WALK = 'Take a long walk';
const RAZE = 'Raze the old';
const DOWN = 'Take the platform down';
const RESTART = 'Restart the host';
const PAPER = 'Do it on paper';

afterAll(closeBrowser);

// The oldest version has the narrowest interface; the newest one is met by an admin's other tests.
describe.each<EditorVersion>(['floor'])('durable steps in VS Code, the %s', (version) => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({ version, drill: true });
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
  });
  afterAll(() => scene.end());

  const test = testIn(() => window);
  const tree = (of = window) => of.tree(VIEW);
  const reads = (label: string, description: RegExp, of = window) =>
    until(`"${label}" to read ${String(description)}`, async () =>
      description.test((await tree(of).row(label)).description),
    );
  /** Any key closes a view that has come to its end. */
  const closeView = async () => {
    await window.terminal.waitForText('Press any key');
    const views = window.page.locator('.terminal-wrapper');
    const before = await views.count();
    await window.terminal.press('Enter');
    await until('the view to close', async () => (await views.count()) < before);
  };
  const atHome = (file: string) => writeFile(join(scene.host.home, file), '');

  test('a destructive step is refused until what it needs is proven', async () => {
    await tree().clickInline(RAZE, 'Run Step');
    const text = await window.notifications.waitFor(/cannot be taken back/);
    expect(text).toContain('what it needs is not proven: "Ask a question"');
    expect(text).toContain('Run those steps, or check them');
    await window.notifications.close(/cannot be taken back/);
  });

  test('a step that asks says so in the tree, and takes the answer from its terminal', async () => {
    await tree().clickInline(ASK, 'Run Step');
    await window.dialog.click('Run');
    await window.terminal.waitForText('Password of the drill:');
    await reads(ASK, /^waiting for input/);
    await window.screenshot('waiting');
    await window.terminal.type('hush');
    await window.terminal.press('Enter');
    await window.terminal.waitForText('Succeeded. asked is there.');
    await reads(ASK, /^done/);
    await closeView();
  });

  test('a step whose question nobody sees calls for somebody', async () => {
    await tree().clickInline(ASK, 'Run Step');
    await window.dialog.click('Run');
    await window.terminal.waitForText('Password of the drill:');
    await window.terminal.press('Control+c');
    await window.terminal.waitForText('Left the view. The step goes on');
    await closeView();
    await reads(ASK, /^waiting for input/);
    await window.reload();
    await window.openViewContainer(CONTAINER);
    await window.notifications.waitFor(/It waits for an answer in its terminal: Password of the drill/);
    await window.notifications.click(/It waits for an answer/, 'Show Terminal');
    await window.terminal.waitForText('Password of the drill:');
    await window.terminal.type('hush');
    await window.terminal.press('Enter');
    await reads(ASK, /^done/);
    await closeView();
  });

  test('a step is followed with its progress in two windows, whatever becomes of a connection', async () => {
    await tree().clickInline(WALK, 'Run Step');
    await window.dialog.click('Run');
    await reads(WALK, /^running · 25 % miles/);
    const second = await scene.open();
    await second.openViewContainer(CONTAINER);
    await reads(WALK, /^running · 25 % miles/, second);
    await tree(second).chooseFromMenu(WALK, "Open the Step's Log");
    await second.textEditor.waitForText('mile 1');
    await killSshClients(scene.host);
    await atHome('mile-1');
    await reads(WALK, /^running · 50 % miles/);
    await reads(WALK, /^running · 50 % miles/, second);
    await second.textEditor.waitForText('mile 2');
    for (const mile of [2, 3, 4]) await atHome(`mile-${mile}`);
    await reads(WALK, /^done/, second);
    await reads(WALK, /^done/);
    await second.close();
    await closeView();
  });

  test('a destructive step is shown, and asks for the name of the host', async () => {
    await tree().clickInline(RAZE, 'Run Step');
    const { message, detail } = await window.dialog.text();
    expect(message).toBe('Raze the old on rehearsal?');
    expect(detail).toContain('destructive, cannot simply be taken back');
    await window.dialog.click('Run');
    await window.quickInput.opened('Raze the old on rehearsal?');
    await window.textEditor.waitForText('echo "razing"');
    await window.quickInput.type('another-host');
    await window.quickInput.accept();
    await until('another name to be refused', async () =>
      (await window.quickInput.message()).includes('Type rehearsal.'),
    );
    await window.screenshot('destructive');
    await window.quickInput.answer('rehearsal');
    await window.terminal.waitForText('Succeeded. razed is there.');
    await reads(RAZE, /^done/);
    await closeView();
  });

  test('a step is taken back, and not while another one builds on it', async () => {
    await tree().chooseFromMenu(ASK, 'Take Step Back…');
    await window.notifications.close(/"Raze the old" came after "Ask a question" and built on it/);
    await tree().chooseFromMenu(RAZE, 'Take Step Back…');
    expect((await window.dialog.text()).message).toBe('Take back "Raze the old" on rehearsal?');
    await window.dialog.click('Take Back');
    await reads(RAZE, /^undone/);
    await closeView();
    // What was wanted and is in sight is told once, by row and terminal.
    expect(await window.notifications.messages()).toEqual([]);
    await tree().chooseFromMenu(ASK, 'Take Step Back…');
    await window.dialog.click('Take Back');
    await reads(ASK, /^undone/);
    expect((await tree().row(RAZE)).ariaLabel).toContain('undone');
    await closeView();
  });

  test('stopping asks once and tells the state of the system', async () => {
    await tree().clickInline(ASK, 'Run Step');
    await window.dialog.click('Run');
    await window.terminal.waitForText('Password of the drill:');
    await tree().clickInline(ASK, 'Stop Step');
    await window.dialog.click('Stop Step');
    await window.terminal.waitForText('Cancelled. asked is not there.');
    await reads(ASK, /^cancelled/);
    await closeView();
  });

  test('the log of any attempt can be chosen', async () => {
    await tree().chooseFromMenu(ASK, "Open the Step's Log");
    await window.quickInput.opened();
    const labels = (await window.quickInput.items()).map(({ label }) => label);
    expect(labels).toEqual(['Attempt 4', 'Attempt 3, way back', 'Attempt 2', 'Attempt 1']);
    await window.quickInput.choose('Attempt 1');
    await window.textEditor.waitForText('Password of the drill:');
  });

  test('answers for a step that was done by hand, and takes it back', async () => {
    await tree().chooseFromMenu(PAPER, 'Mark as Done by Hand…');
    await window.quickInput.opened(`${PAPER}: done by hand`);
    await window.quickInput.answer('Written down in the change ticket.');
    await reads(PAPER, /^done by hand · /);
    await tree().chooseFromMenu(PAPER, 'Mark as Not Done');
    await reads(PAPER, /^by hand$/);
  });

  test('one step is checked from the menu, and all from the title', async () => {
    await tree().chooseFromMenu(WALK, 'Check Step');
    await window.notifications.waitFor('Take a long walk: done. walked is there.');
    await window.clickViewAction(VIEW, 'Check All Steps');
    await window.notifications.waitFor(/Checked 5 steps on rehearsal\. None needs attention/);
  });

  test('a restart of the host is awaited, and its check decides', async () => {
    await tree().clickInline(RESTART, 'Run Step');
    expect((await window.dialog.text()).detail).toContain('The connection is lost on purpose');
    await window.dialog.click('Run');
    await reads(RESTART, /^host restarts/);
    await scene.host.kill();
    await window.waitForMessage(VIEW, /The host restarts; its return has been awaited/);
    await window.screenshot('restarting');
    await writeFile(join(scene.host.root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`);
    await scene.host.comeBack();
    await reads(RESTART, /^done/);
  });

  test('the journal is verified, and what was changed is found', async () => {
    await window.runCommand('Kaapana Migration: Verify Journal and Logs');
    await window.notifications.waitFor(/The journal on rehearsal is whole: \d+ records, 8 attempts/);
    await writeFile(join(scene.runFolder, 'steps/walked/1/out.log'), 'I went by train.\n');
    await window.runCommand('Kaapana Migration: Verify Journal and Logs');
    await window.notifications.click(/does not agree/, 'Show What Differs');
    await window.textEditor.waitForText('The log of attempt 1 of walked is not the one');
  });

  test('a second person sees who is at it, and takes over only on purpose', async () => {
    const mine = await tree().row(DOWN);
    expect(mine.description).toMatch(/^ready/);
    await writeFile(
      join(scene.host.home, '.bashrc'),
      'export SSH_CONNECTION="10.0.0.99 50000 10.0.0.1 22"\n',
    );
    const second = await scene.open();
    await second.openViewContainer(CONTAINER);
    await second.waitForMessage(VIEW, /conducted by \S+ from 127\.0\.0\.1/);
    await tree(second).clickInline(DOWN, 'Run Step');
    await second.dialog.click('Run');
    const { message: title, detail } = await second.dialog.text();
    expect(title).toMatch(/from 127\.0\.0\.1 conducts this migration/);
    expect(detail).toContain('Talk to them before you take over');
    await second.screenshot('taking over');
    await second.dialog.click('Take Over');
    await reads(DOWN, /^done/, second);
    await second.close();
  });
});

describe('an editor inside the platform', () => {
  it('does not take its own platform down, and says where to go on', async () => {
    const scene = await setScene({
      version: 'newest',
      drill: true,
      env: { KUBERNETES_SERVICE_HOST: '10.152.183.1' },
    });
    try {
      const window = await scene.open();
      onTestFailed(() => window.dump('inside the platform'));
      await window.openViewContainer(CONTAINER);
      await window.tree(VIEW).clickInline(DOWN, 'Run Step');
      const text = await window.notifications.waitFor(/This editor runs in a pod of the platform/);
      expect(text).toContain('Open VS Code on another machine, install this extension, choose the same host');
      await window.tree(VIEW).clickInline(ASK, 'Run Step');
      await window.dialog.click('Run');
      await window.terminal.waitForText('Password of the drill:');
    } finally {
      await scene.end();
    }
  });
});
