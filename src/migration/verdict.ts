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
  /** The question on its screen that nobody has answered. */
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
type Table = Readonly<Record<CheckStatus, Cell>>;

const RAN_WELL: Table = {
  done: ['succeeded', 'The run ended without an error and the check confirms the result.'],
  'not-needed': ['succeeded', 'The run ended without an error and the check finds nothing left to do.'],
  pending: ['needs-attention', 'The run reported no error, but the check does not find its result.'],
  blocked: ['needs-attention', 'The run ended, but something stands in the way.'],
  unknown: ['unknown', 'The run ended without an error, but the check could not decide.'],
};

const RAN_BADLY: Table = {
  done: ['needs-attention', 'The run reported an error, yet the check finds the result complete.'],
  'not-needed': ['needs-attention', 'The run reported an error, yet the check finds nothing left to do.'],
  pending: ['failed', 'The run reported an error and the check does not find its result.'],
  blocked: ['needs-attention', 'The step ran, and found something that has to be solved first.'],
  unknown: ['unknown', 'The run reported an error and the check could not tell what state the host is in.'],
};

const CANCELLED: Table = {
  done: ['needs-attention', 'The step was cancelled, yet the check finds the result complete.'],
  'not-needed': ['needs-attention', 'The step was cancelled, yet the check finds nothing left to do.'],
  pending: ['cancelled', 'The step was cancelled before it was done.'],
  blocked: ['cancelled', 'The step was cancelled, and something stands in the way of running it again.'],
  unknown: ['unknown', 'The step was cancelled and the check could not tell what state the host is in.'],
};

const LOST: Table = {
  done: [
    'needs-attention',
    'The step ended without leaving an exit code, yet the check finds the result complete.',
  ],
  'not-needed': [
    'needs-attention',
    'The step ended without leaving an exit code; the check finds nothing left to do.',
  ],
  pending: ['failed', 'The step ended without leaving an exit code and the check does not find its result.'],
  blocked: [
    'needs-attention',
    'The step ended without leaving an exit code, and something stands in the way.',
  ],
  unknown: ['unknown', 'The step ended without leaving an exit code and the check could not decide.'],
};

const CUT_OFF: Table = {
  done: ['needs-attention', 'The host was restarted while the step ran, yet the check finds it complete.'],
  'not-needed': [
    'needs-attention',
    'The host was restarted while the step ran; the check finds nothing left to do.',
  ],
  pending: ['failed', 'The host was restarted while the step ran, and the check does not find its result.'],
  blocked: ['needs-attention', 'The host was restarted while the step ran, and something stands in the way.'],
  unknown: ['unknown', 'The host was restarted while the step ran, and the check could not decide.'],
};

const CAME_BACK: Table = {
  done: ['succeeded', 'The host was restarted, has come back, and the check confirms the result.'],
  'not-needed': ['succeeded', 'The host was restarted and the check finds nothing left to do.'],
  pending: ['needs-attention', 'The host came back, but the check does not find the result.'],
  blocked: ['needs-attention', 'The host came back, but something stands in the way.'],
  unknown: ['unknown', 'The host came back, but the check could not decide.'],
};

const NEVER_WENT_DOWN: Table = {
  ...RAN_WELL,
  done: ['needs-attention', 'The run reported no error, but the host has not been restarted.'],
  'not-needed': ['needs-attention', 'The run reported no error, but the host has not been restarted.'],
};

const TAKEN_BACK: Table = {
  done: ['needs-attention', 'The way back reported no error, but the check still finds the result.'],
  'not-needed': ['needs-attention', 'The way back reported no error, but the check finds nothing to do.'],
  pending: ['undone', 'The step was taken back, and the check finds it open again.'],
  blocked: ['needs-attention', 'The step was taken back, but something stands in the way of running it.'],
  unknown: ['unknown', 'The way back reported no error, but the check could not decide.'],
};

const NOT_TAKEN_BACK: Table = {
  done: ['failed', 'The way back did not come to its end; the check still finds the result.'],
  'not-needed': ['failed', 'The way back did not come to its end; the check finds nothing to do.'],
  pending: [
    'needs-attention',
    'The way back did not come to a good end, yet the check finds the step open again.',
  ],
  blocked: ['needs-attention', 'The way back did not come to its end, and something stands in the way.'],
  unknown: ['unknown', 'The way back did not come to its end, and the check could not decide.'],
};

/** The table that applies to each ending of a kind of attempt. */
const tablesFor = ({ mode, reboots }: Kind): Readonly<Record<Ending, Table>> =>
  mode === 'undo'
    ? {
        'exit-zero': TAKEN_BACK,
        'exit-nonzero': NOT_TAKEN_BACK,
        cancelled: NOT_TAKEN_BACK,
        rebooted: NOT_TAKEN_BACK,
        lost: NOT_TAKEN_BACK,
      }
    : {
        'exit-zero': reboots ? NEVER_WENT_DOWN : RAN_WELL,
        'exit-nonzero': RAN_BADLY,
        cancelled: CANCELLED,
        rebooted: reboots ? CAME_BACK : CUT_OFF,
        lost: LOST,
      };

const UNCHECKED: Readonly<Record<Ending, string>> = {
  'exit-zero': 'The run ended without an error, but was not checked',
  'exit-nonzero': 'The run reported an error and was not checked',
  cancelled: 'The step was cancelled and not checked',
  rebooted: 'The host was restarted and the step has not been checked since',
  lost: 'The step ended without leaving an exit code',
};

const verdict = (outcome: Outcome, reason: string): Verdict => ({ outcome, reason });

function whileAlive({ mode, reboots, exitCode, question }: Evidence): Verdict {
  if (exitCode === undefined) {
    if (question !== undefined)
      return verdict('waiting', `It waits for an answer in its terminal: ${question}`);
    return verdict(
      'running',
      mode === 'undo' ? 'The step is being taken back.' : 'The step is running on the host.',
    );
  }
  return mode === 'run' && reboots && exitCode === 0
    ? verdict('rebooting', 'The host is about to restart; its return is awaited.')
    : verdict('checking', 'The run has ended; its result is being checked.');
}

/**
 * Decides the outcome of an attempt. An exit code alone is never a verdict: success needs a passed check, and what
 * cannot be proven is unknown.
 */
export function judge(evidence: Evidence): Verdict {
  const { ending, alive, began, check } = evidence;
  if (alive) return whileAlive(evidence);
  if (!began)
    return verdict('not-started', 'The step was requested, but its job never began: nothing was done.');
  const known = ending ?? 'lost';
  if (check !== undefined) return verdict(...tablesFor(evidence)[known][check]);
  return verdict('unknown', `${UNCHECKED[known]}. Run the check to see what state the host is in.`);
}

/**
 * The same tables for the runner, which writes an outcome into the journal while no editor is connected: one line
 * `ending check outcome` for each way in which an attempt of this kind ends.
 */
export function outcomeTable(kind: Kind): string {
  const tables = tablesFor(kind);
  return ENDINGS.flatMap((ending) =>
    Object.entries(tables[ending]).map(([check, [outcome]]) => `${ending} ${check} ${outcome}\n`),
  ).join('');
}
