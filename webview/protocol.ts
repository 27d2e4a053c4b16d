/** What the step page and the extension say to each other. Both sides check what they get. */

export interface Fact {
  readonly title: string;
  readonly text: string;
}

export interface Line {
  readonly title: string;
  readonly word: string;
  readonly found: string;
  readonly remedy: string;
}

export interface AttemptLine {
  readonly number: number;
  readonly word: string;
  readonly when: string;
  readonly who: string;
  readonly sha256: string;
  readonly reason: string;
}

export const ACTIONS = [
  'run',
  'preview',
  'check',
  'terminal',
  'log',
  'cancel',
  'byHand',
  'skip',
  'reopen',
  'undo',
] as const;
export type Action = (typeof ACTIONS)[number];

export interface StepPage {
  /** The step ended otherwise than well: what its check found stands first. */
  readonly urgent: boolean;
  readonly title: string;
  readonly host: string;
  /** The state's word and the one thing worth knowing. */
  readonly state: string;
  readonly reason: string;
  readonly facts: readonly Fact[];
  readonly links: readonly { readonly title: string; readonly url: string }[];
  readonly deviation: readonly Fact[];
  readonly values: readonly Fact[];
  readonly needs: readonly Fact[];
  readonly evidence: string;
  readonly list: readonly Line[];
  readonly attempts: readonly AttemptLine[];
  readonly actions: readonly { readonly action: Action; readonly label: string }[];
}

export interface ShowMessage {
  readonly type: 'show';
  readonly page: StepPage;
}
export type PageMessage =
  | { readonly type: 'ready' }
  /** What is done with the step, or with one attempt of it. */
  | { readonly type: 'act'; readonly action: Action; readonly attempt?: number };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A message from the page, or undefined for anything else. */
export function asPageMessage(value: unknown): PageMessage | undefined {
  if (!isObject(value)) return undefined;
  if (value['type'] === 'ready') return { type: 'ready' };
  const action = ACTIONS.find((candidate) => candidate === value['action']);
  if (value['type'] !== 'act' || !action) return undefined;
  const attempt = value['attempt'];
  return { type: 'act', action, ...(Number.isSafeInteger(attempt) ? { attempt: Number(attempt) } : {}) };
}

/** A message to the page, or undefined for anything else. The extension alone writes its content. */
export function asShowMessage(value: unknown): ShowMessage | undefined {
  if (!isObject(value) || value['type'] !== 'show' || !isObject(value['page'])) return undefined;
  return value as unknown as ShowMessage;
}
