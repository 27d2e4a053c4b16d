import * as l10n from '@vscode/l10n';
import type { ItemVerdict } from '../migration/check';
import type { Risk } from '../migration/guide';
import type { Actor } from '../migration/journal';
import type { StepState } from '../migration/run';
import type { Outcome } from '../migration/verdict';

interface Look {
  /** A word always stands beside the icon: nothing is told by colour or shape alone. */
  readonly word: string;
  readonly icon: string;
  readonly color?: string;
}

/** How each state of a step looks and reads. */
export const STATE_LOOK: Readonly<Record<StepState, Look>> = {
  'not-written': { word: l10n.t('by hand'), icon: 'book', color: 'descriptionForeground' },
  pending: { word: l10n.t('pending'), icon: 'circle-outline', color: 'disabledForeground' },
  ready: { word: l10n.t('ready'), icon: 'circle-large-outline' },
  running: { word: l10n.t('running'), icon: 'sync~spin', color: 'progressBar.background' },
  waiting: { word: l10n.t('waiting for input'), icon: 'comment-unresolved', color: 'list.warningForeground' },
  rebooting: { word: l10n.t('host restarts'), icon: 'sync~spin', color: 'progressBar.background' },
  checking: { word: l10n.t('checking'), icon: 'loading~spin', color: 'progressBar.background' },
  succeeded: { word: l10n.t('done'), icon: 'pass', color: 'testing.iconPassed' },
  'not-needed': { word: l10n.t('not needed'), icon: 'check', color: 'testing.iconPassed' },
  'needs-attention': { word: l10n.t('needs attention'), icon: 'warning', color: 'list.warningForeground' },
  failed: { word: l10n.t('failed'), icon: 'error', color: 'testing.iconFailed' },
  cancelled: { word: l10n.t('cancelled'), icon: 'circle-slash', color: 'list.warningForeground' },
  unknown: { word: l10n.t('unknown'), icon: 'question', color: 'list.warningForeground' },
  undone: { word: l10n.t('undone'), icon: 'discard', color: 'descriptionForeground' },
  'by-hand': { word: l10n.t('done by hand'), icon: 'account', color: 'testing.iconPassed' },
  skipped: { word: l10n.t('skipped'), icon: 'debug-step-over', color: 'testing.iconSkipped' },
};

/** How an attempt's outcome reads. */
export const outcomeWord = (outcome: Outcome): string =>
  outcome === 'not-started' ? l10n.t('not started') : STATE_LOOK[outcome].word;

/** How each line of a go / no-go list looks and reads. */
export const ITEM_LOOK: Readonly<Record<ItemVerdict, Look>> = {
  go: { word: l10n.t('go'), icon: 'pass', color: 'testing.iconPassed' },
  note: { word: l10n.t('note'), icon: 'info', color: 'list.warningForeground' },
  'no-go': { word: l10n.t('no-go'), icon: 'error', color: 'testing.iconFailed' },
  unknown: { word: l10n.t('unknown'), icon: 'question', color: 'list.warningForeground' },
};

/** A risk in a word. */
export const RISK_WORD: Readonly<Record<Risk, string>> = {
  'read-only': l10n.t('read-only'),
  changing: l10n.t('changing'),
  destructive: l10n.t('destructive'),
};

/** What a risk means for the host. */
export const RISK_WORDS: Readonly<Record<Risk, string>> = {
  'read-only': l10n.t('read-only, changes nothing on the platform'),
  changing: l10n.t('changing, can be taken back'),
  destructive: l10n.t('destructive, cannot simply be taken back'),
};

/** A person as the journal knows them. */
export const who = ({ user, sudoUser, from }: Actor): string =>
  [user, sudoUser ? l10n.t`by sudo for ${sudoUser}` : '', from ? l10n.t`from ${from}` : '']
    .filter(Boolean)
    .join(' ');

/** How long a step takes where no number of minutes is named. */
const LENGTHS: Readonly<Record<string, string>> = {
  minutes: l10n.t('minutes'),
  hours: l10n.t('hours'),
  'seconds to minutes': l10n.t('seconds to minutes'),
  'minutes to hours': l10n.t('minutes to hours'),
  'minutes to many hours': l10n.t('minutes to many hours'),
  'depends on your workflows': l10n.t('depends on your workflows'),
  'as long as the work takes': l10n.t('as long as the work takes'),
};

/** What an unlimited duration goes by. */
const MEASURES: Readonly<Record<string, string>> = {
  '': '',
  ', by size': l10n.t('by size'),
  ', by number of series': l10n.t('by number of series'),
};

/** A guide's words for a duration, in the language of the editor. */
export function durationWords(duration: string): string {
  const [, under] = /^under (\d+) min$/.exec(duration) ?? [];
  if (under !== undefined) return l10n.t`under ${under} min`;
  const [, least, measure = ''] = /^(\d+) min to hours(.*)$/.exec(duration) ?? [];
  const by = MEASURES[measure];
  if (least !== undefined && by !== undefined)
    return [l10n.t`${least} min to hours`, by].filter(Boolean).join(', ');
  return LENGTHS[duration] ?? duration;
}

let language: string | undefined;

/** Dates are written in the editor's language; where that is English, as the machine is used to. */
export function writeDatesIn(locale: string): void {
  language = locale.startsWith('en') ? undefined : locale;
}

const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

/** A moment in ISO form as a time of day; with its date unless it is today. */
export function timeOfDay(iso: string): string {
  const moment = new Date(iso);
  const today = moment.toDateString() === new Date().toDateString();
  return moment.toLocaleString(language, today ? CLOCK : { ...DAY, ...CLOCK });
}

/** A moment in ISO form with everything that a record needs: date, time and time zone. */
export const dateAndTime = (iso: string): string =>
  new Date(iso).toLocaleString(language, { ...DAY, year: 'numeric', ...CLOCK, timeZoneName: 'short' });
