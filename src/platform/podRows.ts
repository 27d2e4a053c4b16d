import * as l10n from '@vscode/l10n';
import { isFinished, isTrouble } from './readiness';
import { inOrder, row, type Row, type RowLook } from './row';
import type { PlatformState, Pod } from './types';
import { age, meaningOf, restartsWords, troubleWords } from './words';

export const restartsText = (restarts: number): string => (restarts === 0 ? '' : restartsWords(restarts));

/** Reasons that say no more of a pod that failed than that it did. */
const NO_NEWS: ReadonlySet<string> = new Set(['Error', 'Failed']);

export function podWords(pod: Pod): string {
  const { phase, terminating, trouble, readyContainers, containers } = pod;
  if (terminating) return l10n.t('is ending');
  if (phase === 'Succeeded') return l10n.t('done');
  if (phase === 'Failed')
    return trouble && !NO_NEWS.has(trouble.reason)
      ? l10n.t`failed: ${meaningOf(trouble).words}`
      : l10n.t('failed');
  if (trouble) return meaningOf(trouble).words;
  if (phase === 'Pending') return l10n.t('waits to be started');
  if (phase === 'Unknown') return l10n.t('not known: the host gives no news of it');
  return readyContainers < containers.length
    ? l10n.t`runs, ${readyContainers} of ${containers.length} ready`
    : l10n.t('running');
}

function podLook(state: PlatformState, pod: Pod): RowLook {
  if (pod.phase === 'Succeeded') return 'done';
  if (pod.phase === 'Failed' || pod.terminating) return 'off';
  if (isTrouble(state, pod)) return 'trouble';
  if (pod.phase === 'Unknown') return 'unknown';
  const runs = pod.phase === 'Running' && pod.trouble === undefined;
  return runs && pod.readyContainers >= pod.containers.length ? 'ok' : 'busy';
}

const podFacts = ({ trouble, owner, containers, initContainers }: Pod): Row['facts'] =>
  [
    ...(trouble
      ? [
          { title: l10n.t('Now'), text: [troubleWords(trouble), trouble.message].filter(Boolean).join('. ') },
          { title: l10n.t('What to do'), text: meaningOf(trouble).next },
        ]
      : []),
    {
      title: l10n.t('Belongs to'),
      text: owner ? `${owner.kind} ${owner.name}` : l10n.t('nothing that would replace it'),
    },
    { title: l10n.t('Containers'), text: containers.join(', ') },
    { title: l10n.t('Run before them'), text: initContainers.join(', ') },
  ].filter(({ text }) => text !== '');

export const canRestart = (pod: Pod): boolean => !isFinished(pod) && !pod.terminating;

export function podRow(state: PlatformState, pod: Pod, now: number): Row {
  const { namespace, name } = pod;
  return row({
    id: `pod:${namespace}/${name}`,
    label: name,
    look: podLook(state, pod),
    parts: [podWords(pod), restartsText(pod.restarts), age(pod.createdAt, now)],
    aside: l10n.t`pod in ${namespace}`,
    context: ['pod', 'loggable', 'describable', ...(canRestart(pod) ? ['restartable'] : [])],
    facts: podFacts(pod),
    subject: { kind: 'Pod', namespace, name },
  });
}

/** Pods that ended, folded away: there may be many, and what matters of them the workload says. */
export function endedRow(state: PlatformState, parent: string, pods: readonly Pod[], now: number): Row[] {
  if (pods.length === 0) return [];
  const failed = pods.filter(({ phase }) => phase === 'Failed').length;
  return [
    row({
      id: `${parent}/ended`,
      label: l10n.t('Ended pods'),
      look: 'group',
      parts: [
        pods.length > failed ? l10n.t`${pods.length - failed} done` : '',
        failed > 0 ? l10n.t`${failed} failed` : '',
      ],
      children: inOrder(pods.map((pod) => podRow(state, pod, now))),
    }),
  ];
}

export const podRows = (state: PlatformState, parent: string, pods: readonly Pod[], now: number): Row[] => [
  ...inOrder(pods.filter((pod) => !isFinished(pod)).map((pod) => podRow(state, pod, now))),
  ...endedRow(state, parent, pods.filter(isFinished), now),
];
