import * as l10n from '@vscode/l10n';
import { span, type Overview } from '../../../webview/protocol';
import { sumOf } from '../../migration/duration';
import type { Guide } from '../../migration/guide';
import type { CountedNumber } from '../../migration/numbers';
import {
  isActive,
  isSettled,
  nextStep,
  type Attempt,
  type RunStatus,
  type StepStatus,
} from '../../migration/run';
import { lookOf } from './stepContent';
import { detail, needsPerson, tookText } from '../steps/stepText';
import { dateAndTime, durationWords, RISK_WORD } from '../words';

/** What the page about the whole run is made of. */
export interface RunFacts {
  readonly guide: Guide;
  readonly run: RunStatus;
  readonly host: string;
  readonly news: string;
  readonly numbers: readonly CountedNumber[];
  readonly now: number;
}

const MINUTE_MS = 60_000;

const spanWords = (minutes: number): string =>
  minutes < 60 ? l10n.t`${minutes} min` : span(minutes * MINUTE_MS);

/** What remains by the guide's words, without pretending to know more than they do. */
export function remaining(steps: readonly StepStatus[]): string {
  const open = steps.filter(({ state }) => !isSettled(state));
  if (open.length === 0) return l10n.t('nothing');
  const { least, most, open: unlimited } = sumOf(open.map(({ step }) => step.duration));
  const known = l10n.t`${spanWords(least)} to ${spanWords(most)}`;
  if (unlimited === 0) return known;
  return unlimited === 1
    ? l10n.t`${known}, and 1 step that takes as long as the data is large`
    : l10n.t`${known}, and ${unlimited} steps that take as long as the data is large`;
}

function timesOf({ run, now }: RunFacts): Overview['times'] {
  const attempts: Attempt[] = run.steps.flatMap((status) => status.attempts);
  const begun = attempts.map(({ requestedAt }) => requestedAt).sort()[0];
  const ended = attempts
    .flatMap(({ finishedAt }) => finishedAt ?? [])
    .sort()
    .at(-1);
  const complete = run.steps.every(({ state }) => isSettled(state));
  const spent = attempts.reduce(
    (sum, { requestedAt, finishedAt, outcome }) =>
      finishedAt === undefined && !(outcome !== 'not-started' && isActive(outcome))
        ? sum
        : sum +
          Math.max(0, (finishedAt === undefined ? now : Date.parse(finishedAt)) - Date.parse(requestedAt)),
    0,
  );
  return [
    { title: l10n.t('Begun'), text: begun === undefined ? l10n.t('not yet') : dateAndTime(begun) },
    ...(complete && ended !== undefined ? [{ title: l10n.t('Ended'), text: dateAndTime(ended) }] : []),
    { title: l10n.t('Steps have run for'), text: span(spent) },
    { title: l10n.t('Still to come'), text: remaining(run.steps) },
  ];
}

function numberLine({ title, before, now }: CountedNumber): Overview['numbers'][number] {
  const look =
    now === undefined
      ? undefined
      : now < before
        ? ({ word: l10n.t('fewer'), icon: 'error', tone: 'bad' } as const)
        : now === before
          ? ({ word: l10n.t('equal'), icon: 'pass', tone: 'good' } as const)
          : ({ word: l10n.t('more'), icon: 'pass', tone: 'good' } as const);
  return { title, before, now, look };
}

const numbersNote = (numbers: readonly CountedNumber[]): string => {
  if (numbers.length === 0)
    return l10n.t('Nothing was recorded yet: a step before the platform goes down does it.');
  if (numbers.every(({ now }) => now === undefined)) return l10n.t('Counted again when the data is back.');
  return numbers.some(({ before, now = 0 }) => now < before)
    ? l10n.t(
        'Fewer than before may be meant: the list of the acceptance step says what was lost and what was not.',
      )
    : '';
};

const stepRow = (status: StepStatus): Overview['phases'][number]['steps'][number] => {
  const { step, state, attempts } = status;
  const last = attempts.at(-1);
  return {
    id: step.id,
    title: step.title,
    look: lookOf(state),
    detail: state === 'ready' ? '' : detail(status),
    took: last ? tookText(last) : '',
    expected: durationWords(step.duration),
    noReturn: step.pointOfNoReturn,
  };
};

function activeStep(run: RunStatus): Overview['active'] {
  const { active } = run;
  const last = active?.attempts.at(-1);
  if (!active) return undefined;
  return {
    id: active.step.id,
    title: active.step.title,
    look: lookOf(active.state),
    since: last && Date.parse(last.requestedAt),
    progress: last?.progress,
  };
}

/** Everything that the page about the whole run shows. */
export function overviewContent(facts: RunFacts): Overview {
  const { guide, run, host, news, numbers } = facts;
  const settled = run.steps.filter(({ state }) => isSettled(state));
  const next = run.active ? undefined : nextStep(run);
  return {
    title: guide.title,
    host,
    notices: news === '' ? [] : [{ tone: 'warn', title: l10n.t('Know this first'), text: news }],
    done: settled.length,
    total: run.steps.length,
    unproven: settled.filter(({ state }) => state === 'skipped' || state === 'by-hand').length,
    times: timesOf(facts),
    attention: run.steps
      .filter(({ state }) => needsPerson(state))
      .map(({ step, state, reason, check }) => ({
        id: step.id,
        title: step.title,
        look: lookOf(state),
        text: check && state !== 'waiting' ? check.result.evidence : reason,
      })),
    active: activeStep(run),
    next: next && {
      id: next.step.id,
      title: next.step.title,
      detail: `${RISK_WORD[next.step.risk]}, ${durationWords(next.step.duration)}`,
    },
    phases: guide.sections.map(({ id, title }) => {
      const steps = run.steps.filter(({ step }) => step.section === id);
      return {
        title,
        done: steps.filter(({ state }) => isSettled(state)).length,
        total: steps.length,
        steps: steps.map(stepRow),
      };
    }),
    numbers: numbers.map(numberLine),
    numbersNote: numbersNote(numbers),
  };
}
