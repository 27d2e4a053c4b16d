import '@vscode-elements/elements/dist/vscode-button/index.js';
import {
  asShowMessage,
  type Action,
  type AttemptLine,
  type Fact,
  type Line,
  type PageMessage,
  type StepPage,
} from './protocol';

declare function acquireVsCodeApi(): {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: StepPage): void;
};

const vscode = acquireVsCodeApi();

type Child = Node | string;

/** Text always becomes a text node: nothing of a guide or a host is ever read as markup. */
function element(
  tag: string,
  attributes: Record<string, string>,
  ...children: readonly Child[]
): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const section = (title: string, ...children: readonly Child[]): HTMLElement[] =>
  children.length === 0 ? [] : [element('section', {}, element('h2', {}, title), ...children)];

const definitions = (facts: readonly Fact[]): HTMLElement[] =>
  facts.length === 0
    ? []
    : [
        element(
          'dl',
          {},
          ...facts.flatMap(({ title, text }) => [element('dt', {}, title), element('dd', {}, text)]),
        ),
      ];

const table = (head: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement[] =>
  rows.length === 0
    ? []
    : [
        element(
          'table',
          {},
          element(
            'thead',
            {},
            element('tr', {}, ...head.map((title) => element('th', { scope: 'col' }, title))),
          ),
          element(
            'tbody',
            {},
            ...rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell)))),
          ),
        ),
      ];

const listRow = ({ word, title, found, remedy }: Line): string[] => [word, title, found, remedy];
const attemptRow = ({ number, word, when, who, reason, sha256 }: AttemptLine): Child[] => [
  String(number),
  word,
  when,
  who,
  reason,
  sha256.slice(0, 16),
  logLink(number),
];

function logLink(attempt: number): HTMLElement {
  const link = element('a', { href: '#', 'aria-label': `Log of attempt ${attempt}` }, 'Log');
  link.addEventListener('click', (event) => {
    event.preventDefault();
    vscode.postMessage({ type: 'act', action: 'log', attempt });
  });
  return link;
}

function button({ action, label }: { action: Action; label: string }, index: number): HTMLElement {
  const node = element('vscode-button', index === 0 ? {} : { secondary: '' }, label);
  node.addEventListener('click', () => vscode.postMessage({ type: 'act', action }));
  return node;
}

const linkList = (links: StepPage['links']): HTMLElement[] =>
  links.length === 0
    ? []
    : [
        element(
          'ul',
          {},
          ...links.map(({ title, url }) => element('li', {}, element('a', { href: url }, title))),
        ),
      ];

/** What the check found: what needs somebody as a table, what is in order folded away below it. */
function findings({ evidence, list }: StepPage): HTMLElement[] {
  const head = ['Verdict', 'What', 'Found', 'What to do'];
  const open = list.filter(({ word }) => word !== 'go');
  const fine = list.filter(({ word }) => word === 'go');
  const folded =
    fine.length === 0
      ? []
      : [
          element(
            'details',
            {},
            element('summary', {}, `${fine.length} go`),
            ...table(head, fine.map(listRow)),
          ),
        ];
  return section(
    'What the check found',
    ...(evidence === '' ? [] : [element('p', {}, evidence)]),
    ...table(head, open.map(listRow)),
    ...folded,
  );
}

function render(page: StepPage): void {
  document.title = page.title;
  const found = findings(page);
  document.body.replaceChildren(
    element(
      'main',
      {},
      element('h1', {}, page.title),
      element('p', { class: 'state', role: 'status' }, `${page.state} · ${page.host}`),
      element('p', {}, page.reason),
      element(
        'div',
        { class: 'actions', role: 'group', 'aria-label': 'Actions of this step' },
        ...page.actions.map(button),
      ),
      ...(page.urgent ? found : []),
      ...definitions(page.facts),
      ...section('Where this departs from the official guide', ...definitions(page.deviation)),
      ...section('Values', ...definitions(page.values)),
      ...section('Needs', ...definitions(page.needs)),
      ...(page.urgent ? [] : found),
      ...section(
        'Attempts',
        ...table(['No.', 'Outcome', 'When', 'Who', 'Why', 'SHA-256', ''], page.attempts.map(attemptRow)),
      ),
      ...section('Read more', ...linkList(page.links)),
    ),
  );
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = asShowMessage(data);
  if (!message) return;
  vscode.setState(message.page);
  render(message.page);
});
vscode.postMessage({ type: 'ready' });
