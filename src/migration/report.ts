import type { Guide, Step } from './guide';
import type { Journal, JournalProblem } from './journal';
import { redactAll } from './redact';
import { isSettled, type Attempt, type RunStatus, type StepState, type StepStatus } from './run';

/** What a change board files: who did what, when, with which proof, and what is missing. */
export interface Report {
  readonly guide: string;
  readonly host: string;
  readonly created: string;
  readonly plan: string | undefined;
  readonly settled: number;
  readonly total: number;
  readonly values: Readonly<Record<string, string>>;
  readonly journal: { readonly records: number; readonly problems: readonly JournalProblem[] };
  readonly steps: readonly ReportedStep[];
  /** How many secrets and patient identifiers were taken out. */
  readonly redacted: number;
}

interface ReportedStep {
  readonly id: string;
  readonly title: string;
  readonly covers: readonly string[];
  readonly state: StepState;
  readonly reason: string;
  readonly deviation: Step['deviation'];
  readonly statement: StepStatus['statement'];
  readonly check: StepStatus['check'];
  readonly attempts: readonly Attempt[];
}

export interface ReportFacts {
  readonly guide: Guide;
  readonly run: RunStatus;
  readonly journal: Journal;
  readonly host: string;
  /** Time of the report in ISO form. */
  readonly now: string;
}

/**
 * Gathers the report without secrets and patient identifiers. Nothing else is left out but the texts that ran, which
 * their hashes name.
 */
export function gather({ guide, run, journal, host, now }: ReportFacts): Report {
  const { value, count } = redactAll({
    guide: guide.id,
    host,
    created: now,
    plan: run.plan,
    settled: run.steps.filter(({ state }) => isSettled(state)).length,
    total: run.steps.length,
    values: run.values,
    journal: { records: journal.records.length, problems: journal.problems },
    steps: run.steps.map(({ step, state, reason, statement, check, attempts }) => ({
      id: step.id,
      title: step.title,
      covers: step.covers,
      state,
      reason,
      deviation: step.deviation,
      statement,
      check,
      attempts,
    })),
  });
  return { ...value, redacted: count };
}

export const asJson = (report: Report): string => `${JSON.stringify(report, undefined, 2)}\n`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const attemptLines = ({
  number,
  outcome,
  reason,
  actor,
  requestedAt,
  finishedAt,
  exitCode,
  command,
  log,
}: Attempt): string[] => [
  `- Attempt ${number}, ${outcome}: ${reason}`,
  `  - ${actor.user}${actor.from ? ` from ${actor.from}` : ''}${actor.sudoUser ? `, by sudo for ${actor.sudoUser}` : ''}, ${requestedAt} to ${finishedAt ?? 'not ended'}`,
  `  - exit code ${exitCode ?? 'none'}; SHA-256 of the text ${command}${log ? `, of the log ${log}` : ''}`,
];

function stepLines({
  title,
  covers,
  state,
  reason,
  deviation,
  statement,
  check,
  attempts,
}: ReportedStep): string[] {
  return [
    `### ${title}: ${state}`,
    '',
    reason,
    '',
    ...(covers.length > 0 ? [`Rows of the official guide: ${covers.join(', ')}.`, ''] : []),
    ...(statement
      ? [`${statement.actor.user} answers for it, ${statement.time}: ${statement.note}`, '']
      : []),
    ...(check ? [`Last check, ${check.time}: ${check.result.status}. ${check.result.evidence}`, ''] : []),
    ...(check && check.result.items.length > 0
      ? [
          row(['verdict', 'what', 'found']),
          row(['---', '---', '---']),
          ...check.result.items.map(({ verdict, title: what, found }) => row([verdict, what, found])),
          '',
        ]
      : []),
    ...(deviation && attempts.length > 0 ? [`Departs from the official guide: ${deviation.ours}`, ''] : []),
    ...attempts.flatMap(attemptLines),
    ...(attempts.length > 0 ? [''] : []),
  ];
}

/** The report for people. */
export function asMarkdown(report: Report): string {
  const { problems, records } = report.journal;
  const open = report.steps.filter(({ state }) => !isSettled(state));
  return [
    `# Migration ${report.guide} on ${report.host}`,
    '',
    `${report.settled} of ${report.total} steps settled, as of ${report.created}. Plan SHA-256: ${report.plan ?? 'nothing has been run'}.`,
    '',
    problems.length === 0
      ? `The journal has ${records} records; each names the hash of the one before it, and all agree.`
      : `**The journal is damaged**: ${problems.map(({ line, what }) => `line ${line}: ${what}`).join(' ')}`,
    '',
    '## Not settled',
    '',
    ...(open.length === 0
      ? ['Nothing.']
      : open.map(({ title, state, reason }) => `- ${title} (${state}): ${reason}`)),
    '',
    '## Values',
    '',
    ...Object.entries(report.values).map(([name, value]) => `- ${name}: ${value}`),
    '',
    '## Steps',
    '',
    ...report.steps
      .filter(
        ({ state, attempts, check, statement }) =>
          isSettled(state) || attempts.length > 0 || check || statement,
      )
      .flatMap(stepLines),
    '---',
    '',
    `Secrets and patient identifiers removed from this report: ${report.redacted}.`,
    '',
  ].join('\n');
}
