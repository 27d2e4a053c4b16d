import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { clusterMissing, TestCluster, type KubeBody } from '../cluster/server';
import { AVAILABLE, deployment, job, namespace } from '../cluster/objects';
import { closeBrowser, testIn, until, type ColorTheme, type Workbench } from './harness';
import { CONTAINER, setScene, type Scene } from './scene';

const VIEW = 'Platform';
const IMAGE = 'registry.example/keycloak:0.4.1';

afterAll(closeBrowser);

/** A pod as its controller makes it. */
const pod = (space: string, name: string, owner: 'ReplicaSet' | 'Job', of: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: space,
    name,
    labels: { app: of, ...(owner === 'ReplicaSet' ? { 'pod-template-hash': '7f' } : {}) },
    ownerReferences: [
      {
        apiVersion: owner === 'Job' ? 'batch/v1' : 'apps/v1',
        kind: owner,
        name: owner === 'Job' ? of : `${of}-7f`,
        uid: '00000000-0000-0000-0000-000000000001',
        controller: true,
      },
    ],
  },
  spec: { containers: [{ name: 'main', image: IMAGE }] },
});

const podPath = (space: string, name: string) => `/api/v1/namespaces/${space}/pods/${name}`;
const container = (more: object) => ({
  name: 'main',
  image: IMAGE,
  imageID: '',
  ready: false,
  restartCount: 0,
  ...more,
});
const RUNNING = {
  phase: 'Running',
  containerStatuses: [container({ ready: true, state: { running: { startedAt: null } } })],
};
const NO_IMAGE = {
  phase: 'Pending',
  containerStatuses: [
    container({
      state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${IMAGE}"` } },
    }),
  ],
};

describe('the platform beside the steps', () => {
  let cluster: TestCluster;
  let scene: Scene;
  let window: Workbench;
  let missing: string | undefined;

  const kubeconfigFile = () => join(scene.host.home, '.kube/config');
  /** As MicroK8s prints it. */
  const kubeconfig = () =>
    writeFile(kubeconfigFile(), stringify(JSON.parse(cluster.kubeconfig())), { mode: 0o600 });

  beforeAll(async () => {
    missing = await clusterMissing();
    if (missing !== undefined) return;
    cluster = await TestCluster.start();
    scene = await setScene({ version: 'newest' });
    window = await scene.open();
  }, 3_600_000);
  afterAll(async () => {
    if (missing !== undefined) return;
    await scene.end();
    await cluster.stop();
  });

  const test = testIn(
    () => window,
    () => missing,
  );

  const says = (wanted: RegExp) => window.waitForMessage(VIEW, wanted, 60_000);
  const descriptionOf = async (label: string) => (await window.tree(VIEW).row(label)).description;

  const looks = async (name: string, themes: readonly ColorTheme[] = ['dark', 'light', 'high-contrast']) => {
    for (const theme of themes) {
      await window.wear(theme);
      await window.page.mouse.move(1200, 300);
      await window.screenshot(`platform-${name}`);
    }
  };

  test('tells why it may not look, and what to do', async () => {
    await window.openViewContainer(CONTAINER);
    await says(/^The kubeconfig on the host cannot be used: .* Steps do not need this view\.$/);
  });

  test('tells that no cluster answers, and what that means', async () => {
    await rm(kubeconfigFile());
    await window.clickViewAction(VIEW, 'Look at the Platform Again');
    await until(
      'the welcome with its buttons',
      async () => {
        const { text, buttons } = await window.welcome(VIEW);
        return text.includes('no cluster') && buttons.join() === 'Look Again,Show What Was Found';
      },
      { timeoutMs: 60_000 },
    );
    await looks('absent');
  });

  test('tells an empty cluster as such, not as ready', async () => {
    await kubeconfig();
    await cluster.create(namespace('admin'), namespace('services'));
    await window.clickWelcome(VIEW, 'Look Again');
    await says(/^Nothing is deployed\. Between undeploying and deploying that is as it should be\.$/);
  });

  test('shows a deployment as it comes up: trouble first, in words', async () => {
    await cluster.create(
      deployment('admin', 'keycloak'),
      deployment('admin', 'oauth2-proxy'),
      deployment('services', 'airflow-webserver'),
      job('admin', 'init-extensions'),
      pod('admin', 'keycloak-7f-1', 'ReplicaSet', 'keycloak'),
      pod('admin', 'oauth2-proxy-7f-1', 'ReplicaSet', 'oauth2-proxy'),
      pod('services', 'airflow-webserver-7f-1', 'ReplicaSet', 'airflow-webserver'),
      pod('admin', 'init-extensions-1', 'Job', 'init-extensions'),
    );
    for (const [space, name] of [
      ['admin', 'oauth2-proxy'],
      ['services', 'airflow-webserver'],
    ] as const) {
      await cluster.patchStatus(podPath(space, `${name}-7f-1`), RUNNING);
      await cluster.patchStatus(`/apis/apps/v1/namespaces/${space}/deployments/${name}`, AVAILABLE);
    }
    await cluster.patchStatus(podPath('admin', 'init-extensions-1'), RUNNING);
    await says(/^Not ready yet: 2 of 3 deployments available; waiting for init-extensions, keycloak\.$/);
    await looks('during');
    await cluster.patchStatus(podPath('admin', 'keycloak-7f-1'), NO_IMAGE);
    await says(/^Needs attention: 2 of 3 .*; keycloak: the image cannot be fetched\.$/);
    const [first] = await window.tree(VIEW).visibleRows();
    expect(first).toMatchObject({ label: 'admin', expanded: true });
    expect(first?.description).toContain('1 needs attention');
    expect(await descriptionOf('keycloak')).toBe('the image cannot be fetched · 0 of 1 available');
    for (const { ariaLabel, label } of await window.tree(VIEW).visibleRows())
      expect(ariaLabel).toContain(`${label}, `);
    await looks('trouble');
  });

  test('describes a pod with its events', async () => {
    await cluster.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'admin', name: 'failed' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'admin', name: 'keycloak-7f-1' },
      type: 'Warning',
      reason: 'Failed',
      message: `Failed to pull image "${IMAGE}": unauthorized`,
      count: 4,
      lastTimestamp: new Date().toISOString(),
    } as KubeBody);
    await window.tree(VIEW).expand('keycloak');
    await window.tree(VIEW).clickInline('keycloak-7f-1', 'Describe');
    const text = await window.textEditor.waitForText(/unauthorized/);
    expect(text).toContain('Belongs to      Deployment keycloak');
    expect(text).toContain('the image cannot be fetched (ImagePullBackOff)');
    await looks('describe', ['dark']);
  });

  test('restarts a pod only after a question that says what happens', async () => {
    await window.tree(VIEW).chooseFromMenu('keycloak-7f-1', 'Restart Pod…');
    const { message: asked, detail } = await window.dialog.text();
    expect(asked).toBe(`Restart the pod keycloak-7f-1? (${scene.host.alias})`);
    expect(detail).toContain('the Deployment keycloak starts a new one in its place');
    await window.dialog.click('Cancel');
    expect(await cluster.request('GET', podPath('admin', 'keycloak-7f-1'))).toBeTruthy();
    await window.tree(VIEW).chooseFromMenu('keycloak-7f-1', 'Restart Pod…');
    await window.dialog.text();
    await window.dialog.click('Restart');
    await until('the pod to go', async () =>
      cluster.request('GET', podPath('admin', 'keycloak-7f-1')).then(
        () => false,
        () => true,
      ),
    );
  });

  test('is ready when every deployment is available and every job has succeeded', async () => {
    await cluster.create(pod('admin', 'keycloak-7f-2', 'ReplicaSet', 'keycloak'));
    await cluster.patchStatus(podPath('admin', 'keycloak-7f-2'), RUNNING);
    await cluster.patchStatus('/apis/apps/v1/namespaces/admin/deployments/keycloak', AVAILABLE);
    await says(/^Not ready yet: 3 of 3 deployments available; waiting for init-extensions\.$/);
    await cluster.patchStatus(podPath('admin', 'init-extensions-1'), { phase: 'Succeeded' });
    const now = new Date().toISOString();
    await cluster.patchStatus('/apis/batch/v1/namespaces/admin/jobs/init-extensions', {
      succeeded: 1,
      startTime: now,
      completionTime: now,
      uncountedTerminatedPods: {},
      conditions: ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, status: 'True' })),
    });
    await says(/^Ready: 3 of 3 deployments available, 1 job done\.$/);
    expect(await descriptionOf('Finished jobs')).toBe('1 done');
    await looks('ready');
  });

  test('says so when the connection is lost, keeps what was seen, and comes back', async () => {
    await cluster.stopApi();
    await says(/^As of \d\d:\d\d, reconnecting… .* — Ready: 3 of 3/);
    expect(await descriptionOf('keycloak')).toBe('1 of 1 available');
    await looks('lost', ['dark']);
    await cluster.startApi();
    await says(/^Ready: 3 of 3/);
  });

  test('tells that the cluster was replaced', async () => {
    await cluster.replace();
    await kubeconfig();
    await says(/^The cluster was installed anew.*Nothing is deployed/);
    await looks('replaced', ['dark']);
  });

  test('offers everything in the palette', async () => {
    await cluster.create(namespace('admin'), deployment('admin', 'keycloak'));
    await says(/waiting for keycloak/);
    for (const title of [
      'Show Container Log',
      'Describe',
      'Restart Pod…',
      'Open Web Face',
      'Look at the Platform Again',
    ])
      expect(await window.commandsFor(`Kaapana Migration: ${title}`)).toContain(
        `Kaapana Migration: ${title}`,
      );
  });
});
