import * as l10n from '@vscode/l10n';
import type { CheckStatus } from './check';

/** What an attempt does: carries the step out, or takes it back. */
export const MODES = ['run', 'undo'] as const;
export type Mode = (typeof MODES)[number];

/** How an attempt's own process ended; what that means is for the check to say. */
export const ENDINGS = ['exit-zero', 'exit-nonzero', 'cancelled', 'rebooted', 'lost'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What makes a kind of attempt different when it is judged. */
export interface Kind {
  readonly mode: Mode;
  /** The step restarts the host on purpose: it has not succeeded before the host has come back with another boot id. */
  readonly reboots: boolean;
}

/** What is known of an attempt on the host, gathered without guessing. */
export interface Evidence extends Kind {
  /** How it ended; undefined while it has not, or where nothing tells. */
  readonly ending: Ending | undefined;
  /** Exit code, once it is published; the check may still be under way. */
  readonly exitCode: number | undefined;
  /** Whether the job's own process still lives: its lock is held. */
  readonly alive: boolean;
  /** Whether the job has begun to run the step; before that, nothing has been done. */
  readonly began: boolean;
  /** The question on its screen, the run's or the check's, that nobody has answered. */
  readonly question: string | undefined;
  /** The step's own check after the run. */
  readonly check: CheckStatus | undefined;
}

export type Outcome =
  | 'not-started'
  | 'running'
  | 'waiting'
  | 'rebooting'
  | 'checking'
  | 'succeeded'
  | 'needs-attention'
  | 'failed'
  | 'cancelled'
  | 'undone'
  | 'unknown';

export interface Verdict {
  readonly outcome: Outcome;
  /** Why, in words for the admin; for `unknown`, the evidence that is missing. */
  readonly reason: string;
}

type Cell = readonly [outcome: Outcome, reason: string];
/** Reasons are worded when they are asked for, in the language of then. */
type Table = Readonly<Record<CheckStatus, Cell>>;

const ranWell = (): Table => ({
  done: ['succeeded', l10n.t('The run ended without an error and the check confirms the result.')],
  'not-needed': [
    'succeeded',
    l10n.t('The run ended without an error and the check finds nothing left to do.'),
  ],
  pending: ['needs-attention', l10n.t('The run reported no error, but the check does not find its result.')],
  blocked: ['needs-attention', l10n.t('The run ended, but something stands in the way.')],
  unknown: ['unknown', l10n.t('The run ended without an error, but the check could not decide.')],
});

const ranBadly = (): Table => ({
  done: ['needs-attention', l10n.t('The run reported an error, yet the check finds the result complete.')],
  'not-needed': [
    'needs-attention',
    l10n.t('The run reported an error, yet the check finds nothing left to do.'),
  ],
  pending: ['failed', l10n.t('The run reported an error and the check does not find its result.')],
  blocked: ['needs-attention', l10n.t('The step ran, and found something that has to be solved first.')],
  unknown: [
    'unknown',
    l10n.t('The run reported an error and the check could not tell what state the host is in.'),
  ],
});

const cancelled = (): Table => ({
  done: ['needs-attention', l10n.t('The step was cancelled, yet the check finds the result complete.')],
  'not-needed': [
    'needs-attention',
    l10n.t('The step was cancelled, yet the check finds nothing left to do.'),
  ],
  pending: ['cancelled', l10n.t('The step was cancelled before it was done.')],
  blocked: [
    'cancelled',
    l10n.t('The step was cancelled, and something stands in the way of running it again.'),
  ],
  unknown: [
    'unknown',
    l10n.t('The step was cancelled and the check could not tell what state the host is in.'),
  ],
});

const lost = (): Table => ({
  done: [
    'needs-attention',
    l10n.t('The step ended without leaving an exit code, yet the check finds the result complete.'),
  ],
  'not-needed': [
    'needs-attention',
    l10n.t('The step ended without leaving an exit code; the check finds nothing left to do.'),
  ],
  pending: [
    'failed',
    l10n.t('The step ended without leaving an exit code and the check does not find its result.'),
  ],
  blocked: [
    'needs-attention',
    l10n.t('The step ended without leaving an exit code, and something stands in the way.'),
  ],
  unknown: ['unknown', l10n.t('The step ended without leaving an exit code and the check could not decide.')],
});

const cutOff = (): Table => ({
  done: [
    'needs-attention',
    l10n.t('The host was restarted while the step ran, yet the check finds it complete.'),
  ],
  'not-needed': [
    'needs-attention',
    l10n.t('The host was restarted while the step ran; the check finds nothing left to do.'),
  ],
  pending: [
    'failed',
    l10n.t('The host was restarted while the step ran, and the check does not find its result.'),
  ],
  blocked: [
    'needs-attention',
    l10n.t('The host was restarted while the step ran, and something stands in the way.'),
  ],
  unknown: ['unknown', l10n.t('The host was restarted while the step ran, and the check could not decide.')],
});

const cameBack = (): Table => ({
  done: ['succeeded', l10n.t('The host was restarted, has come back, and the check confirms the result.')],
  'not-needed': ['succeeded', l10n.t('The host was restarted and the check finds nothing left to do.')],
  pending: ['needs-attention', l10n.t('The host came back, but the check does not find the result.')],
  blocked: ['needs-attention', l10n.t('The host came back, but something stands in the way.')],
  unknown: ['unknown', l10n.t('The host came back, but the check could not decide.')],
});

const neverWentDown = (): Table => ({
  ...ranWell(),
  done: ['needs-attention', l10n.t('The run reported no error, but the host has not been restarted.')],
  'not-needed': [
    'needs-attention',
    l10n.t('The run reported no error, but the host has not been restarted.'),
  ],
});

const takenBack = (): Table => ({
  done: ['needs-attention', l10n.t('The way back reported no error, but the check still finds the result.')],
  'not-needed': [
    'needs-attention',
    l10n.t('The way back reported no error, but the check finds nothing to do.'),
  ],
  pending: ['undone', l10n.t('The step was taken back, and the check finds it open again.')],
  blocked: [
    'needs-attention',
    l10n.t('The step was taken back, but something stands in the way of running it.'),
  ],
  unknown: ['unknown', l10n.t('The way back reported no error, but the check could not decide.')],
});

const notTakenBack = (): Table => ({
  done: ['failed', l10n.t('The way back did not come to its end; the check still finds the result.')],
  'not-needed': ['failed', l10n.t('The way back did not come to its end; the check finds nothing to do.')],
  pending: [
    'needs-attention',
    l10n.t('The way back did not come to a good end, yet the check finds the step open again.'),
  ],
  blocked: [
    'needs-attention',
    l10n.t('The way back did not come to its end, and something stands in the way.'),
  ],
  unknown: ['unknown', l10n.t('The way back did not come to its end, and the check could not decide.')],
});

/** The table that applies to each ending of a kind of attempt. */
const tablesFor = ({ mode, reboots }: Kind): Readonly<Record<Ending, () => Table>> =>
  mode === 'undo'
    ? {
        'exit-zero': takenBack,
        'exit-nonzero': notTakenBack,
        cancelled: notTakenBack,
        rebooted: notTakenBack,
        lost: notTakenBack,
      }
    : {
        'exit-zero': reboots ? neverWentDown : ranWell,
        'exit-nonzero': ranBadly,
        cancelled,
        rebooted: reboots ? cameBack : cutOff,
        lost,
      };

const unchecked = (): Readonly<Record<Ending, string>> => ({
  'exit-zero': l10n.t('The run ended without an error, but was not checked.'),
  'exit-nonzero': l10n.t('The run reported an error and was not checked.'),
  cancelled: l10n.t('The step was cancelled and not checked.'),
  rebooted: l10n.t('The host was restarted and the step has not been checked since.'),
  lost: l10n.t('The step ended without leaving an exit code.'),
});

const verdict = (outcome: Outcome, reason: string): Verdict => ({ outcome, reason });

function whileAlive({ mode, reboots, exitCode, question }: Evidence): Verdict {
  if (question !== undefined)
    return verdict('waiting', l10n.t`It waits for an answer in its terminal: ${question}`);
  if (exitCode === undefined)
    return verdict(
      'running',
      mode === 'undo' ? l10n.t('The step is being taken back.') : l10n.t('The step is running on the host.'),
    );
  return mode === 'run' && reboots && exitCode === 0
    ? verdict('rebooting', l10n.t('The host is about to restart; its return is awaited.'))
    : verdict('checking', l10n.t('The run has ended; its result is being checked.'));
}

/**
 * Decides the outcome of an attempt. An exit code alone is never a verdict: success needs a passed check, and what
 * cannot be proven is unknown.
 */
export function judge(evidence: Evidence): Verdict {
  const { ending, alive, began, check } = evidence;
  if (alive) return whileAlive(evidence);
  if (!began)
    return verdict(
      'not-started',
      l10n.t('The step was requested, but its job never began: nothing was done.'),
    );
  const known = ending ?? 'lost';
  if (check !== undefined) return verdict(...tablesFor(evidence)[known]()[check]);
  return verdict(
    'unknown',
    `${unchecked()[known]} ${l10n.t('Run the check to see what state the host is in.')}`,
  );
}

/**
 * The same tables for the runner, which writes an outcome into the journal while no editor is connected: one line
 * `ending check outcome` for each way in which an attempt of this kind ends.
 */
export function outcomeTable(kind: Kind): string {
  const tables = tablesFor(kind);
  return ENDINGS.flatMap((ending) =>
    Object.entries(tables[ending]()).map(([check, [outcome]]) => `${ending} ${check} ${outcome}\n`),
  ).join('');
}
