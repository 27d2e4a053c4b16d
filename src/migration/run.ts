import type { CheckResult } from './check';
import type { Values } from './command';
import type { Guide, Step } from './guide';
import { isWritten } from './guide';
import { STATEMENTS, type Actor, type Journal, type JournalProblem, type JournalRecord } from './journal';
import type { Outcome } from './verdict';
import { judge } from './verdict';

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
}

export interface Attempt {
  readonly number: number;
  readonly command: string;
  readonly actor: Actor;
  readonly requestedAt: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly check?: CheckResult;
  readonly cancelled: boolean;
  readonly outcome: Outcome;
  readonly reason: string;
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
}

/** A check says so, or a person answers for it by name. */
const SETTLED: readonly StepState[] = ['succeeded', 'not-needed', 'by-hand', 'skipped'];
const ACTIVE: readonly StepState[] = ['running', 'checking'];

export const isSettled = (state: StepState): boolean => SETTLED.includes(state);
export const isActive = (state: StepState): boolean => ACTIVE.includes(state);

type OfType<T extends JournalRecord['type']> = Extract<JournalRecord, { type: T }>;

const ofType = <T extends JournalRecord['type']>(records: readonly JournalRecord[], type: T): OfType<T>[] =>
  records.filter((record): record is OfType<T> => record.type === type);

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
  const laterCheck = ofType(records, 'checked')
    .filter((record) => record.seq > (finished?.seq ?? intent.seq))
    .at(-1)?.check;
  const exitCode = finished?.exitCode ?? live?.exitCode;
  const check = laterCheck ?? finished?.check ?? live?.check;
  const cancelled = finished?.cancelled ?? ofType(mine, 'cancel-requested').length > 0;
  const verdict = judge({
    exitCode,
    alive: !finished && (live?.alive ?? false),
    began: finished !== undefined || (live?.began ?? ofType(mine, 'started').length > 0),
    rebooted: boot !== snapshot.boot,
    check: check?.status,
    reboots: step.reboots,
    cancelled,
  });
  return {
    number: intent.attempt,
    command: intent.command,
    actor: intent.actor,
    requestedAt: intent.time,
    cancelled,
    ...verdict,
    logBytes: live?.logBytes ?? 0,
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
      reason:
        'This version does not run this step. Do it by the official guide, then mark it as done by hand.',
    };
  if (check?.status === 'done' || check?.status === 'not-needed')
    return { state: 'not-needed', reason: check.evidence };
  if (check?.status === 'blocked') return { state: 'needs-attention', reason: check.evidence };
  if (check?.status === 'unknown') return { state: 'unknown', reason: check.evidence };
  const first = waitsFor[0];
  if (first) return { state: 'pending', reason: `Comes after "${first.title}", which is not proven yet.` };
  return { state: 'ready', reason: check?.evidence ?? 'Can be run.' };
}

/** What a person said of the step, unless it was taken back or the step was started since. */
function statementIn(records: readonly JournalRecord[]) {
  const last = records
    .filter(({ type }) => type === 'intent' || STATEMENTS.some((kind) => kind === type))
    .at(-1);
  if (last?.type !== 'by-hand' && last?.type !== 'skipped') return undefined;
  const { type: state, actor, time, note } = last;
  const reason = `${state === 'by-hand' ? 'Done by hand' : 'Skipped'} by ${actor.user}: ${note}`;
  return { state, reason, statement: { actor, time, note } };
}

/** What the newest attempt that began came to. */
function decided(attempts: readonly Attempt[]): { state: StepState; reason: string } | undefined {
  for (const { outcome, reason } of attempts.toReversed())
    if (outcome !== 'not-started') return { state: outcome, reason };
  return undefined;
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
    const stated = statementIn(mine);
    const { state, reason } = stated ?? decided(attempts) ?? untouched(step, check?.result, waitsFor);
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
  };
}

/** The state of a guide on a host where nothing has been run. */
export const EMPTY_SNAPSHOT: Snapshot = {
  journal: { records: [], problems: [] },
  live: [],
  boot: '',
  plan: undefined,
};
