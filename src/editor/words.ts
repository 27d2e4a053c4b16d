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
  'not-written': { word: 'by hand', icon: 'book', color: 'descriptionForeground' },
  pending: { word: 'pending', icon: 'circle-outline', color: 'disabledForeground' },
  ready: { word: 'ready', icon: 'circle-large-outline' },
  running: { word: 'running', icon: 'sync~spin', color: 'progressBar.background' },
  waiting: { word: 'waiting for input', icon: 'comment-unresolved', color: 'list.warningForeground' },
  rebooting: { word: 'host restarts', icon: 'sync~spin', color: 'progressBar.background' },
  checking: { word: 'checking', icon: 'loading~spin', color: 'progressBar.background' },
  succeeded: { word: 'done', icon: 'pass', color: 'testing.iconPassed' },
  'not-needed': { word: 'not needed', icon: 'check', color: 'testing.iconPassed' },
  'needs-attention': { word: 'needs attention', icon: 'warning', color: 'list.warningForeground' },
  failed: { word: 'failed', icon: 'error', color: 'testing.iconFailed' },
  cancelled: { word: 'cancelled', icon: 'circle-slash', color: 'list.warningForeground' },
  unknown: { word: 'unknown', icon: 'question', color: 'list.warningForeground' },
  undone: { word: 'undone', icon: 'discard', color: 'descriptionForeground' },
  'by-hand': { word: 'done by hand', icon: 'account', color: 'testing.iconPassed' },
  skipped: { word: 'skipped', icon: 'debug-step-over', color: 'testing.iconSkipped' },
};

/** How an attempt's outcome reads. */
export const outcomeWord = (outcome: Outcome): string =>
  outcome === 'not-started' ? 'not started' : STATE_LOOK[outcome].word;

/** States that wait for somebody to look. */
export const NEEDS_A_PERSON = [
  'waiting',
  'needs-attention',
  'failed',
  'unknown',
] as const satisfies readonly StepState[];

/** How each line of a go / no-go list looks and reads. */
export const ITEM_LOOK: Readonly<Record<ItemVerdict, Look>> = {
  go: { word: 'go', icon: 'pass', color: 'testing.iconPassed' },
  note: { word: 'note', icon: 'info', color: 'list.warningForeground' },
  'no-go': { word: 'no-go', icon: 'error', color: 'testing.iconFailed' },
  unknown: { word: 'unknown', icon: 'question', color: 'list.warningForeground' },
};

/** What a risk means for the host. */
export const RISK_WORDS: Readonly<Record<Risk, string>> = {
  'read-only': 'read-only, changes nothing on the platform',
  changing: 'changing, can be taken back',
  destructive: 'destructive, cannot simply be taken back',
};

/** A person as the journal knows them. */
export const who = ({ user, sudoUser, from }: Actor): string =>
  [user, sudoUser ? `by sudo for ${sudoUser}` : '', from ? `from ${from}` : ''].filter(Boolean).join(' ');

const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

/** A moment in ISO form as a time of day; with its date unless it is today. */
export function timeOfDay(iso: string): string {
  const moment = new Date(iso);
  const today = moment.toDateString() === new Date().toDateString();
  return moment.toLocaleString(undefined, today ? CLOCK : { ...DAY, ...CLOCK });
}

/** A moment in ISO form with everything that a record needs: date, time and time zone. */
export const dateAndTime = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { ...DAY, year: 'numeric', ...CLOCK, timeZoneName: 'short' });
