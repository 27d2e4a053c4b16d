import * as l10n from '@vscode/l10n';
import type { Journal } from './journal';

/** What the host still has of an attempt. */
export interface KeptAttempt {
  readonly step: string;
  readonly attempt: number;
  /** SHA-256 of the text that ran; empty where it is gone. */
  readonly command: string;
  /** SHA-256 of the log as it is now; empty where it is gone. */
  readonly log: string;
}

/** What a comparison of journal and files comes to. */
export interface Audit {
  readonly records: number;
  readonly attempts: number;
  /** Hash of the journal's last line. */
  readonly head: string;
  /** What does not agree, one sentence each. */
  readonly findings: readonly string[];
}

/** What is said of a file that does not agree with the journal. */
interface Findings {
  readonly gone: string;
  readonly other: string;
}

const compare = (journaled: string | undefined, kept: string, { gone, other }: Findings): string[] =>
  journaled === undefined || journaled === kept ? [] : [kept === '' ? gone : other];

/** Compares the journal with itself, line by line, and with the texts and logs that lie beside it. */
export function audit({ records, problems, head }: Journal, kept: readonly KeptAttempt[]): Audit {
  const fileOf = (step: string, attempt: number) =>
    kept.find((file) => file.step === step && file.attempt === attempt);
  const intents = records.filter((record) => record.type === 'intent');
  const findings = intents.flatMap(({ step, attempt, command }) => {
    const file = fileOf(step, attempt);
    const name = l10n.t`attempt ${attempt} of ${step}`;
    if (!file) return [l10n.t`The folder of ${name} is gone.`];
    const finished = records.find(
      (record) => record.type === 'finished' && record.step === step && record.attempt === attempt,
    );
    const log = finished?.type === 'finished' ? finished.log : undefined;
    return [
      ...compare(command, file.command, {
        gone: l10n.t`The text of ${name} is gone.`,
        other: l10n.t`The text of ${name} is not the one that the journal names.`,
      }),
      ...compare(log, file.log, {
        gone: l10n.t`The log of ${name} is gone.`,
        other: l10n.t`The log of ${name} is not the one that the journal names.`,
      }),
    ];
  });
  const unknown = kept
    .filter(
      ({ step, attempt }) => !intents.some((intent) => intent.step === step && intent.attempt === attempt),
    )
    .map(({ step, attempt }) => l10n.t`Attempt ${attempt} of ${step} stands in no line of the journal.`);
  return {
    records: records.length,
    attempts: intents.length,
    head,
    findings: [
      ...problems.map(({ line, what }) => l10n.t`Line ${line} of the journal: ${what}`),
      ...findings,
      ...unknown,
    ],
  };
}
