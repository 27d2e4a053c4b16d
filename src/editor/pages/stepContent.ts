import * as l10n from '@vscode/l10n';
import { ACTIONS, type Action, type StepPage, type Tone } from '../../../webview/protocol';
import type { CheckItem } from '../../migration/check';
import type { Values } from '../../migration/command';
import { isWritten, type Guide, type Parameter, type Step } from '../../migration/guide';
import type { JournalRecord } from '../../migration/journal';
import { refusal, type Place } from '../../migration/permission';
import {
  isActive,
  isSettled,
  nextStep,
  type Attempt,
  type RunStatus,
  type StepState,
  type StepStatus,
} from '../../migration/run';
import { offeredValue } from '../steps/offeredValue';
import {
  byUrgency,
  contextWords,
  detail,
  needsPerson,
  NO_RETURN,
  OFFERED_AS,
  tookText,
  whereText,
} from '../steps/stepText';
import type { Found } from '../steps/values';
import {
  dateAndTime,
  durationWords,
  ITEM_LOOK,
  outcomeWord,
  RISK_WORDS,
  STATE_LOOK,
  timeOfDay,
  who,
} from '../words';

/** What a page about a step is made of, beside the step itself. */
export interface StepFacts {
  readonly guide: Guide;
  readonly run: RunStatus;
  readonly records: readonly JournalRecord[];
  readonly host: string;
  readonly place: Place;
  /** What stands between the admin and the host, or who else is at it. */
  readonly news: string;
  /** Titles of the official guide's rows by their ids. */
  readonly rows: ReadonlyMap<string, string>;
  /** Values as they were read from the host. */
  readonly found: ReadonlyMap<string, Found>;
  readonly reading: string;
  /** The last lines of the newest attempt's log. */
  readonly tail: string;
}

type Look = StepPage['look'];

const TONE_OF: Partial<Record<StepState, Tone>> = {
  waiting: 'warn',
  'needs-attention': 'warn',
  unknown: 'warn',
  cancelled: 'warn',
  failed: 'bad',
};

const toneOf = (state: StepState): Tone =>
  TONE_OF[state] ?? (isActive(state) ? 'busy' : isSettled(state) && state !== 'skipped' ? 'good' : 'quiet');

/** A state as the tree shows it. */
export function lookOf(state: StepState): Look {
  const { word, icon } = STATE_LOOK[state];
  return { word, icon: icon.replace('~spin', ''), tone: toneOf(state) };
}

const ITEM_TONE = { go: 'good', note: 'quiet', 'no-go': 'bad', unknown: 'warn' } as const;

const itemLine = ({ title, verdict, found, remedy }: CheckItem): StepPage['list'][number] => ({
  title,
  look: { word: ITEM_LOOK[verdict].word, icon: ITEM_LOOK[verdict].icon, tone: ITEM_TONE[verdict] },
  found,
  remedy,
});

function attemptLine(attempt: Attempt): StepPage['attempts'][number] {
  const { number, mode, outcome, requestedAt, actor, command, reason } = attempt;
  const look = outcome === 'not-started' ? lookOf('pending') : lookOf(outcome);
  return {
    number,
    look: {
      ...look,
      word: mode === 'undo' ? l10n.t`way back: ${outcomeWord(outcome)}` : outcomeWord(outcome),
    },
    when: dateAndTime(requestedAt),
    took: tookText(attempt),
    who: who(actor),
    sha256: command,
    reason,
  };
}

const LABELS: Readonly<Record<Action, (status: StepStatus) => string>> = {
  terminal: () => l10n.t('Show Terminal'),
  cancel: () => l10n.t('Stop…'),
  run: ({ step, attempts }) =>
    `${attempts.length > 0 ? l10n.t('Run Again') : l10n.t('Run')}${step.risk === 'read-only' ? '' : '…'}`,
  check: () => l10n.t('Check'),
  preview: () => l10n.t('Preview'),
  log: () => l10n.t('Open Log'),
  openFiles: () => l10n.t('Open Workflow Files'),
  saveFiles: () => l10n.t('Save to Host…'),
  byHand: () => l10n.t('Done by Hand…'),
  skip: () => l10n.t('Skip…'),
  reopen: () => l10n.t('Mark as Not Done'),
  undo: () => l10n.t('Take Back…'),
};

/** What can be done with the step now, by the words that the tree's menus match; the likeliest first. */
export function actionsFor(status: StepStatus, busy: boolean): StepPage['actions'] {
  const words = contextWords(status, busy).split(' ');
  const offered = ACTIONS.filter((action) => words.includes(OFFERED_AS[action]));
  const first: Action | undefined = status.state === 'unknown' ? 'check' : undefined;
  return offered
    .toSorted((a, b) => Number(b === first) - Number(a === first))
    .map((action) => ({ action, label: LABELS[action](status) }));
}

/** The one thing to do next. */
const ADVICE: Readonly<Record<StepState, string>> = {
  'not-written': l10n.t(
    'Do it by the official guide. Then say here that it is done: your name stands for it in the journal.',
  ),
  pending: l10n.t('Do what it needs first.'),
  ready: l10n.t('Read what it does, then run it. Nothing happens before you say so.'),
  running: l10n.t(
    'Nothing is needed from you. It goes on when this window is closed or the network is lost.',
  ),
  waiting: l10n.t('Answer in its terminal.'),
  rebooting: l10n.t('Wait. The connection comes back by itself, and the check follows.'),
  checking: l10n.t('Wait for its answer.'),
  succeeded: '',
  'not-needed': '',
  'by-hand': '',
  skipped: '',
  'needs-attention': l10n.t('Solve what the check found, then check again. Do not go on before that.'),
  failed: l10n.t(
    'Read the last lines of its log. What the check found is the state that the host is in now. The step can be run again.',
  ),
  cancelled: l10n.t('What the check found is the state that the host is in now. The step can be run again.'),
  undone: l10n.t('It can be run again when you want to go on.'),
  unknown: l10n.t('Check it: a check only looks. Do not run it again before you know.'),
};

const stepLine = (status: StepStatus): StepPage['needs'][number] => ({
  id: status.step.id,
  title: status.step.title,
  look: lookOf(status.state),
  detail: detail(status),
});

/** What has to be seen before anything else. */
function noticesFor({ run, place, news }: StepFacts, status: StepStatus): StepPage['notices'] {
  const { step, state } = status;
  const open = !isSettled(state);
  const refused =
    isActive(state) || !open || !isWritten(step) ? undefined : refusal(run, status, 'run', place);
  const notice = (applies: boolean, tone: Tone, title: string, text: string) =>
    applies ? [{ tone, title, text }] : [];
  return [
    ...notice(news !== '', 'warn', l10n.t('Know this first'), news),
    ...notice(refused !== undefined, 'warn', l10n.t('Cannot be run now'), refused?.detail ?? ''),
    ...notice(open && step.pointOfNoReturn, 'bad', l10n.t('Point of no return'), NO_RETURN),
    ...notice(
      open && step.endsEditor,
      'warn',
      l10n.t('The platform goes down'),
      l10n.t('Every editor that runs inside it ends, code-server among them. Do it from another machine.'),
    ),
    ...notice(
      open && step.reboots,
      'warn',
      l10n.t('The host restarts'),
      l10n.t('The connection is lost on purpose. Its return is awaited.'),
    ),
  ];
}

/** Who confirmed a value, and when. */
function sourceOf(records: readonly JournalRecord[], name: string): string {
  const said = records.findLast((record) => record.type === 'values' && record.values[name] !== undefined);
  return said ? l10n.t`confirmed by ${said.actor.user}, ${timeOfDay(said.time)}` : '';
}

const valueLine = (
  parameter: Parameter,
  values: Values,
  { records, found }: StepFacts,
): StepPage['values'][number] => {
  const { name, title, what, example } = parameter;
  return {
    name,
    title,
    what,
    example,
    value: values[name] ?? '',
    source: values[name] === undefined ? '' : sourceOf(records, name),
    found: offeredValue(parameter, found),
  };
};

const riskFacts = (status: StepStatus): StepPage['facts'] => {
  const { step, attempts, state } = status;
  const last = attempts.at(-1);
  const took = last && !isActive(state) ? tookText(last) : '';
  return [
    { title: l10n.t('Risk'), text: RISK_WORDS[step.risk] },
    { title: took === '' ? l10n.t('Takes') : l10n.t('Expected'), text: durationWords(step.duration) },
    ...(took === '' ? [] : [{ title: l10n.t('Took'), text: took }]),
    ...(step.needs.disk === undefined ? [] : [{ title: l10n.t('Room'), text: step.needs.disk }]),
  ];
};

const lines = (statuses: readonly StepStatus[], wanted: (step: Step) => boolean): StepPage['needs'] =>
  statuses.filter(({ step }) => wanted(step)).map(stepLine);

/** Everything that the page about a step shows. */
export function stepContent(facts: StepFacts, status: StepStatus): StepPage {
  const { guide, run, host, rows } = facts;
  const { step, state, reason, attempts, check } = status;
  const last = attempts.at(-1);
  const active = isActive(state);
  const evidence = check?.result.evidence ?? '';
  const section = guide.sections.find(({ id }) => id === step.section)?.title ?? '';
  const next = isSettled(state) ? nextStep(run) : undefined;
  return {
    id: step.id,
    title: step.title,
    host: whereText(host, guide),
    place: l10n.t`${section} · step ${run.steps.indexOf(status) + 1} of ${run.steps.length}`,
    look: lookOf(state),
    detail: active ? '' : detail(status),
    reason,
    evidence: check && evidence !== reason ? l10n.t`${evidence} (checked ${timeOfDay(check.time)})` : '',
    advice: ADVICE[state],
    next: next && { id: next.step.id, title: next.step.title },
    since: active && last ? Date.parse(last.requestedAt) : undefined,
    progress: active ? last?.progress : undefined,
    notices: noticesFor(facts, status),
    actions: actionsFor(status, run.active !== undefined),
    facts: riskFacts(status),
    why: step.why,
    does: step.does,
    manual: step.manual ?? '',
    undo: step.undo,
    written: isWritten(step),
    rows: step.covers.map((id) => rows.get(id) ?? id),
    guideUrl: guide.url ?? '',
    deviation: step.deviation,
    values: guide.parameters
      .filter(({ name }) => step.uses.includes(name))
      .map((parameter) => valueLine(parameter, run.values, facts)),
    reading: facts.reading,
    needs: lines(run.steps, ({ id }) => step.needs.steps.includes(id)),
    followers: lines(run.steps, ({ needs }) => needs.steps.includes(step.id)),
    list: byUrgency(check?.result.items ?? []).map(itemLine),
    attempts: attempts.toReversed().map(attemptLine),
    log:
      last && facts.tail !== '' && (active || needsPerson(state))
        ? { attempt: last.number, text: facts.tail }
        : undefined,
    links: step.links,
  };
}
