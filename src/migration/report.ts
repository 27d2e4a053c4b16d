import type { Guide, Step } from './guide';
import type { Audit } from './audit';
import type { JournalRecord } from './journal';
import { redactAll } from './redact';
import {
  isSettled,
  type Attempt,
  type RunStatus,
  type Snapshot,
  type StepState,
  type StepStatus,
} from './run';

/** What a change board files: who did what, when, with which proof, and what is missing. */
export interface Report {
  readonly guide: string;
  readonly host: string;
  readonly created: string;
  readonly plan: string | undefined;
  readonly settled: number;
  readonly total: number;
  readonly values: Readonly<Record<string, string>>;
  /** Fingerprints of the keys by which the host was known; empty where the editor ran on it. */
  readonly hostKey: string;
  /** What the comparison of journal, texts and logs came to. */
  readonly journal: Audit;
  /** Who took the run over from somebody else, and who accepted other step texts. */
  readonly decisions: readonly Decision[];
  /** What no check stands behind, one sentence each. */
  readonly gaps: readonly string[];
  readonly steps: readonly ReportedStep[];
  /** How many secrets and patient identifiers were taken out. */
  readonly redacted: number;
}

export interface Decision {
  readonly what: string;
  readonly actor: JournalRecord['actor'];
  readonly time: string;
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
  readonly snapshot: Snapshot;
  readonly audit: Audit;
  readonly host: string;
  /** Time of the report in ISO form. */
  readonly now: string;
}

const DECISIONS: Partial<Record<JournalRecord['type'], string>> = {
  'taken-over': 'took the run over',
  'plan-changed': 'went on with other step texts',
  'cancel-requested': 'stopped a step',
  reopened: 'took a statement back',
};

const decisionsIn = (records: readonly JournalRecord[]): Decision[] =>
  records.flatMap(({ type, actor, time, ...rest }) => {
    const what = DECISIONS[type];
    const step = 'step' in rest ? ` (${rest.step})` : '';
    return what === undefined ? [] : [{ what: `${what}${step}`, actor, time }];
  });

/** What a change board has to know is not proven: left out, only said, or not known. */
function gapsIn({ steps }: RunStatus, { findings }: Audit): string[] {
  const unproven = steps.flatMap(({ step, state, reason, check }) => {
    const confirmed = check?.result.status === 'done' || check?.result.status === 'not-needed';
    if (state === 'skipped') return [`"${step.title}" was left out. ${reason}`];
    if (state === 'by-hand' && !confirmed)
      return [`"${step.title}" stands on a person's word; no check confirms it. ${reason}`];
    return state === 'unknown' ? [`What became of "${step.title}" is not known. ${reason}`] : [];
  });
  return [...unproven, ...findings];
}

/**
 * Gathers the report without secrets and patient identifiers. Nothing else is left out but the texts that ran, which
 * their hashes name.
 */
export function gather({ guide, run, snapshot, audit, host, now }: ReportFacts): Report {
  const { value, count } = redactAll({
    guide: guide.id,
    host,
    created: now,
    plan: run.plan,
    settled: run.steps.filter(({ state }) => isSettled(state)).length,
    total: run.steps.length,
    values: run.values,
    hostKey: snapshot.hostKey,
    journal: audit,
    decisions: decisionsIn(snapshot.journal.records),
    gaps: gapsIn(run, audit),
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

const list = (lines: readonly string[]): string[] =>
  lines.length === 0 ? ['None.'] : lines.map((line) => `- ${line}`);
const person = ({ user, from, sudoUser }: JournalRecord['actor']): string =>
  `${user}${from ? ` from ${from}` : ''}${sudoUser ? `, by sudo for ${sudoUser}` : ''}`;

const attemptLines = ({
  number,
  mode,
  outcome,
  reason,
  actor,
  requestedAt,
  finishedAt,
  exitCode,
  command,
  log,
}: Attempt): string[] => [
  `- Attempt ${number}${mode === 'undo' ? ', way back' : ''}, ${outcome}: ${reason}`,
  `  - ${person(actor)}, ${requestedAt} to ${finishedAt ?? 'not ended'}`,
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
  const { findings, records, head } = report.journal;
  const open = report.steps.filter(({ state }) => !isSettled(state));
  return [
    `# Migration ${report.guide} on ${report.host}`,
    '',
    `${report.settled} of ${report.total} steps settled, as of ${report.created}. Plan SHA-256: ${report.plan ?? 'nothing has been run'}.`,
    '',
    findings.length === 0
      ? `The journal has ${records} records; each names the hash of the one before it, and all agree with the texts and logs beside them. The last one's hash: ${head}.`
      : `**The journal does not agree with itself or its files**: see the gaps. It has ${records} records; the last one's hash: ${head}.`,
    '',
    ...(report.hostKey === '' ? [] : [`The host was known by ${report.hostKey}.`, '']),
    '## Gaps',
    '',
    ...list(report.gaps),
    '',
    '## Not settled',
    '',
    ...list(open.map(({ title, state, reason }) => `${title} (${state}): ${reason}`)),
    '',
    '## Decisions',
    '',
    ...list(report.decisions.map(({ what, actor, time }) => `${time}: ${person(actor)} ${what}`)),
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
