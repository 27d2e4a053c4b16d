import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { closeBrowser, testIn, type Workbench } from './harness';
import { CONTAINER, setScene, VIEW, type Scene } from './scene';

describe('settings that cannot be written', () => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({ version: 'floor', host: false, settings: { 'kaapanaMigration.host': '' } });
    // Root may write any file, so a folder stands where the file should be.
    const file = join(scene.editor.userDataDir, 'Machine/settings.json');
    await rm(file);
    await mkdir(file);
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
  });
  afterAll(async () => {
    await scene.end();
    await closeBrowser();
  });

  const test = testIn(() => window);

  test('keep nobody from choosing a host; this editor remembers it, and says so', async () => {
    await window.clickWelcome(VIEW, 'Choose Host');
    await window.quickInput.choose('This machine');
    await window.notifications.waitFor(/settings cannot be written here/);
    await window.tree(VIEW).row('Check the host');
    await window.reload();
    await window.openViewContainer(CONTAINER);
    expect((await window.tree(VIEW).row('Check the host')).description).toMatch(/^ready/);
  });
});
