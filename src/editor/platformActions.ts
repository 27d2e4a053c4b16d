import * as vscode from 'vscode';
import { HostProblem } from '../host/problem';
import type { Step } from '../migration/guide';
import { parsePatches } from '../migration/patches';
import { describeObject } from '../platform/describe';
import { isFinished, isTrouble, ownerOf } from '../platform/readiness';
import { planRestart } from '../platform/restart';
import type { Subject } from '../platform/rows';
import type { Cluster, PlatformState, Pod, WebFace, Workload } from '../platform/types';
import { faceOf, offeredFaces } from '../platform/webFaces';
import { count, meaningOf } from '../platform/words';
import { PLATFORM_VIEW } from './ids';
import type { PlatformDocuments } from './platformDocuments';
import type { PlatformNode } from './platformTree';
import type { PlatformView } from './platformView';
import type { Sessions } from './sessions';

/** What the actions work with: the platform that is seen now. */
interface Live {
  readonly cluster: Cluster;
  readonly state: PlatformState;
}

type Actions = Record<
  'showContainerLog' | 'describeObject' | 'restartPod' | 'openWebFace' | 'refreshPlatform',
  (argument: unknown) => Promise<void> | void
>;

const isPlatformNode = (value: unknown): value is PlatformNode =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'platform';

const isPod = (object: Pod | Workload): object is Pod => 'phase' in object;

/** How a pod reads in a list to pick from. */
const podDescription = ({ namespace, phase, trouble, terminating, restarts }: Pod): string =>
  [
    namespace,
    terminating ? 'is ending' : trouble ? meaningOf(trouble).words : phase.toLowerCase(),
    restarts > 0 ? count(restarts, 'restart') : '',
  ]
    .filter(Boolean)
    .join(' · ');

/** Those in trouble first, what has ended last. */
function forPicking(state: PlatformState, pods: readonly Pod[]): Pod[] {
  const rank = (pod: Pod) => (isTrouble(state, pod) ? 0 : isFinished(pod) ? 2 : 1);
  return pods.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** What can be done with the platform from the view and the palette. */
export class PlatformActions {
  /** Ways to web faces that were opened here, by face. */
  private readonly forwards = new Map<string, { readonly url: string; close(): void }>();
  private forwardedFrom: Cluster | undefined;

  constructor(
    private readonly platform: PlatformView,
    private readonly documents: PlatformDocuments,
    private readonly sessions: Sessions,
  ) {}

  /** The actions by the name of their command. */
  get table(): Actions {
    return {
      showContainerLog: (argument) => this.showLog(argument),
      describeObject: (argument) => this.describe(argument),
      restartPod: (argument) => this.restart(argument),
      openWebFace: (argument) => this.openFace(argument),
      refreshPlatform: () => this.platform.lookAgain(),
    };
  }

  private hostName(): string {
    return this.sessions.current?.transport.label ?? this.sessions.host;
  }

  private live(): Live {
    const { cluster, state } = this.platform;
    if (cluster && state) return { cluster, state };
    throw new HostProblem('no-platform', 'The platform is not seen now.');
  }

  private subjectOf(argument: unknown): Subject | undefined {
    return isPlatformNode(argument) ? this.platform.row(argument)?.subject : undefined;
  }

  /** The pod that is meant: the tree's, one of its workload's, or one that is picked from all. */
  private async pickPod(argument: unknown, applies: (pod: Pod) => boolean): Promise<Pod | undefined> {
    const { state } = this.live();
    const subject = this.subjectOf(argument);
    const pods = state.pods.filter((pod) => {
      if (!subject) return applies(pod);
      if (pod.namespace !== subject.namespace) return false;
      if (subject.kind === 'Pod') return pod.name === subject.name;
      return pod.owner?.kind === subject.kind && pod.owner.name === subject.name && applies(pod);
    });
    if (subject && pods.length === 1) return pods[0];
    if (pods.length === 0) {
      void vscode.window.showInformationMessage('There is no pod that this applies to now.');
      return undefined;
    }
    const items = forPicking(state, pods).map((pod) => ({
      label: pod.name,
      description: podDescription(pod),
      pod,
    }));
    const options = { placeHolder: 'Which pod?', matchOnDescription: true };
    return (await vscode.window.showQuickPick(items, options))?.pod;
  }

  private async showLog(argument: unknown): Promise<void> {
    const { cluster } = this.live();
    const pod = await this.pickPod(argument, () => true);
    const container = pod && (await pickContainer(pod));
    if (!pod || container === undefined) return;
    const previous = pod.restarts > 0 ? await pickRun(container) : false;
    if (previous === undefined) return;
    await this.documents.follow(cluster, this.hostName(), { pod, container, previous });
  }

  private async describe(argument: unknown): Promise<void> {
    const { cluster, state } = this.live();
    const subject = this.subjectOf(argument);
    const object =
      subject && subject.kind !== 'Pod'
        ? state.workloads.find(
            ({ kind, namespace, name }) =>
              kind === subject.kind && namespace === subject.namespace && name === subject.name,
          )
        : await this.pickPod(argument, () => true);
    if (!object) return;
    const { namespace, name } = object;
    const kind = isPod(object) ? 'Pod' : object.kind;
    const events = await this.busy(`Reading the events of ${name}`, () =>
      cluster.events({ kind, namespace, name }),
    );
    await this.documents.show(
      `${this.hostName()}/${namespace}/${name} (${kind}).txt`,
      describeObject(object, events, Date.now()),
    );
  }

  private async restart(argument: unknown): Promise<void> {
    const pod = await this.pickPod(argument, (each) => !isFinished(each) && !each.terminating);
    if (!pod) return;
    const plan = planRestart(this.live().state, pod);
    if ('refused' in plan) {
      void vscode.window.showWarningMessage(`${plan.refused} ${plan.next}`);
      return;
    }
    const go = 'Restart';
    const chosen = await vscode.window.showWarningMessage(
      `${plan.question} (${this.hostName()})`,
      { modal: true, detail: plan.happens },
      go,
    );
    if (chosen !== go) return;
    // The dialog may have stood open for long: what is there now counts.
    const { cluster, state } = this.live();
    if (!state.pods.some(({ uid }) => uid === pod.uid)) {
      void vscode.window.showInformationMessage(`${pod.name} is gone already. Nothing was changed.`);
      return;
    }
    await this.busy(`Restarting ${pod.name}`, () => cluster.restart(pod));
    const { name } = ownerOf(state, pod) ?? pod;
    void vscode.window.setStatusBarMessage(`$(check) ${name}: the pod is being replaced`, 6000);
  }

  private async openFace(argument: unknown): Promise<void> {
    const { cluster, state } = this.live();
    const face = await this.pickFace(argument, state);
    if (!face) return;
    const forward = await this.forwardTo(cluster, face);
    const address = await vscode.env.asExternalUri(vscode.Uri.parse(forward.url, true));
    if (!(await vscode.env.openExternal(address))) {
      void vscode.window.showInformationMessage(
        `${face.title} is at ${address.toString(true)} while this window is open.`,
      );
    }
  }

  /** Shows what a step's run would change in the cluster, as the server says it: nothing is changed. */
  async showChanges({ title }: Step, ask: () => Promise<string>): Promise<void> {
    const { cluster } = this.live();
    const patches = await this.busy(`Asking what "${title}" changes`, async () => parsePatches(await ask()));
    if (patches.length === 0) {
      void vscode.window.showInformationMessage(
        `"${title}" would change nothing in the cluster: it is so already.`,
      );
      return;
    }
    for (const { patch, ...object } of patches) {
      const name = `${object.kind} ${object.name}`;
      const { before, after } = await this.busy(`Asking the server about ${name}`, () =>
        cluster.dryRun(object, patch),
      );
      await this.documents.compare(
        `${this.hostName()}/${object.namespace}/${name}`,
        `${name}: now ↔ after "${title}"`,
        before,
        after,
      );
    }
  }

  private async pickFace(argument: unknown, state: PlatformState): Promise<WebFace | undefined> {
    const subject = this.subjectOf(argument);
    if (subject && subject.kind !== 'Pod') return faceOf({ ...subject, kind: subject.kind });
    const items = offeredFaces(state).map(({ face, available }) => ({
      label: face.title,
      description: available ? '' : 'does not run now',
      face,
    }));
    if (items.length === 0) {
      void vscode.window.showInformationMessage(
        'None of the web faces is deployed now: Keycloak, OpenSearch, Airflow, MinIO.',
      );
      return undefined;
    }
    return (await vscode.window.showQuickPick(items, { placeHolder: 'Which web face?' }))?.face;
  }

  /** One way to each face for as long as the window and the cluster stand. */
  private async forwardTo(cluster: Cluster, face: WebFace): Promise<{ readonly url: string }> {
    if (this.forwardedFrom !== cluster) this.closeForwards();
    this.forwardedFrom = cluster;
    const key = `${face.service.namespace}/${face.service.name}:${face.port}`;
    const known = this.forwards.get(key);
    if (known) return known;
    const opened = await this.busy(`Opening the way to ${face.title}`, () => cluster.forward(face));
    this.forwards.set(key, opened);
    return opened;
  }

  private closeForwards(): void {
    for (const forward of this.forwards.values()) forward.close();
    this.forwards.clear();
  }

  private busy<T>(title: string, work: () => Promise<T>): Promise<T> {
    return Promise.resolve(vscode.window.withProgress({ location: { viewId: PLATFORM_VIEW }, title }, work));
  }

  dispose(): void {
    this.closeForwards();
  }
}

async function pickContainer({ containers, initContainers, trouble }: Pod): Promise<string | undefined> {
  if (containers.length + initContainers.length === 1) return containers[0] ?? initContainers[0];
  const items = [
    ...containers.map((label) => ({ label, description: '' })),
    ...initContainers.map((label) => ({ label, description: 'runs before the others' })),
  ].map((item) => ({
    ...item,
    description: [item.description, item.label === trouble?.container ? meaningOf(trouble).words : '']
      .filter(Boolean)
      .join(' · '),
  }));
  const first = items.findIndex(({ label }) => label === trouble?.container);
  if (first > 0) items.unshift(...items.splice(first, 1));
  return (await vscode.window.showQuickPick(items, { placeHolder: 'The log of which container?' }))?.label;
}

/** Of a container that was restarted: the run before says why it ended. */
async function pickRun(container: string): Promise<boolean | undefined> {
  const items = [
    { label: 'The run before its restart', description: 'says why it ended', previous: true },
    { label: 'The run of now', description: 'follows it', previous: false },
  ];
  return (await vscode.window.showQuickPick(items, { placeHolder: `Which log of ${container}?` }))?.previous;
}
