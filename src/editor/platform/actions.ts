import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { HostProblem } from '../../host/problem';
import type { Step } from '../../migration/guide';
import type { Printed } from '../../migration/command';
import { parsePatches } from '../../migration/patches';
import { describeObject, isPod } from '../../platform/describe';
import { isFinished, ownerOf } from '../../platform/readiness';
import { planRestart } from '../../platform/restart';
import type { Subject } from '../../platform/row';
import type { Cluster, PlatformState } from '../../platform/types';
import { PLATFORM_VIEW } from '../ids';
import type { PlatformDocuments } from './documents';
import { pickContainer, pickFace, pickPod, pickRun } from './pickers';
import type { PlatformNode } from './tree';
import type { PlatformView } from './view';
import { inProgress } from '../progress';
import type { Sessions } from '../sessions';
import { addressFor, WebFaceWays } from './webFaceWays';

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

/** What can be done with the platform from the view and the palette. */
export class PlatformActions {
  private readonly ways = new WebFaceWays();

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
    throw new HostProblem('no-platform', l10n.t('The platform is not seen now.'));
  }

  private subjectOf(argument: unknown): Subject | undefined {
    return isPlatformNode(argument) ? this.platform.row(argument)?.subject : undefined;
  }

  private async showLog(argument: unknown): Promise<void> {
    const { cluster, state } = this.live();
    const pod = await pickPod(state, this.subjectOf(argument), () => true);
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
        : await pickPod(state, subject, () => true);
    if (!object) return;
    const { namespace, name } = object;
    const kind = isPod(object) ? 'Pod' : object.kind;
    const events = await inProgress(PLATFORM_VIEW, l10n.t`Reading the events of ${name}`, () =>
      cluster.events({ kind, namespace, name }),
    );
    await this.documents.show(
      `${this.hostName()}/${namespace}/${name} (${kind}).txt`,
      describeObject(object, events, Date.now()),
    );
  }

  private async restart(argument: unknown): Promise<void> {
    const seen = this.live().state;
    const pod = await pickPod(
      seen,
      this.subjectOf(argument),
      (each) => !isFinished(each) && !each.terminating,
    );
    if (!pod) return;
    const plan = planRestart(seen, pod);
    if ('refused' in plan) {
      void vscode.window.showWarningMessage(`${plan.refused} ${plan.next}`);
      return;
    }
    const go = l10n.t('Restart');
    const chosen = await vscode.window.showWarningMessage(
      `${plan.question} (${this.hostName()})`,
      { modal: true, detail: plan.happens },
      go,
    );
    if (chosen !== go) return;
    // The dialog may have stood open for long: what is there now counts.
    const { cluster, state } = this.live();
    if (!state.pods.some(({ uid }) => uid === pod.uid)) {
      void vscode.window.showInformationMessage(l10n.t`${pod.name} is gone already. Nothing was changed.`);
      return;
    }
    await inProgress(PLATFORM_VIEW, l10n.t`Restarting ${pod.name}`, () => cluster.restart(pod));
    const session = this.sessions.current;
    // What a person does to the platform during a run belongs into its journal.
    if (session && session.snapshot.journal.records.length > 0)
      await session.runner.restarted(session.guide.id, pod);
    const { name } = ownerOf(state, pod) ?? pod;
    void vscode.window.setStatusBarMessage(`$(check) ${l10n.t`${name}: the pod is being replaced`}`, 6000);
  }

  private async openFace(argument: unknown): Promise<void> {
    const { cluster, state } = this.live();
    const face = await pickFace(state, this.subjectOf(argument));
    if (!face) return;
    const { url, leadsTo } = await inProgress(PLATFORM_VIEW, l10n.t`Opening the way to ${face.title}`, () =>
      this.ways.to(cluster, face),
    );
    const { address, proxied } = await addressFor(url);
    const opened = await vscode.env.openExternal(address);
    const tell = (text: string) => void vscode.window.showInformationMessage(text);
    const { title } = face;
    if (!opened) tell(l10n.t`${title} is at ${address.toString(true)} while this window is open.`);
    else if (leadsTo !== undefined)
      tell(
        l10n.t`${title} leads on to ${leadsTo}. If the page stays empty, your browser does not reach that address.`,
      );
    else if (proxied)
      tell(
        l10n.t`${title}: if the page stays empty, it cannot be used in a browser's VS Code. Open it from VS Code on your own computer.`,
      );
  }

  /** Shows what a step's run would change in the cluster, as the server says it: nothing is changed. */
  async showChanges({ title }: Step, ask: () => Promise<Printed>): Promise<void> {
    const { cluster } = this.live();
    const patches = await inProgress(PLATFORM_VIEW, l10n.t`Asking what "${title}" changes`, async () =>
      parsePatches(await ask()),
    );
    if (patches.length === 0) {
      void vscode.window.showInformationMessage(
        l10n.t`"${title}" would change nothing in the cluster: it is so already.`,
      );
      return;
    }
    for (const { patch, ...object } of patches) {
      const name = `${object.kind} ${object.name}`;
      const { before, after } = await inProgress(PLATFORM_VIEW, l10n.t`Asking the server about ${name}`, () =>
        cluster.dryRun(object, patch),
      );
      await this.documents.compare(
        `${this.hostName()}/${object.namespace}/${name}`,
        l10n.t`${name}: now ↔ after "${title}"`,
        before,
        after,
      );
    }
  }

  dispose(): void {
    this.ways.dispose();
  }
}
