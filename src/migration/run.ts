import * as l10n from '@vscode/l10n';
import type { CheckResult } from './check';
import type { Values } from './command';
import type { Guide, Step } from './guide';
import { isWritten } from './guide';
import {
  parseJournal,
  STATEMENTS,
  type Actor,
  type Journal,
  type JournalProblem,
  type JournalRecord,
} from './journal';
import type { Ending, Mode, Outcome } from './verdict';
import { judge } from './verdict';

/** How far a running step has come, as it says itself. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly what: string;
}

/** What the host says about an attempt right now, beside the journal. */
export interface LiveAttempt {
  readonly step: string;
  readonly attempt: number;
  /** A process of the job lives. */
  readonly alive: boolean;
  /** The job has begun to run the step. */
  readonly began: boolean;
  readonly exitCode?: number;
  readonly check?: CheckResult;
  /** What its screen asks and nobody has answered. */
  readonly question?: string;
  readonly progress?: Progress;
  /** Boot id of the host when the attempt began. */
  readonly boot: string;
  readonly logBytes: number;
}

/** One look at the host: journal and live attempts, taken together. */
export interface Snapshot {
  readonly journal: Journal;
  readonly live: readonly LiveAttempt[];
  /** Boot id of the host now. */
  readonly boot: string;
  /** Hash of the plan that the run is pinned to; undefined before the first step. */
  readonly plan: string | undefined;
  /** Who is looking, as the host sees them. */
  readonly me: Actor;
  /** Fingerprint of the host key that was trusted for this look; empty on the host itself. */
  readonly hostKey: string;
}

export interface Attempt {
  readonly number: number;
  readonly mode: Mode;
  readonly command: string;
  readonly actor: Actor;
  readonly requestedAt: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly check?: CheckResult;
  readonly cancelled: boolean;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly progress?: Progress;
  readonly logBytes: number;
  /** SHA-256 of the whole log, once the attempt is closed. */
  readonly log?: string;
}

export type StepState =
  | Exclude<Outcome, 'not-started'>
  | 'not-written'
  | 'pending'
  | 'ready'
  | 'not-needed'
  | 'by-hand'
  | 'skipped';

export interface StepStatus {
  readonly step: Step;
  readonly state: StepState;
  readonly reason: string;
  readonly attempts: readonly Attempt[];
  /** The newest answer of the step's check, with its time. */
  readonly check?: { readonly result: CheckResult; readonly time: string };
  /** What a person last said of the step, when that still holds. */
  readonly statement?: { readonly actor: Actor; readonly time: string; readonly note: string };
  /** Steps that have to come first and are not settled. */
  readonly waitsFor: readonly Step[];
}

export interface RunStatus {
  readonly steps: readonly StepStatus[];
  readonly values: Values;
  readonly plan: string | undefined;
  readonly problems: readonly JournalProblem[];
  /** The one step that occupies the host now. */
  readonly active: StepStatus | undefined;
  /** Who conducts the run: whoever started a step or took the run over last. */
  readonly holder: Holder | undefined;
  /** The key by which the host was known when the run was last written to, where it has none of those keys any more. */
  readonly formerHostKey: string | undefined;
}

/** The step that can be started next. */
export const nextStep = ({ steps }: RunStatus): StepStatus | undefined =>
  steps.find(({ state }) => state === 'ready');

/** Who has the run in hand, and since when nobody has heard of them. */
export interface Holder {
  readonly actor: Actor;
  /** When they last started a step or took the run over. */
  readonly time: string;
  /** The one who is looking is somebody else. */
  readonly other: boolean;
}

/** A check says so, or a person answers for it by name. */
const SETTLED: readonly StepState[] = ['succeeded', 'not-needed', 'by-hand', 'skipped'];
const ACTIVE: readonly StepState[] = ['running', 'waiting', 'rebooting', 'checking'];

export const isSettled = (state: StepState): boolean => SETTLED.includes(state);
export const isActive = (state: StepState): boolean => ACTIVE.includes(state);

type OfType<T extends JournalRecord['type']> = Extract<JournalRecord, { type: T }>;

const ofType = <T extends JournalRecord['type']>(records: readonly JournalRecord[], type: T): OfType<T>[] =>
  records.filter((record): record is OfType<T> => record.type === type);

/** The newest answer that decided something; a check that could not tell takes nothing back. */
const deciding = (checks: readonly CheckResult[]): CheckResult | undefined =>
  checks.findLast(({ status }) => status !== 'unknown') ?? checks.at(-1);

/** How an attempt ended that has not been closed yet, as far as the evidence goes. */
function endingOf(
  { reboots }: Step,
  mode: Mode,
  exitCode: number | undefined,
  cancelled: boolean,
  rebooted: boolean,
): Ending | undefined {
  if (cancelled) return 'cancelled';
  const meant = reboots && mode === 'run' && exitCode === 0;
  if (rebooted && (exitCode === undefined || meant)) return 'rebooted';
  if (exitCode === undefined) return undefined;
  return exitCode === 0 ? 'exit-zero' : 'exit-nonzero';
}

function foldAttempt(
  step: Step,
  intent: OfType<'intent'>,
  records: readonly JournalRecord[],
  snapshot: Snapshot,
): Attempt {
  const mine = records.filter((record) => 'attempt' in record && record.attempt === intent.attempt);
  const finished = ofType(mine, 'finished').at(-1);
  const live = snapshot.live.find(
    (candidate) => candidate.step === step.id && candidate.attempt === intent.attempt,
  );
  const boot = live?.boot ?? ofType(mine, 'started').at(-1)?.boot ?? snapshot.boot;
  const closing = finished?.check ?? live?.check;
  const later = ofType(records, 'checked').filter((record) => record.seq > (finished?.seq ?? intent.seq));
  const check = deciding([...(closing ? [closing] : []), ...later.map((record) => record.check)]);
  const exitCode = finished?.exitCode ?? live?.exitCode;
  const cancelled = finished?.cancelled ?? ofType(mine, 'cancel-requested').length > 0;
  const rebooted = !finished && boot !== snapshot.boot;
  const alive = !finished && !rebooted && (live?.alive ?? false);
  const { mode } = intent;
  const verdict = judge({
    mode,
    reboots: step.reboots,
    ending: finished?.ending ?? endingOf(step, mode, exitCode, cancelled, rebooted),
    exitCode,
    alive,
    began: finished !== undefined || (live?.began ?? ofType(mine, 'started').length > 0),
    question: alive ? live?.question : undefined,
    check: check?.status,
  });
  return {
    number: intent.attempt,
    mode,
    command: intent.command,
    actor: intent.actor,
    requestedAt: intent.time,
    cancelled,
    ...verdict,
    logBytes: live?.logBytes ?? 0,
    ...(alive && live?.progress ? { progress: live.progress } : {}),
    ...(finished ? { finishedAt: finished.time } : {}),
    ...(finished?.log === undefined ? {} : { log: finished.log }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(check ? { check } : {}),
  };
}

/** The state of a step that was never run here: what its check found, or whether its turn has come. */
function untouched(
  step: Step,
  check: CheckResult | undefined,
  waitsFor: readonly Step[],
): { state: StepState; reason: string } {
  if (!isWritten(step))
    return {
      state: 'not-written',
      reason: l10n.t(
        'This version does not run this step. Do it by the official guide, then mark it as done by hand.',
      ),
    };
  if (check?.status === 'done' || check?.status === 'not-needed')
    return { state: 'not-needed', reason: check.evidence };
  if (check?.status === 'blocked') return { state: 'needs-attention', reason: check.evidence };
  if (check?.status === 'unknown') return { state: 'unknown', reason: check.evidence };
  const first = waitsFor[0];
  if (first)
    return { state: 'pending', reason: l10n.t`Comes after "${first.title}", which is not proven yet.` };
  return { state: 'ready', reason: check?.evidence ?? l10n.t('Can be run.') };
}

/** What a person said of the step, unless it was taken back, or the step was started or has ended since. */
function statementIn(records: readonly JournalRecord[], check: CheckResult | undefined) {
  const last = records.findLast(
    ({ type }) => type === 'intent' || type === 'finished' || STATEMENTS.some((kind) => kind === type),
  );
  if (last?.type !== 'by-hand' && last?.type !== 'skipped') return undefined;
  const { type: state, actor, time, note } = last;
  const said =
    state === 'by-hand'
      ? l10n.t`Done by hand by ${actor.user}: ${note}`
      : l10n.t`Skipped by ${actor.user}: ${note}`;
  const reason = state === 'by-hand' && check ? `${said} ${l10n.t`The check says: ${check.evidence}`}` : said;
  return { state, reason, statement: { actor, time, note } };
}

/** What the newest attempt that began came to. */
function decided(attempts: readonly Attempt[]): { state: StepState; reason: string } | undefined {
  for (const { outcome, reason } of attempts.toReversed())
    if (outcome !== 'not-started') return { state: outcome, reason };
  return undefined;
}

/** Two records of one person: the same account, reached from the same address. */
const samePerson = (a: Actor, b: Actor): boolean =>
  a.user === b.user && a.sudoUser === b.sudoUser && a.from === b.from;

function holderIn(records: readonly JournalRecord[], me: Actor): Holder | undefined {
  const last = records.findLast(({ type }) => type === 'intent' || type === 'taken-over');
  return last && { actor: last.actor, time: last.time, other: !samePerson(last.actor, me) };
}

/** Fingerprints are lists with spaces between: a host may be known by several keys, and any one in common will do. */
function formerHostKey(records: readonly JournalRecord[], hostKey: string): string | undefined {
  const before = records.findLast(({ host }) => host.key !== undefined)?.host.key;
  if (before === undefined || hostKey === '') return undefined;
  return before.split(' ').some((print) => hostKey.split(' ').includes(print)) ? undefined : before;
}

/** Folds one look at the host into the state of every step of the guide, in the guide's order. */
export function foldRun(guide: Guide, snapshot: Snapshot): RunStatus {
  const { records } = snapshot.journal;
  const status = new Map<string, StepStatus>();
  const fold = (step: Step): StepStatus => {
    const known = status.get(step.id);
    if (known) return known;
    const mine = records.filter((record) => 'step' in record && record.step === step.id);
    const attempts = ofType(mine, 'intent').map((intent) => foldAttempt(step, intent, mine, snapshot));
    const answered = mine.filter((record) => record.type === 'checked' || record.type === 'finished').at(-1);
    const check = answered?.check ? { result: answered.check, time: answered.time } : undefined;
    const needed = guide.steps.filter((candidate) => step.needs.steps.includes(candidate.id));
    const waitsFor = needed.filter((candidate) => !isSettled(fold(candidate).state));
    const decision = decided(attempts);
    // Whoever says something of a step that runs has not seen that it does.
    const stated = decision && isActive(decision.state) ? undefined : statementIn(mine, check?.result);
    const { state, reason } = stated ?? decision ?? untouched(step, check?.result, waitsFor);
    const folded = {
      step,
      state,
      reason,
      attempts,
      waitsFor,
      ...(check ? { check } : {}),
      ...(stated ? { statement: stated.statement } : {}),
    };
    status.set(step.id, folded);
    return folded;
  };
  const steps = guide.steps.map(fold);
  return {
    steps,
    values: Object.assign({}, ...ofType(records, 'values').map((record) => record.values)) as Values,
    plan: snapshot.plan,
    problems: snapshot.journal.problems,
    active: steps.find(({ state }) => isActive(state)),
    holder: holderIn(records, snapshot.me),
    formerHostKey: formerHostKey(records, snapshot.hostKey),
  };
}

/** The state of a guide on a host where nothing has been run. */
export const EMPTY_SNAPSHOT: Snapshot = {
  journal: parseJournal(''),
  live: [],
  boot: '',
  plan: undefined,
  me: { user: '' },
  hostKey: '',
};
