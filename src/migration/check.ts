import { isFields, member } from './fields';

/** What a step's `check` answers about the host. */
export const CHECK_STATUSES = ['done', 'pending', 'not-needed', 'blocked', 'unknown'] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

export const ITEM_VERDICTS = ['go', 'note', 'no-go', 'unknown'] as const;
export type ItemVerdict = (typeof ITEM_VERDICTS)[number];

/** One line of a go / no-go list. */
export interface CheckItem {
  readonly id: string;
  readonly title: string;
  readonly verdict: ItemVerdict;
  readonly found: string;
  readonly remedy: string;
}

export interface CheckResult {
  readonly status: CheckStatus;
  readonly evidence: string;
  readonly items: readonly CheckItem[];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function parseItem(value: unknown): CheckItem[] {
  if (!isFields(value)) return [];
  const verdict = member(ITEM_VERDICTS, value['verdict']) ?? 'unknown';
  return [
    {
      id: text(value['id']),
      title: text(value['title']),
      verdict,
      found: text(value['found']),
      remedy: text(value['remedy']),
    },
  ];
}

/** A check result as it came through JSON, or undefined where it is not one. */
export function asCheckResult(value: unknown): CheckResult | undefined {
  if (!isFields(value)) return undefined;
  const status = member(CHECK_STATUSES, value['status']);
  if (!status) return undefined;
  const items = Array.isArray(value['items']) ? value['items'].flatMap(parseItem) : [];
  return { status, evidence: text(value['evidence']), items };
}

/** Reads what a check printed: its last line counts. Anything else is `unknown`, with the reason as evidence. */
export function parseCheck(output: string): CheckResult {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    const result = asCheckResult(JSON.parse(last));
    if (result) return result;
  } catch {
    // Not JSON: told below, as any other answer that is not one.
  }
  const said = last === '' ? 'nothing' : `"${last.slice(0, 200)}"`;
  return {
    status: 'unknown',
    evidence: `The check gave no answer that can be read; it printed ${said}.`,
    items: [],
  };
}
