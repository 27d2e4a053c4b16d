import { join } from 'node:path';
import { closeBrowser } from './harness';
import { confirmValues, CONTAINER, setScene, VIEW } from './scene';

/** `npm run pictures`: takes the README's picture from the real thing. */
async function takePictures(): Promise<void> {
  const scene = await setScene({ version: 'newest', host: { copySeconds: 8 } });
  try {
    const window = await scene.open();
    await window.page.setViewportSize({ width: 1400, height: 860 });
    await window.openViewContainer(CONTAINER);
    const tree = window.tree(VIEW);
    await tree.clickInline('Check the host', 'Run Step');
    await confirmValues(window, ['Backup folder', 'Work folder', 'Folder of the Kaapana scripts']);
    await window.terminal.waitForText(/Succeeded\. Go/, 60_000);
    await window.terminal.press('Enter');
    await window.page.locator('.terminal-wrapper').waitFor({ state: 'detached' });
    await tree.click('Back up the snapshot');
    await window.webview('Where this departs from the official guide');
    await tree.clickInline('Back up the snapshot', 'Run Step');
    await confirmValues(window, ['Fast data folder', 'Slow data folder']);
    await window.dialog.click('Run Anyway');
    await window.terminal.waitForText(/copied [1-9]\d* of/, 60_000);
    await window.page.screenshot({ path: join(import.meta.dirname, '../../media/screenshot.png') });
  } finally {
    await scene.end();
    await closeBrowser();
  }
}

takePictures().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
