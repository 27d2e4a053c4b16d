import { afterAll, beforeAll, describe, expect } from 'vitest';
import { deploy013 } from '../rehearsal/kaapana-0.1/flavour';
import { closeBrowser, testIn, type Workbench } from './harness';
import { CONTAINER, setScene, VIEW, type Scene } from './scene';

const OLD = 'Kaapana 0.1.3 → 0.2.2';
const NEW = 'Kaapana 0.3.5 → 0.4.1';

afterAll(closeBrowser);

describe('the guide for a host with 0.1.3', () => {
  let scene: Scene;
  let window: Workbench;

  beforeAll(async () => {
    scene = await setScene({
      version: 'newest',
      host: { platform: false, scripts: [], snapshotBytes: 1000 },
    });
    const { fastDataDir: fast } = scene.host;
    await deploy013(scene.host, { fast, slow: fast });
    window = await scene.open();
  });
  afterAll(() => scene.end());

  const test = testIn(() => window);

  test('is opened by itself, and says why', async () => {
    await window.openViewContainer(CONTAINER);
    expect(await window.notifications.waitFor(/0\.2\.2 is open\./, 60_000)).toContain(
      'shows Kaapana 0.1.3: helm lists kaapana-platform-chart-0.1.3 in the namespace kaapana.',
    );
    await window.tree(VIEW).row('Undeploy 0.1.3');
    const labels = (await window.tree(VIEW).rows()).map(({ label }) => label);
    expect(labels).toEqual(
      expect.arrayContaining([
        'Fetch the scripts',
        'Restart the host',
        'Copy the old data',
        'Delete the old data',
      ]),
    );
    expect(labels).not.toContain('Back up the snapshot');
    await window.screenshot('guide-0.1.3');
  });

  test('gives way to the one that is chosen by hand, also after a reload', async () => {
    const ask = async () => {
      await window.runCommand('Kaapana Migration: Choose Guide…');
      await window.quickInput.opened('Choose the migration guide');
    };
    await ask();
    expect(
      (await window.quickInput.items()).map(({ label, description }) => [
        label,
        description.endsWith('open now'),
      ]),
    ).toEqual([
      [NEW, false],
      [OLD, true],
    ]);
    await window.screenshot('guide-choice');
    await window.quickInput.choose(NEW);
    await window.tree(VIEW).row('Back up the snapshot');
    await window.reload();
    await window.openViewContainer(CONTAINER);
    await window.tree(VIEW).row('Back up the snapshot');
    await ask();
    await window.quickInput.choose(OLD);
    await window.tree(VIEW).row('Undeploy 0.1.3');
  });
});
