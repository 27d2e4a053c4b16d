import { createServer } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Guide } from '../../src/migration/guide';
import { WEB_FACES } from '../../src/platform/webFaces';
import { HostHome } from '../cluster/hostHome';
import { deployment, job, namespace, UNPLACED } from '../cluster/objects';
import { clusterMissing, NODE, TestCluster, type KubeBody } from '../cluster/server';
import { DRILL, drillStep, isDone } from './drill';
import { closeBrowser, testIn, until, type Workbench } from './harness';
import { CONTAINER, setScene, VIEW as STEPS, type Scene } from './scene';

const VIEW = 'Platform';
const DEPLOY = 'Deploy the platform';
const CHANGE = 'Allow snapshots';
const PLATFORM_ADDRESS = 'https://kaapana.example';

const CONFIG_MAP = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'services', name: 'os-config' } },
  data: { 'opensearch.yml': 'cluster.name: docker-cluster\nnetwork.host: 0.0.0.0\n' },
};
const PATCH = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'services', name: 'os-config' },
  patch: {
    data: {
      'opensearch.yml':
        'cluster.name: docker-cluster\npath.repo: ["/usr/share/opensearch/logs"]\nnetwork.host: 0.0.0.0\n',
    },
  },
};

/** A migration of two steps: one that deploys and waits until the platform works, one that changes an object. */
const GUIDE: Guide = {
  ...DRILL,
  steps: [
    drillStep('deployed', DEPLOY, 'echo "deploying"; while [ ! -e "$HOME/works" ]; do sleep 0.2; done', {
      awaits: ['admin/init-extensions'],
    }),
    drillStep('allowed', CHANGE, undefined, {
      script: `${isDone('allowed')}\nrun() { touch "$HOME/allowed"; }\npatches() { echo '${JSON.stringify(PATCH)}'; }\n`,
    }),
  ],
};

/** The service of a web face, at an address of its own where the test listens. */
const ADDRESSES = { airflow: '127.96.7.1', opensearch: '127.96.7.2', minio: '127.96.7.3' } as const;
type Face = keyof typeof ADDRESSES;
const faceOf = (id: Face) => WEB_FACES.find((face) => face.id === id)!;
const service = (id: Face): KubeBody & { readonly spec: unknown } => {
  const { service: metadata, port } = faceOf(id);
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata },
    spec: { clusterIP: ADDRESSES[id], ports: [{ port }] },
  };
};

const DEPLOYMENTS: readonly (readonly [namespace: string, name: string])[] = [
  ['admin', 'keycloak'],
  ['services', 'airflow-webserver'],
  ['services', 'minio-deployment'],
  ['services', 'os-dashboards-de'],
];

afterAll(closeBrowser);

/** With real controllers that make pods of what is deployed, and kwok in the part of the kubelet. */
describe('a migration with the platform beside it', () => {
  let cluster: TestCluster;
  let scene: Scene;
  let window: Workbench;
  let missing: string | undefined;

  beforeAll(async () => {
    missing = await clusterMissing();
    if (missing !== undefined) return;
    cluster = await TestCluster.start({ controllers: true });
    scene = await setScene({ version: 'floor', drill: GUIDE });
    await HostHome.at(scene.host.home).setKubeconfig(cluster.kubeconfig());
    await cluster.create(namespace('admin'), namespace('services'), CONFIG_MAP);
    window = await scene.open();
    await window.openViewContainer(CONTAINER);
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

  const platform = () => window.tree(VIEW);
  const says = (wanted: RegExp) => window.waitForMessage(VIEW, wanted, 60_000);
  /** The host finds a place for a workload's pods: until then they wait. */
  const schedule = async (space: string, app: string) => {
    const path = `/api/v1/namespaces/${space}/pods`;
    interface Pods {
      items: { metadata: { name: string }; spec: { nodeName?: string } }[];
    }
    const waiting = await until(`pods of ${app}`, async () => {
      const { items } = await cluster.request<Pods>('GET', `${path}?labelSelector=app%3D${app}`);
      const found = items.filter(({ spec }) => spec.nodeName === undefined);
      return found.length > 0 && found;
    });
    for (const { metadata } of waiting)
      await cluster.request('POST', `${path}/${metadata.name}/binding`, {
        ...{ apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name } },
        target: { apiVersion: 'v1', kind: 'Node', name: NODE },
      });
  };
  /** Moves the edge of the side bar, as who has little room does. */
  const sideBarWide = async (pixels: number) => {
    const { x = 0, width = 0 } = (await window.page.locator('.part.sidebar').boundingBox()) ?? {};
    await window.page.mouse.move(x + width, 300);
    await window.page.mouse.down();
    await window.page.mouse.move(x + pixels, 300, { steps: 5 });
    await window.page.mouse.up();
  };
  const picture = (name: string) => window.screenshot(`platform-deploy-${name}`);

  test('before: nothing is deployed, and that is no mistake', async () => {
    await says(/^Nothing is deployed\. Between undeploying and deploying that is as it should be\.$/);
    await picture('before');
  });

  test('what a step will change is shown as a diff, and nothing is changed', async () => {
    const path = '/api/v1/namespaces/services/configmaps/os-config';
    const stored = await cluster.request('GET', path);
    await window.tree(STEPS).chooseFromMenu(CHANGE, 'Show What Changes on the Platform');
    const diff = window.page.locator('.monaco-diff-editor');
    await diff.waitFor();
    await until('the added line', async () =>
      (await diff.locator('.editor.modified').innerText()).replaceAll('\u00a0', ' ').includes('path.repo'),
    );
    expect(await diff.locator('.editor.original').innerText()).not.toContain('path.repo');
    await picture('diff');
    expect(await cluster.request('GET', path)).toEqual(stored);
    expect((await window.tree(STEPS).row(CHANGE)).description).not.toMatch(/done/);
  });

  test('during: the row of the step says how far the platform is while the step waits for it', async () => {
    await window.tree(STEPS).clickInline(DEPLOY, 'Run Step');
    await window.dialog.click('Run');
    for (const [space, name] of DEPLOYMENTS) await cluster.create(deployment(space, name, 1, UNPLACED));
    await cluster.create(job('admin', 'init-extensions', UNPLACED));
    for (const id of ['airflow', 'opensearch', 'minio'] as const) await cluster.create(service(id));
    const row = (wanted: RegExp) =>
      window.tree(STEPS).waitForRow(DEPLOY, ({ description }) => wanted.test(description), 60_000);
    await row(/^running · 0 of 4 deployments available; waiting for init-extensions, /);
    await picture('during');
    await sideBarWide(190);
    await picture('narrow');
    await sideBarWide(300);
    await schedule('admin', 'keycloak');
    await row(/^running · 1 of 4 deployments available; waiting for init-extensions, /);
    await schedule('admin', 'init-extensions');
    await row(/^running · 1 of 4 deployments available; waiting for airflow-webserver, /);
    for (const [space, name] of DEPLOYMENTS.slice(1)) await schedule(space, name);
    await row(/^running · 4 of 4 deployments available, 1 job done/);
    await says(/^Ready: 4 of 4 deployments available, 1 job done\.$/);
    await writeFile(join(scene.host.home, 'works'), '');
    await row(/^done/);
    await picture('after');
  });

  test("a log grows before one's eyes, also when its file is rotated, and cannot be written to", async () => {
    await cluster.log.say('Keycloak 26 starts', 'ä: listening');
    await platform().expand('admin');
    await platform().expand('keycloak');
    await platform().clickInline('keycloak', 'Show Container Log');
    await window.textEditor.waitForText(/Keycloak 26 starts\nä: listening/);
    await cluster.log.say(...Array.from({ length: 60 }, (_, i) => `request ${i + 1}`));
    // Who looks at the end stays there.
    await window.textEditor.waitForText('request 60');
    await cluster.log.rotate();
    await cluster.log.say('in the next file');
    await window.textEditor.waitForText(/request 60\nin the next file/);
    await window.textEditor.type('x');
    expect(await window.textEditor.text()).not.toContain('x\n');
    await picture('log');
  });

  test('a pod that is restarted during a migration stands in its journal', async () => {
    const [pod] = (await platform().visibleRows()).filter(({ label }) => label.startsWith('keycloak-'));
    await platform().chooseFromMenu(pod!.label, 'Restart Pod…');
    await window.dialog.text();
    await window.dialog.click('Restart');
    const journal = join(scene.runFolder, 'journal.jsonl');
    await until('the restart in the journal', async () =>
      (await readFile(journal, 'utf8')).includes(`"type":"pod-restarted","pod":"admin/${pod!.label}"`),
    );
    await schedule('admin', 'keycloak');
    await says(/^Ready: 4 of 4/);
  });

  test('a deployment is described with what really happened to it', async () => {
    await platform().clickInline('keycloak', 'Describe');
    const text = await window.textEditor.waitForText(/ScalingReplicaSet/);
    expect(text).toContain('Pods            1 of 1 available');
    await picture('describe');
  });

  const serve = async (
    id: Face,
    answer: (path: string) => { status: number; location?: string; body: string },
  ) => {
    const server = createServer((asked, reply) => {
      const { status, location, body } = answer(asked.url ?? '');
      reply.writeHead(status, {
        'content-type': 'text/html',
        ...(location === undefined ? {} : { location }),
      });
      reply.end(body);
    });
    await new Promise<void>((resolve) => server.listen(faceOf(id).port, ADDRESSES[id], resolve));
    return () => {
      server.close();
      server.closeAllConnections();
    };
  };
  /** Opens a web face by the button of its row, and answers the page that comes. */
  const openFace = async (row: string): Promise<Page> => {
    const coming = window.page.context().waitForEvent('page');
    await platform().clickInline(row, 'Open Web Face');
    return coming;
  };

  test('a web face opens in the browser', async () => {
    await platform().expand('services');
    const close = await serve('airflow', (path) =>
      path === '/flow/'
        ? { status: 302, location: '/flow/home', body: '' }
        : { status: 200, body: `<title>Airflow</title>asked for ${path}` },
    );
    try {
      const page = await openFace('airflow-webserver');
      await page.getByText('asked for').waitFor();
      expect(await page.innerText('body')).toContain('asked for /flow/home');
      // The editor is in a browser itself, and leads on below a path of its own.
      await window.notifications.waitFor(/^Airflow: if the page stays empty/);
      await picture('face');
      await window.notifications.close(/if the page stays empty/);
      await page.close();
    } finally {
      close();
    }
  });

  test('a web face that sends its visitors elsewhere, or gives no answer, is told as such', async () => {
    const close = await serve('opensearch', () => ({
      status: 302,
      location: `${PLATFORM_ADDRESS}/auth/realms/kaapana`,
      body: '',
    }));
    try {
      const page = await openFace('os-dashboards-de');
      await window.notifications.waitFor(/leads on to https:\/\/kaapana\.example/);
      await picture('face-elsewhere');
      await page.close();
      await window.notifications.close(/leads on to/);
    } finally {
      close();
    }
    await platform().clickInline('minio-deployment', 'Open Web Face');
    await window.notifications.waitFor(/MinIO console gives no answer/);
    await picture('face-silent');
    await window.notifications.close(/gives no answer/);
  });

  test('taken down on purpose: the view says so until nothing is left', async () => {
    for (const name of ['admin', 'services']) await cluster.request('DELETE', `/api/v1/namespaces/${name}`);
    await says(/^Nothing is deployed\. Between undeploying and deploying that is as it should be\.$/);
    await picture('undeployed');
  });
});
