import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { podWords, restartsText } from '../../platform/podRows';
import { isFinished, isTrouble } from '../../platform/readiness';
import type { Subject } from '../../platform/row';
import type { PlatformState, Pod, WebFace } from '../../platform/types';
import { faceOf, offeredFaces } from '../../platform/webFaces';
import { meaningOf } from '../../platform/words';

/** How a pod reads in a list to pick from. */
const podDescription = (pod: Pod): string =>
  [pod.namespace, podWords(pod), restartsText(pod.restarts)].filter(Boolean).join(' · ');

/** Those in trouble first, what has ended last. */
function forPicking(state: PlatformState, pods: readonly Pod[]): Pod[] {
  const rank = (pod: Pod) => (isTrouble(state, pod) ? 0 : isFinished(pod) ? 2 : 1);
  return pods.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** The pod that is meant: the tree's, one of its workload's, or one that is picked from all. */
export async function pickPod(
  state: PlatformState,
  subject: Subject | undefined,
  applies: (pod: Pod) => boolean,
): Promise<Pod | undefined> {
  const pods = state.pods.filter((pod) => {
    if (!subject) return applies(pod);
    if (pod.namespace !== subject.namespace) return false;
    if (subject.kind === 'Pod') return pod.name === subject.name;
    return pod.owner?.kind === subject.kind && pod.owner.name === subject.name && applies(pod);
  });
  if (subject && pods.length === 1) return pods[0];
  if (pods.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('There is no pod that this applies to now.'));
    return undefined;
  }
  const items = forPicking(state, pods).map((pod) => ({
    label: pod.name,
    description: podDescription(pod),
    pod,
  }));
  const options = { placeHolder: l10n.t('Which pod?'), matchOnDescription: true };
  return (await vscode.window.showQuickPick(items, options))?.pod;
}

/** Of the containers of a pod: the one in trouble first. */
export async function pickContainer({
  containers,
  initContainers,
  trouble,
}: Pod): Promise<string | undefined> {
  if (containers.length + initContainers.length === 1) return containers[0] ?? initContainers[0];
  const items = [
    ...containers.map((label) => ({ label, description: '' })),
    ...initContainers.map((label) => ({ label, description: l10n.t('runs before the others') })),
  ].map((item) => ({
    ...item,
    description: [item.description, item.label === trouble?.container ? meaningOf(trouble).words : '']
      .filter(Boolean)
      .join(' · '),
  }));
  const first = items.findIndex(({ label }) => label === trouble?.container);
  if (first > 0) items.unshift(...items.splice(first, 1));
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('The log of which container?') }))
    ?.label;
}

/** Of a container that was restarted: the run before says why it ended. */
export async function pickRun(container: string): Promise<boolean | undefined> {
  const items = [
    { label: l10n.t('The run before its restart'), description: l10n.t('says why it ended'), previous: true },
    { label: l10n.t('The run of now'), description: l10n.t('follows it'), previous: false },
  ];
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t`Which log of ${container}?` }))
    ?.previous;
}

/** The web face that is meant: the one behind the row, or one that is picked from all. */
export async function pickFace(
  state: PlatformState,
  subject: Subject | undefined,
): Promise<WebFace | undefined> {
  if (subject && subject.kind !== 'Pod') return faceOf({ ...subject, kind: subject.kind });
  const items = offeredFaces(state).map(({ face, available }) => ({
    label: face.title,
    description: available ? '' : l10n.t('does not run now'),
    face,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(
      l10n.t('None of the web faces is deployed now: Keycloak, OpenSearch, Airflow, MinIO.'),
    );
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Which web face?') }))?.face;
}
