import './l10n';
import * as l10n from '@vscode/l10n';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { h, morph } from './draw';
import { overviewView } from './overviewView';
import {
  asFromPage,
  asKept,
  asToPage,
  span,
  type CommandText,
  type FromPage,
  type Kept,
  type ToPage,
} from './protocol';
import { stepView, type Editing } from './stepView';
import { sameSubject, type Shown } from './subject';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: Kept): void;
};

const vscode = acquireVsCodeApi();

const editing = new Map<string, Editing>();
let shown: Shown | undefined;
let stale = false;
let command: CommandText | undefined;

const body = h('div', {});
/** Says a changed state, and nothing else. */
const live = h('div', { class: 'spoken', role: 'status' });

const view = (what: Shown): HTMLElement =>
  what.type === 'step' ? stepView(what.page, { editing, command, stale }) : overviewView(what.page, stale);

function render(): void {
  if (!shown) return;
  document.title = shown.page.title;
  morph(body, h('div', {}, view(shown)));
  keep();
}

const folds = (): HTMLDetailsElement[] => [
  ...document.querySelectorAll<HTMLDetailsElement>('details[data-fold]'),
];

function keep(): void {
  if (!shown) return;
  const open = folds().flatMap((fold) => (fold.open ? [fold.dataset['fold'] ?? ''] : []));
  vscode.setState({ shown, open, scroll: scrollY });
}

/** A state in words, for those who hear the page. */
const spoken = (what: Shown | undefined): string =>
  what?.type === 'step'
    ? `${what.page.title}: ${what.page.look.word}. ${what.page.reason}`
    : what
      ? l10n.t`${what.page.done} of ${what.page.total} steps settled, ${what.page.attention.length} need attention.`
      : '';

function show(next: Shown): void {
  const same = sameSubject(shown, next);
  if (same && spoken(shown) !== spoken(next)) live.textContent = spoken(next);
  if (!same) {
    editing.clear();
    command = undefined;
    body.replaceChildren();
  }
  const hadText = command !== undefined;
  shown = next;
  stale = false;
  render();
  if (!same) scrollTo(0, 0);
  // Values may have changed, and the text with them.
  if (hadText) send({ type: 'text' });
}

const send = (message: FromPage): void => {
  const checked = asFromPage(message);
  if (checked) vscode.postMessage(checked);
};

function hear(message: ToPage): void {
  switch (message.type) {
    case 'step':
    case 'overview':
      show(message);
      return;
    case 'text':
      if (shown?.type !== 'step' || shown.page.id !== message.step) return;
      command = message.command;
      render();
      return;
    case 'value': {
      const { name, problem, final } = message;
      if (problem === '') leave(name);
      else edit(name, { problem, final, busy: false });
      return;
    }
  }
}

const valueOf = (name: string) =>
  shown?.type === 'step' ? shown.page.values.find((value) => value.name === name) : undefined;

const field = (name: string) =>
  document.querySelector<HTMLElement & { value: string }>(`[data-field="${CSS.escape(name)}"]`);

function edit(name: string, over: Partial<Editing>): void {
  const value = valueOf(name);
  if (!value) return;
  const start = value.value === '' ? (value.found?.value ?? '') : value.value;
  editing.set(name, { start, problem: '', final: false, busy: false, ...editing.get(name), ...over });
  render();
  field(name)?.focus();
}

/** Ends the editing of a value; the keyboard goes back to where it began. */
function leave(name: string): void {
  editing.delete(name);
  render();
  document.querySelector<HTMLElement>(`[data-value="edit"][data-name="${CSS.escape(name)}"]`)?.focus();
}

function save(name: string, value: string, anyway: boolean): void {
  if (!shown) return;
  edit(name, { busy: true, problem: '' });
  send({ type: 'value', host: shown.page.host, name, value, anyway });
}

const VALUE_VERBS: Readonly<Record<string, (name: string) => void>> = {
  edit: (name) => edit(name, {}),
  cancel: leave,
  save: (name) => save(name, field(name)?.value ?? '', false),
  anyway: (name) => save(name, field(name)?.value ?? '', true),
  confirm: (name) => {
    const found = valueOf(name)?.found;
    if (found) save(name, found.value, false);
  },
  use: (name) => {
    const [found, into] = [valueOf(name)?.found, field(name)];
    if (!found || !into) return;
    into.value = found.value;
    into.focus();
  },
};

/** What a click asks for, by the data attributes of what was clicked. */
function act(data: DOMStringMap): void {
  const message = {
    ...(data['act'] === undefined ? {} : { type: 'act', action: data['act'] }),
    ...(data['attempt'] === undefined ? {} : { attempt: Number(data['attempt']) }),
    ...(data['go'] === undefined ? {} : { type: 'go', step: data['go'] }),
    ...(data['run'] === undefined ? {} : { type: 'run-command', command: data['run'] }),
    ...(data['copy'] === undefined ? {} : { type: 'copy', what: data['copy'] }),
    ...(data['detect'] === undefined ? {} : { type: 'detect' }),
  };
  const checked = asFromPage(message);
  if (checked) send(checked);
  const [verb, name] = [data['value'], data['name']];
  if (verb !== undefined && name !== undefined) VALUE_VERBS[verb]?.(name);
}

const ACTING = '[data-act],[data-go],[data-run],[data-copy],[data-detect],[data-value]';

document.addEventListener('click', ({ target }) => {
  const acting = target instanceof Element ? target.closest<HTMLElement>(ACTING) : null;
  if (acting) act(acting.dataset);
});
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLElement ? event.target.dataset['field'] : undefined;
  if (typing === undefined) return;
  if (event.key === 'Enter') VALUE_VERBS['save']?.(typing);
  if (event.key === 'Escape') leave(typing);
});
document.addEventListener('input', ({ target }) => {
  const typing = target instanceof HTMLElement ? target.dataset['field'] : undefined;
  // What was said of another value holds no more.
  if (typing !== undefined && editing.get(typing)?.problem) edit(typing, { problem: '', final: false });
});
document.addEventListener(
  'toggle',
  ({ target }) => {
    if (!(target instanceof HTMLDetailsElement)) return;
    if (target.open && target.dataset['fold'] === 'commands' && !command) send({ type: 'text' });
    keep();
  },
  true,
);
addEventListener('scroll', keep, { passive: true });
addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = asToPage(data);
  if (message) hear(message);
});
setInterval(() => {
  for (const clock of document.querySelectorAll<HTMLElement>('[data-since]'))
    clock.textContent = span(Date.now() - Number(clock.dataset['since']));
}, 1000);

document.body.append(body, live);
const kept = asKept(vscode.getState());
if (kept) {
  ({ shown } = kept);
  stale = true;
  render();
  for (const fold of folds()) if (kept.open.includes(fold.dataset['fold'] ?? '')) fold.open = true;
  scrollTo(0, kept.scroll);
}
send({ type: 'ready' });
