import { either, flag, list, number, object, oneOf, optional, shortText, text, type Of } from './shape';

/** What the pages and the extension say to each other. Each side checks what it gets by the shapes here. */

export const ACTIONS = [
  'terminal',
  'cancel',
  'run',
  'openFiles',
  'saveFiles',
  'check',
  'preview',
  'log',
  'byHand',
  'skip',
  'reopen',
  'undo',
] as const;
export type Action = (typeof ACTIONS)[number];

/** Commands that concern the whole run. */
export const RUN_COMMANDS = ['openOverview', 'exportReport', 'verifyRun', 'checkAll', 'editValues'] as const;

/** What a state means to a person, beside its word and icon. */
export const TONES = ['good', 'busy', 'warn', 'bad', 'quiet'] as const;
export type Tone = (typeof TONES)[number];

const tone = oneOf(...TONES);
const action = oneOf(...ACTIONS);
const runCommand = oneOf(...RUN_COMMANDS);

const look = object({ word: text, icon: text, tone });
const fact = object({ title: text, text });
const notice = object({ tone, title: text, text });
const progress = object({ done: number, total: number, what: text });
const stepLine = object({ id: text, title: text, look, detail: text });
const line = object({ title: text, look, found: text, remedy: text });
const found = object({ value: text, source: text });

const value = object({
  name: text,
  title: text,
  what: text,
  example: text,
  /** As it was confirmed; empty where nobody has. */
  value: text,
  /** Who confirmed it, and when. */
  source: text,
  /** What was read from the host. */
  found: optional(found),
});

const attempt = object({
  number,
  look,
  when: text,
  took: text,
  who: text,
  sha256: text,
  reason: text,
});

const stepPage = object({
  id: text,
  title: text,
  /** Host and migration. */
  host: text,
  /** Where in the guide it stands. */
  place: text,
  look,
  /** The one thing worth knowing beside the state's word. */
  detail: text,
  /** What happened, what was found, what to do next. */
  reason: text,
  evidence: text,
  advice: text,
  /** The step that can be run next, where this one is settled. */
  next: optional(object({ id: text, title: text })),
  /** Epoch milliseconds of the start, while it runs. */
  since: optional(number),
  progress: optional(progress),
  notices: list(notice),
  actions: list(object({ action, label: text })),
  /** Risk, time, room: short enough to stand side by side. */
  facts: list(fact),
  why: text,
  does: text,
  manual: text,
  undo: text,
  written: flag,
  rows: list(text),
  guideUrl: text,
  deviation: optional(object({ guide: text, effect: text, ours: text, evidence: text })),
  values: list(value),
  /** What is being done about the values just now. */
  reading: text,
  needs: list(stepLine),
  followers: list(stepLine),
  list: list(line),
  attempts: list(attempt),
  log: optional(object({ attempt: number, text })),
  links: list(object({ title: text, url: text })),
});
export type StepPage = Of<typeof stepPage>;

const phase = object({
  title: text,
  done: number,
  total: number,
  steps: list(
    object({ id: text, title: text, look, detail: text, took: text, expected: text, noReturn: flag }),
  ),
});

const comparedNumber = object({ title: text, before: number, now: optional(number), look: optional(look) });

const overview = object({
  title: text,
  host: text,
  notices: list(notice),
  done: number,
  total: number,
  /** Left out or answered for by a person: settled, but without proof. */
  unproven: number,
  times: list(fact),
  attention: list(object({ id: text, title: text, look, text })),
  active: optional(
    object({ id: text, title: text, look, since: optional(number), progress: optional(progress) }),
  ),
  next: optional(object({ id: text, title: text, detail: text })),
  phases: list(phase),
  numbers: list(comparedNumber),
  numbersNote: text,
});
export type Overview = Of<typeof overview>;

/** The text that runs, in parts whose concatenation it is. */
const commandText = object({
  sha256: text,
  parts: list(object({ title: text, text })),
  /** Why there is none. */
  problem: text,
});
export type CommandText = Of<typeof commandText>;

const toPage = either(
  object({ type: oneOf('step'), page: stepPage }),
  object({ type: oneOf('overview'), page: overview }),
  object({ type: oneOf('text'), step: text, command: commandText }),
  /** What speaks against a value, or nothing where it was taken; one that is not final may be overruled. */
  object({ type: oneOf('value'), name: text, problem: text, final: flag }),
);
export type ToPage = Of<typeof toPage>;

const fromPage = either(
  object({ type: oneOf('ready') }),
  /** What is done with the step, or with one attempt of it. */
  object({ type: oneOf('act'), action, attempt: optional(number) }),
  object({ type: oneOf('run-command'), command: runCommand }),
  object({ type: oneOf('go'), step: shortText }),
  object({ type: oneOf('value'), host: text, name: shortText, value: shortText, anyway: flag }),
  object({ type: oneOf('detect') }),
  object({ type: oneOf('text') }),
  object({ type: oneOf('copy'), what: oneOf('sha256', 'text') }),
);
export type FromPage = Of<typeof fromPage>;

/** What a page keeps over a reload: what it showed, and which step that was. */
const kept = object({
  shown: either(
    object({ type: oneOf('step'), page: stepPage }),
    object({ type: oneOf('overview'), page: overview }),
  ),
  open: list(text),
  scroll: number,
});
export type Kept = Of<typeof kept>;

/** A message to a page, or undefined for anything else. */
export const asToPage = (data: unknown): ToPage | undefined => (toPage(data) ? data : undefined);
/** A message from a page, or undefined for anything else. */
export const asFromPage = (data: unknown): FromPage | undefined => (fromPage(data) ? data : undefined);
/** What a page kept, or undefined for anything else. */
export const asKept = (data: unknown): Kept | undefined => (kept(data) ? data : undefined);

/** A span of time as it is read at a glance: seconds up to an hour, then minutes. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (part: number) => String(part).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
