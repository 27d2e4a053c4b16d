import type { CheckStatus } from './check';

/** What is known of an attempt on the host, gathered without guessing. */
export interface Evidence {
  /** Exit code of the step's `run`, once it is published. */
  readonly exitCode: number | undefined;
  /** Whether the job's own process still lives: its lock is held. */
  readonly alive: boolean;
  /** Whether the job has begun to run the step; before that, nothing has been done. */
  readonly began: boolean;
  /** Whether the host has been restarted since the attempt began. */
  readonly rebooted: boolean;
  /** The step's own check after the run. */
  readonly check: CheckStatus | undefined;
  /** The step restarts the host on purpose. */
  readonly reboots: boolean;
  /** Somebody asked for the attempt to be stopped. */
  readonly cancelled: boolean;
}

export type Outcome =
  | 'not-started'
  | 'running'
  | 'checking'
  | 'succeeded'
  | 'needs-attention'
  | 'failed'
  | 'cancelled'
  | 'unknown';

export interface Verdict {
  readonly outcome: Outcome;
  /** Why, in words for the admin; for `unknown`, the evidence that is missing. */
  readonly reason: string;
}

type Cell = readonly [outcome: Outcome, reason: string];

const RAN_WELL: Readonly<Record<CheckStatus, Cell>> = {
  done: ['succeeded', 'The run ended without an error and the check confirms the result.'],
  'not-needed': ['succeeded', 'The run ended without an error and the check finds nothing left to do.'],
  pending: ['needs-attention', 'The run reported no error, but the check does not find its result.'],
  blocked: ['needs-attention', 'The run ended, but something stands in the way.'],
  unknown: ['unknown', 'The run ended without an error, but the check could not decide.'],
};

const RAN_BADLY: Readonly<Record<CheckStatus, Cell>> = {
  done: ['needs-attention', 'The run reported an error, yet the check finds the result complete.'],
  'not-needed': ['needs-attention', 'The run reported an error, yet the check finds nothing left to do.'],
  pending: ['failed', 'The run reported an error and the check does not find its result.'],
  blocked: ['needs-attention', 'The step ran, and found something that has to be solved first.'],
  unknown: ['unknown', 'The run reported an error and the check could not tell what state the host is in.'],
};

const CANCELLED: Readonly<Record<CheckStatus, Cell>> = {
  done: ['needs-attention', 'The step was cancelled, yet the check finds the result complete.'],
  'not-needed': ['needs-attention', 'The step was cancelled, yet the check finds nothing left to do.'],
  pending: ['cancelled', 'The step was cancelled before it was done.'],
  blocked: ['cancelled', 'The step was cancelled, and something stands in the way of running it again.'],
  unknown: ['unknown', 'The step was cancelled and the check could not tell what state the host is in.'],
};

const LOST: Readonly<Record<CheckStatus, Cell>> = {
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

const REBOOTED: Readonly<Record<CheckStatus, Cell>> = {
  ...RAN_WELL,
  pending: ['needs-attention', 'The host came back, but the check does not find the result.'],
  unknown: ['unknown', 'The host came back, but the check could not decide.'],
};

const verdict = ([outcome, reason]: Cell): Verdict => ({ outcome, reason });

const unproven = (what: string): Verdict => ({
  outcome: 'unknown',
  reason: `${what}. Run the check to see what state the host is in.`,
});

/** The table that applies once an attempt has ended and its check has answered. */
function tableFor(evidence: Evidence): Readonly<Record<CheckStatus, Cell>> {
  if (evidence.cancelled) return CANCELLED;
  if (evidence.exitCode !== undefined) return evidence.exitCode === 0 ? RAN_WELL : RAN_BADLY;
  return evidence.rebooted && evidence.reboots ? REBOOTED : LOST;
}

/**
 * Decides the outcome of an attempt. An exit code alone is never a verdict: success needs a passed check, and what
 * cannot be proven is unknown.
 */
export function judge(evidence: Evidence): Verdict {
  const { exitCode, alive, began, rebooted, check } = evidence;
  if (alive && !rebooted) {
    return exitCode === undefined
      ? verdict(['running', 'The step is running on the host.'])
      : verdict(['checking', 'The run has ended; its result is being checked.']);
  }
  if (!began)
    return verdict(['not-started', 'The step was requested, but its job never began: nothing was done.']);
  if (check !== undefined) return verdict(tableFor(evidence)[check]);
  if (exitCode !== undefined)
    return unproven(`The run ended with exit code ${exitCode}, but was not checked`);
  if (rebooted) return unproven('The host was restarted while the step ran');
  return unproven('The step ended without leaving an exit code');
}

/**
 * The same tables for the runner, which writes an outcome into the journal while no editor is connected: one line
 * `ending check outcome` for each way in which a run ends.
 */
export function outcomeTable(): string {
  const endings = { 'exit-zero': RAN_WELL, 'exit-nonzero': RAN_BADLY, cancelled: CANCELLED, lost: LOST };
  return Object.entries(endings)
    .flatMap(([ending, table]) =>
      Object.entries(table).map(([check, [outcome]]) => `${ending} ${check} ${outcome}\n`),
    )
    .join('');
}
