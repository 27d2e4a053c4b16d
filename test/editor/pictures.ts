import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostHome } from '../cluster/hostHome';
import { AVAILABLE, deployment, namespace } from '../cluster/objects';
import { clusterMissing, TestCluster } from '../cluster/server';
import { browser, closeBrowser } from './harness/browser';
import { until } from './harness';
import { confirmValues, CONTAINER, setScene, VIEW } from './scene';

const MEDIA = join(import.meta.dirname, '../../media');
const CHECK = 'Check the host';
const BACKUP = 'Back up the snapshot';

/** Small enough to be read in the walkthrough, large enough to show a whole page. */
const SIZE = { width: 1040, height: 700 };
/** The VSIX is carried to machines without internet: it stays small. */
const SMALL = { type: 'jpeg', quality: 72 } as const;

/** What runs on the platform, as far as it is seen beside the steps. */
const DEPLOYED = {
  admin: ['keycloak', 'kube-dashboard', 'oauth2-proxy', 'traefik'],
  services: ['airflow-scheduler', 'airflow-webserver', 'dcm4chee', 'minio-deployment', 'opensearch-de'],
} as const;

/** A real API server with a platform that is up, for the Platform view. */
async function startPlatform(home: string): Promise<TestCluster> {
  const missing = await clusterMissing();
  if (missing !== undefined) throw new Error(missing);
  const cluster = await TestCluster.start();
  for (const [space, names] of Object.entries(DEPLOYED)) {
    await cluster.create(namespace(space));
    for (const name of names) {
      await cluster.create(deployment(space, name));
      await cluster.patchStatus(`/apis/apps/v1/namespaces/${space}/deployments/${name}`, AVAILABLE);
    }
  }
  await HostHome.at(home).setKubeconfig(cluster.kubeconfig());
  return cluster;
}

/** `npm run pictures`: takes the pictures of README and walkthrough from the real thing. */
async function takePictures(): Promise<void> {
  const scene = await setScene({
    version: 'newest',
    host: { copySeconds: 30 },
    settings: { 'kaapanaMigration.host': '' },
  });
  let cluster: TestCluster | undefined;
  try {
    cluster = await startPlatform(scene.host.home);
    const window = await scene.open();
    await window.page.setViewportSize(SIZE);
    const picture = (name: string) =>
      window.page.screenshot({ path: join(MEDIA, 'walkthrough', `${name}.jpg`), ...SMALL });
    const tree = window.tree(VIEW);

    await window.openViewContainer(CONTAINER);
    await window.clickWelcome(VIEW, 'Choose Host');
    await window.quickInput.opened('Choose the Kaapana host');
    await picture('host');
    await window.quickInput.choose('rehearsal');

    await tree.clickInline(CHECK, 'Run Step');
    await confirmValues(window, ['Backup folder', 'Work folder', 'Folder of the Kaapana scripts']);
    await window.terminal.waitForText(/Succeeded\. Go/, 60_000);
    await window.terminal.press('Enter');
    await window.page.locator('.terminal-wrapper').waitFor({ state: 'detached' });
    await tree.click(CHECK);
    const check = await window.webview('What the check found');
    await check.getByText(/^\d+ in order$/).waitFor();
    await check.getByRole('heading', { name: 'What the check found' }).scrollIntoViewIfNeeded();
    await picture('check');

    await window.runCommand('Kaapana Migration: Open Run Overview');
    await (await window.webview('steps settled')).getByText(/^Point of no return/).waitFor();
    await picture('plan');

    await tree.click(BACKUP);
    await window.webview('Where this departs from the official guide');
    await tree.clickInline(BACKUP, 'Run Step');
    await confirmValues(window, ['Fast data folder', 'Slow data folder']);
    await window.dialog.click('Run Anyway');
    await window.terminal.waitForText(/copied [1-9]\d* of/, 60_000);
    await window.page.setViewportSize({ width: 1400, height: 860 });
    await (await window.webview('Last lines of the log')).locator('[role=progressbar]').waitFor();
    // The terminal shows its new size for a second; the mouse leaves what it may rest on for the empty status bar, as a
    // tooltip does not see it go into a page.
    await window.page.mouse.move(800, 844);
    await window.page.waitForTimeout(1500);
    await window.page.screenshot({ path: join(MEDIA, 'screenshot.png') });
    await window.page.setViewportSize(SIZE);
    await window.runCommand('View: Hide Panel');
    await (await window.webview('Last lines of the log')).locator('[role=progressbar]').waitFor();
    await picture('step');

    await tree.waitForRow(BACKUP, ({ description }) => description.startsWith('done'), 120_000);
    await window.runCommand('Kaapana Migration: Export Report…');
    await window.quickInput.opened(/Export the report/);
    await window.quickInput.accept();
    const file = await until('the report', async () =>
      (await readdir(scene.workspace)).find((name) => name.endsWith('.html')),
    );
    const report = await (await browser()).newPage({ viewport: SIZE });
    await report.setContent(await readFile(join(scene.workspace, file), 'utf8'));
    await report.screenshot({ path: join(MEDIA, 'walkthrough/report.jpg'), ...SMALL });
  } finally {
    await scene.end();
    await cluster?.stop();
    await closeBrowser();
  }
}

takePictures().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
