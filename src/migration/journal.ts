import type { CheckResult } from './check';
import { asCheckResult } from './check';
import { isCount, isFields, isText, member, type Fields } from './fields';
import { sha256 } from './hash';
import { ENDINGS, MODES, type Ending, type Mode } from './verdict';

/** Who caused a record: the account on the host, the account behind sudo, the client's address, the editor. */
export interface Actor {
  readonly user: string;
  readonly sudoUser?: string;
  readonly from?: string;
  readonly editor?: string;
}

/** Which host wrote a record. */
export interface HostIdentity {
  /** Hash of the machine id. */
  readonly machine?: string;
  /** Fingerprint of the host key that the editor's ssh trusted; absent where the editor runs on the host itself. */
  readonly key?: string;
}

interface Stamp {
  readonly seq: number;
  /** UTC, from the host's clock. */
  readonly time: string;
  readonly actor: Actor;
  readonly host: HostIdentity;
}

interface OfAttempt extends Stamp {
  readonly step: string;
  readonly attempt: number;
}

export type JournalRecord =
  | (Stamp & { readonly type: 'run-started' | 'plan-changed'; readonly plan: string })
  | (Stamp & { readonly type: 'values'; readonly values: Readonly<Record<string, string>> })
  | (OfAttempt & { readonly type: 'intent'; readonly command: string; readonly mode: Mode })
  | (OfAttempt & { readonly type: 'started'; readonly boot: string })
  | (OfAttempt & { readonly type: 'cancel-requested' })
  | (OfAttempt & {
      readonly type: 'finished';
      readonly exitCode?: number;
      readonly check?: CheckResult;
      readonly cancelled: boolean;
      /** Absent in journals of earlier versions. */
      readonly ending?: Ending;
      /** SHA-256 of the attempt's whole log. */
      readonly log?: string;
    })
  | (Stamp & { readonly type: 'checked'; readonly step: string; readonly check: CheckResult })
  /** Somebody else conducts the run from here on. */
  | (Stamp & { readonly type: 'taken-over' })
  /** Somebody had a pod (`namespace/name`) replaced, beside the steps. */
  | (Stamp & { readonly type: 'pod-restarted'; readonly pod: string })
  /** What a person says of a step: done by hand, left out, or neither of them any more. */
  | (Stamp & { readonly type: Statement; readonly step: string; readonly note: string });

export const STATEMENTS = ['by-hand', 'skipped', 'reopened'] as const;
export type Statement = (typeof STATEMENTS)[number];

export interface JournalProblem {
  /** Line in `journal.jsonl`, from 1. */
  readonly line: number;
  readonly what: string;
}

export interface Journal {
  readonly records: readonly JournalRecord[];
  /** Hash of the last whole line: whoever notes it can prove later that nothing before it was changed. */
  readonly head: string;
  readonly problems: readonly JournalProblem[];
}

/** What the first line names as the hash of the line before it. */
export const CHAIN_START = '0'.repeat(64);

/** Who it was, as JSON names them; undefined where it names nobody. */
export function asActor(value: unknown): Actor | undefined {
  if (!isFields(value) || !isText(value['user'])) return undefined;
  const { user, sudoUser, from, editor } = value;
  return {
    user,
    ...(isText(sudoUser) ? { sudoUser } : {}),
    ...(isText(from) ? { from } : {}),
    ...(isText(editor) ? { editor } : {}),
  };
}

function asHost(value: unknown): HostIdentity {
  if (!isFields(value)) return {};
  const { machine, key } = value;
  return { ...(isText(machine) ? { machine } : {}), ...(isText(key) && key !== '' ? { key } : {}) };
}

function asAttemptRecord(stamp: Stamp, fields: Fields): JournalRecord | undefined {
  const { type, step, attempt } = fields;
  if (!isText(step) || !isCount(attempt)) return undefined;
  const of = { ...stamp, step, attempt };
  if (type === 'intent' && isText(fields['command']))
    return { ...of, type, command: fields['command'], mode: member(MODES, fields['mode']) ?? 'run' };
  if (type === 'started' && isText(fields['boot'])) return { ...of, type, boot: fields['boot'] };
  if (type === 'cancel-requested') return { ...of, type };
  if (type !== 'finished') return undefined;
  const check = asCheckResult(fields['check']);
  const ending = member(ENDINGS, fields['ending']);
  return {
    ...of,
    type,
    cancelled: fields['cancelled'] === true,
    ...(ending ? { ending } : {}),
    ...(isCount(fields['exitCode']) ? { exitCode: fields['exitCode'] } : {}),
    ...(check ? { check } : {}),
    ...(isText(fields['log']) ? { log: fields['log'] } : {}),
  };
}

function asRecord(fields: Fields): JournalRecord | undefined {
  const { type, seq, time, values, step, plan, note } = fields;
  const actor = asActor(fields['actor']);
  if (!isText(type) || !isCount(seq) || !isText(time) || !actor) return undefined;
  const stamp = { seq, time, actor, host: asHost(fields['host']) };
  switch (type) {
    case 'run-started':
    case 'plan-changed':
      return isText(plan) ? { ...stamp, type, plan } : undefined;
    case 'values': {
      if (!isFields(values)) return undefined;
      const texts = Object.entries(values).filter((entry): entry is [string, string] => isText(entry[1]));
      return { ...stamp, type, values: Object.fromEntries(texts) };
    }
    case 'checked': {
      const check = asCheckResult(fields['check']);
      return isText(step) && check ? { ...stamp, type, step, check } : undefined;
    }
    case 'taken-over':
      return { ...stamp, type };
    case 'pod-restarted':
      return isText(fields['pod']) ? { ...stamp, type, pod: fields['pod'] } : undefined;
    case 'by-hand':
    case 'skipped':
    case 'reopened':
      return isText(step) ? { ...stamp, type, step, note: isText(note) ? note : '' } : undefined;
    default:
      return asAttemptRecord(stamp, fields);
  }
}

function parseLine(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a journal as it stands on the host. A torn last line is left out; a line that cannot be read, is out of
 * order or does not name the hash of the line before it becomes a problem. Readable lines are kept in any case.
 */
export function parseJournal(text: string): Journal {
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  const records: JournalRecord[] = [];
  const problems: JournalProblem[] = [];
  let before = CHAIN_START;
  lines.forEach((raw, index) => {
    const report = (what: string) => problems.push({ line: index + 1, what });
    const fields = parseLine(raw);
    if (!fields) report('The line cannot be read.');
    else {
      if (fields['prev'] !== before)
        report('The line does not follow from the line before it: one of them was changed or removed.');
      else if (fields['seq'] !== index + 1)
        report(`The line has the number ${String(fields['seq'])}, not ${index + 1}.`);
      const record = asRecord(fields);
      if (record) records.push(record);
      else report('The line is no record that this version knows.');
    }
    before = sha256(raw);
  });
  if (torn !== '')
    problems.push({ line: lines.length + 1, what: 'The last line is incomplete and was left out.' });
  return { records, problems, head: before };
}
