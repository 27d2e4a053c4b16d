import * as l10n from '@vscode/l10n';
import { span, type Action } from '../../../webview/protocol';
import type { CheckItem, ItemVerdict } from '../../migration/check';
import { isWritten, type Guide, type Step } from '../../migration/guide';
import { canBeUndone, keepsFiles, tellsPatches } from '../../migration/permission';
import {
  isActive,
  isSettled,
  type Attempt,
  type Progress,
  type StepState,
  type StepStatus,
} from '../../migration/run';
import { durationWords, ITEM_LOOK, RISK_WORD, RISK_WORDS, STATE_LOOK, timeOfDay } from '../words';

/** The host, and what is migrated there: it stands above everything that acts on it. */
export const whereText = (host: string, { from, to }: Guide): string => `${host} · Kaapana ${from} → ${to}`;

/** States that wait for somebody to look. */
const NEEDS_A_PERSON: readonly StepState[] = ['waiting', 'needs-attention', 'failed', 'unknown'];

export const needsPerson = (state: StepState): boolean => NEEDS_A_PERSON.includes(state);

const COUNTED: Readonly<Record<Exclude<ItemVerdict, 'go'>, (count: number) => string>> = {
  'no-go': (count) => l10n.t`${count} no-go`,
  unknown: (count) => l10n.t`${count} unknown`,
  note: (count) => (count === 1 ? l10n.t('1 note') : l10n.t`${count} notes`),
};

/** A go / no-go list in a few words: "2 no-go, 1 note", or "go". */
export function summarize(items: readonly CheckItem[]): string {
  const told = Object.entries(COUNTED).flatMap(([verdict, words]) => {
    const count = items.filter((item) => item.verdict === verdict).length;
    return count > 0 ? [words(count)] : [];
  });
  return told.length === 0 ? ITEM_LOOK.go.word : told.join(', ');
}

const MOST_URGENT_FIRST: readonly ItemVerdict[] = ['no-go', 'unknown', 'note', 'go'];

/** A go / no-go list with what needs a person first. */
export const byUrgency = (items: readonly CheckItem[]): CheckItem[] =>
  items.toSorted((a, b) => MOST_URGENT_FIRST.indexOf(a.verdict) - MOST_URGENT_FIRST.indexOf(b.verdict));

const progressText = (progress: Progress | undefined): string =>
  progress ? `${Math.floor((100 * progress.done) / progress.total)} % ${progress.what}`.trimEnd() : '';

/** How long an attempt has run, to the minute: a row that changed each second could not be clicked. */
export function elapsedText({ requestedAt }: Attempt, now = Date.now()): string {
  const minutes = Math.floor((now - Date.parse(requestedAt)) / 60_000);
  if (!(minutes >= 1)) return l10n.t`since ${timeOfDay(requestedAt)}`;
  return minutes < 60 ? l10n.t`${minutes} min` : span(minutes * 60_000);
}

/** How long an attempt took; empty while it has not ended. */
export const tookText = ({ requestedAt, finishedAt }: Attempt): string =>
  finishedAt === undefined ? '' : span(Date.parse(finishedAt) - Date.parse(requestedAt));

/** The one thing worth knowing of a step now, after its state's word. */
export function detail({ step, state, attempts, check, waitsFor, statement }: StepStatus): string {
  const last = attempts.at(-1);
  const items = check?.result.items ?? [];
  switch (state) {
    case 'not-written':
      return '';
    case 'pending':
      return [
        step.pointOfNoReturn ? l10n.t('point of no return') : '',
        l10n.t`after: ${waitsFor[0]?.title ?? ''}`,
      ]
        .filter(Boolean)
        .join(', ');
    case 'ready':
      return [
        step.pointOfNoReturn ? l10n.t('point of no return') : RISK_WORD[step.risk],
        durationWords(step.duration),
      ].join(', ');
    case 'running':
    case 'waiting':
    case 'rebooting':
    case 'checking':
      return last ? [progressText(last.progress), elapsedText(last)].filter(Boolean).join(' · ') : '';
    case 'succeeded':
    case 'needs-attention':
    case 'failed':
    case 'cancelled':
    case 'undone':
    case 'unknown':
      return [
        items.length > 0 ? summarize(items) : '',
        timeOfDay(last?.finishedAt ?? last?.requestedAt ?? ''),
      ]
        .filter((text) => text !== '' && text !== 'Invalid Date')
        .join(' · ');
    case 'not-needed':
      return check ? timeOfDay(check.time) : '';
    case 'by-hand':
    case 'skipped':
      return statement ? `${statement.actor.user}, ${timeOfDay(statement.time)}` : '';
  }
}

/** What stands behind a step's title: its state's word, then the one thing worth knowing. */
export function describe(status: StepStatus): string {
  const { word } = STATE_LOOK[status.state];
  const more = detail(status);
  return more === '' ? word : `${word} · ${more}`;
}

/** What a screen reader says of a step. */
export function spoken(status: StepStatus, position: number, total: number): string {
  const { step } = status;
  const state = describe(status).replaceAll(' · ', ', ');
  return l10n.t`${step.title}, ${state}, ${RISK_WORDS[step.risk]}, step ${position} of ${total}`;
}

/** What can be done with a step, by the words that menus match, and when. */
const OFFERS = {
  step: () => true,
  written: ({ step }) => isWritten(step),
  runnable: ({ step }) => isWritten(step),
  checkable: ({ step, state }) => isWritten(step) && !isActive(state),
  active: ({ state }) => isActive(state),
  open: ({ state }) => !isActive(state) && !isSettled(state),
  stated: ({ statement }) => statement !== undefined,
  attempted: ({ attempts }) => attempts.length > 0,
  // Something was done here that the script can undo.
  undoable: ({ step, state, attempts }) =>
    canBeUndone(step) && !isActive(state) && state !== 'undone' && attempts.length > 0,
  patching: ({ step }) => tellsPatches(step),
  // It has listed files that a person changes in the editor.
  filing: ({ step, state, attempts }) => keepsFiles(step) && !isActive(state) && attempts.length > 0,
} as const satisfies Readonly<Record<string, (status: StepStatus) => boolean>>;

export type Offer = keyof typeof OFFERS;

/** Not in a menu while any step runs. A command that is asked for all the same says which one. */
const STARTS: readonly string[] = ['runnable', 'undoable'] satisfies Offer[];

/** Whether a step can be used now in the way of a word. */
export const isOffered = (offer: Offer, status: StepStatus): boolean => OFFERS[offer](status);

/** What is told where a step cannot be used in the way that was asked for, as its state has changed since it was shown. */
export const notOffered = (status: StepStatus): string =>
  l10n.t`"${status.step.title}" is now: ${describe(status)}. That cannot be done with it; nothing was changed.`;

/** The words that menus match: what can be done with the step now. */
export const contextWords = (status: StepStatus, busy: boolean): string =>
  Object.entries(OFFERS)
    .filter(([word, applies]) => applies(status) && !(busy && STARTS.includes(word)))
    .map(([word]) => word)
    .join(' ');

/** The word under which each action is offered: in the tree's menus as on the page. */
export const OFFERED_AS: Readonly<Record<Action, Offer>> = {
  terminal: 'active',
  cancel: 'active',
  run: 'runnable',
  check: 'checkable',
  preview: 'written',
  log: 'attempted',
  byHand: 'open',
  skip: 'open',
  reopen: 'stated',
  undo: 'undoable',
  openFiles: 'filing',
  saveFiles: 'filing',
};

/** What it means that a step is the point of no return. */
export const NO_RETURN = l10n.t('Once this step has begun, nothing but the full backup leads back.');

/** The parts of a step that are told in tooltip and step page alike, in reading order. */
export function facts(step: Step): { readonly title: string; readonly text: string }[] {
  return [
    { title: l10n.t('Why'), text: step.why },
    { title: isWritten(step) ? l10n.t('What it does') : l10n.t('What has to be done'), text: step.does },
    { title: l10n.t('Risk'), text: RISK_WORDS[step.risk] },
    ...(step.pointOfNoReturn ? [{ title: l10n.t('Point of no return'), text: NO_RETURN }] : []),
    ...(step.manual === undefined ? [] : [{ title: l10n.t('By hand'), text: step.manual }]),
    { title: l10n.t('Way back'), text: step.undo },
    { title: l10n.t('Takes'), text: durationWords(step.duration) },
    ...(step.needs.disk === undefined ? [] : [{ title: l10n.t('Disk'), text: step.needs.disk }]),
    ...(step.endsEditor
      ? [
          {
            title: l10n.t('Ends the editor'),
            text: l10n.t('The platform goes down, and code-server in it.'),
          },
        ]
      : []),
    ...(step.reboots
      ? [{ title: l10n.t('Restarts the host'), text: l10n.t('The connection is lost on purpose.') }]
      : []),
  ];
}

/** The parts of a departure from the official guide, in reading order. */
export function deviationFacts(step: Step): { readonly title: string; readonly text: string }[] {
  if (!step.deviation) return [];
  const { guide, effect, ours, evidence } = step.deviation;
  return [
    { title: l10n.t('The guide'), text: guide },
    { title: l10n.t('What happens then'), text: effect },
    { title: isWritten(step) ? l10n.t('We') : l10n.t('What to watch for'), text: ours },
    { title: l10n.t('Evidence'), text: evidence },
  ];
}
