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

const compare = (what: string, journaled: string | undefined, kept: string): string[] => {
  if (journaled === undefined || journaled === kept) return [];
  return [kept === '' ? `${what} is gone.` : `${what} is not the one that the journal names.`];
};

/** Compares the journal with itself, line by line, and with the texts and logs that lie beside it. */
export function audit({ records, problems, head }: Journal, kept: readonly KeptAttempt[]): Audit {
  const fileOf = (step: string, attempt: number) =>
    kept.find((file) => file.step === step && file.attempt === attempt);
  const intents = records.filter((record) => record.type === 'intent');
  const findings = intents.flatMap(({ step, attempt, command }) => {
    const file = fileOf(step, attempt);
    const name = `attempt ${attempt} of ${step}`;
    if (!file) return [`The folder of ${name} is gone.`];
    const finished = records.find(
      (record) => record.type === 'finished' && record.step === step && record.attempt === attempt,
    );
    const log = finished?.type === 'finished' ? finished.log : undefined;
    return [
      ...compare(`The text of ${name}`, command, file.command),
      ...compare(`The log of ${name}`, log, file.log),
    ];
  });
  const unknown = kept
    .filter(
      ({ step, attempt }) => !intents.some((intent) => intent.step === step && intent.attempt === attempt),
    )
    .map(({ step, attempt }) => `Attempt ${attempt} of ${step} stands in no line of the journal.`);
  return {
    records: records.length,
    attempts: intents.length,
    head,
    findings: [
      ...problems.map(({ line, what }) => `Line ${line} of the journal: ${what}`),
      ...findings,
      ...unknown,
    ],
  };
}
