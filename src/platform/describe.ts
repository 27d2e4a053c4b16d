import * as l10n from '@vscode/l10n';
import { meaningOf, age, troubleWords } from './words';
import type { PlatformEvent, Pod, Workload } from './types';

const INDENT = 16;
const WIDTH = 84;

/** A title and its text, in lines that an editor beside the tree shows whole; a long word stays whole. */
function line(title: string, text: string): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length >= WIDTH - INDENT) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((each, i) => (i === 0 ? title : '').padEnd(INDENT) + each).join('\n');
}

const moment = (time: number): string => new Date(time).toISOString().replace('T', ' ').slice(0, 19);

function podLines(pod: Pod): string[] {
  const { trouble, owner, containers, initContainers, phase, readyContainers, restarts, terminating } = pod;
  return [
    line(
      l10n.t('Belongs to'),
      owner ? `${owner.kind} ${owner.name}` : l10n.t('nothing that would replace it'),
    ),
    line(l10n.t('State'), [phase, ...(terminating ? [l10n.t('asked to end')] : [])].join(', ')),
    ...(trouble
      ? [
          line(
            l10n.t('Trouble'),
            `${trouble.container === undefined ? '' : `${trouble.container}: `}${troubleWords(trouble)}`,
          ),
          ...(trouble.message === '' ? [] : [line('', trouble.message)]),
          ...(meaningOf(trouble).next === '' ? [] : [line(l10n.t('What to do'), meaningOf(trouble).next)]),
        ]
      : []),
    line(
      l10n.t('Containers'),
      l10n.t`${readyContainers} of ${containers.length} ready: ${containers.join(', ')}`,
    ),
    ...(initContainers.length > 0 ? [line(l10n.t('Run before them'), initContainers.join(', '))] : []),
    line(l10n.t('Restarts'), String(restarts)),
  ];
}

function workloadLines({ kind, wanted, available, failed, gaveUp }: Workload): string[] {
  if (kind !== 'Job') return [line(l10n.t('Pods'), l10n.t`${available} of ${wanted} available`)];
  return [
    line(l10n.t('Tries'), l10n.t`${available} of ${wanted} succeeded, ${failed} failed`),
    ...(gaveUp
      ? [line(l10n.t('State'), l10n.t('It gave up: Kubernetes starts no further try by itself.'))]
      : []),
  ];
}

function eventLines(events: readonly PlatformEvent[]): string[] {
  if (events.length === 0) return [l10n.t('None. Kubernetes keeps events for about an hour.')];
  return events
    .toSorted((a, b) => b.lastSeen - a.lastSeen)
    .map(
      ({ type, reason, message, count: times, lastSeen }) =>
        `${moment(lastSeen)}  ${type.padEnd(8)} ${reason}${times > 1 ? ` (${l10n.t`${times} times`})` : ''}\n    ${message.replaceAll('\n', '\n    ')}`,
    );
}

export const isPod = (object: Pod | Workload): object is Pod => 'phase' in object;

/** One object with its state and its events, as a text to be read. */
export function describeObject(
  object: Pod | Workload,
  events: readonly PlatformEvent[],
  now: number,
): string {
  const kind = isPod(object) ? 'Pod' : object.kind;
  return [
    `${kind} ${object.name}`,
    '',
    line(l10n.t('Namespace'), object.namespace),
    ...(isPod(object) ? podLines(object) : workloadLines(object)),
    line(l10n.t('Created'), l10n.t`${moment(object.createdAt)} UTC, ${age(object.createdAt, now)} ago`),
    line(l10n.t('Looked at'), `${moment(now)} UTC`),
    '',
    l10n.t('Events, the newest first (times in UTC)'),
    '',
    ...eventLines(events),
    '',
  ].join('\n');
}
