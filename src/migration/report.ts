import type { Guide, Step } from './guide';
import type { Audit } from './audit';
import type { JournalRecord } from './journal';
import type { CountedNumber } from './numbers';
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
  readonly sections: readonly ReportedSection[];
  /** What the platform held before, and holds now, as the steps counted it. */
  readonly numbers: readonly CountedNumber[];
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

interface ReportedSection {
  readonly title: string;
  readonly settled: number;
  readonly total: number;
}

export interface ReportedStep {
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
  readonly numbers: readonly CountedNumber[];
  /** Time of the report in ISO form. */
  readonly now: string;
}

const DECISIONS: Partial<Record<JournalRecord['type'], string>> = {
  'taken-over': 'took the run over',
  'plan-changed': 'went on with other step texts',
  'cancel-requested': 'stopped a step',
  'pod-restarted': 'restarted a pod',
  reopened: 'took a statement back',
};

const decisionsIn = (records: readonly JournalRecord[]): Decision[] =>
  records.flatMap(({ type, actor, time, ...rest }) => {
    const what = DECISIONS[type];
    const about = 'step' in rest ? ` (${rest.step})` : 'pod' in rest ? ` (${rest.pod})` : '';
    return what === undefined ? [] : [{ what: `${what}${about}`, actor, time }];
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

const sectionsIn = ({ sections }: Guide, { steps }: RunStatus): ReportedSection[] =>
  sections.map(({ id, title }) => {
    const states = steps.filter(({ step }) => step.section === id).map(({ state }) => state);
    return { title, settled: states.filter(isSettled).length, total: states.length };
  });

/**
 * Gathers the report without secrets and patient identifiers. Nothing else is left out but the texts that ran, which
 * their hashes name.
 */
export function gather({ guide, run, snapshot, audit, host, numbers, now }: ReportFacts): Report {
  const { value, count } = redactAll({
    guide: guide.id,
    host,
    created: now,
    plan: run.plan,
    settled: run.steps.filter(({ state }) => isSettled(state)).length,
    total: run.steps.length,
    sections: sectionsIn(guide, run),
    numbers,
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
