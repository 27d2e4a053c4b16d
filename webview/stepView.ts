import * as l10n from '@vscode/l10n';
import { button, folded, iconOf, link, section, state, table, when } from './dom';
import { h, type Child } from './draw';
import { bar, icon } from './icons';
import { grouped } from './l10n';
import { blocks, inline } from './markdown';
import { span, type CommandText, type StepPage } from './protocol';

/** A value that is being typed. */
export interface Editing {
  /** What the field begins with. */
  readonly start: string;
  readonly problem: string;
  readonly final: boolean;
  readonly busy: boolean;
}

/** What the page knows beside what it was told. */
export interface Local {
  readonly editing: ReadonlyMap<string, Editing>;
  readonly command: CommandText | undefined;
  /** This is what was seen before a reload. */
  readonly stale: boolean;
}

type Value = StepPage['values'][number];

const notice = ({ tone, title, text }: StepPage['notices'][number]): HTMLElement =>
  h(
    'div',
    { class: `notice ${tone}`, 'data-key': `notice:${title}` },
    icon(tone === 'bad' ? 'error' : 'warning'),
    h('p', {}, h('strong', {}, `${title}. `), ...inline(text)),
  );

/** How far something has come, by its own count. */
export function progressBar({ done, total, what }: NonNullable<StepPage['progress']>): HTMLElement {
  const percent = Math.floor((100 * done) / total);
  return h(
    'div',
    { class: 'progress' },
    h(
      'div',
      {
        role: 'progressbar',
        'aria-valuemin': '0',
        'aria-valuemax': '100',
        'aria-valuenow': String(percent),
        'aria-label': what === '' ? l10n.t('Progress') : what,
      },
      bar(done / total, 'busy'),
    ),
    h('p', { class: 'quiet' }, l10n.t`${percent} %, ${grouped(done)} of ${grouped(total)} ${what}`.trimEnd()),
  );
}

/** A clock that the page itself keeps going. */
export const clock = (since: number): HTMLElement =>
  h(
    'span',
    { class: 'clock', role: 'timer', 'aria-label': l10n.t('Running for'), 'data-since': String(since) },
    span(Date.now() - since),
  );

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** What is now, and what can be done about it: the first thing that is read. */
function now(page: StepPage): HTMLElement {
  const { look, detail, reason, evidence, advice, next, since, progress, actions } = page;
  return h(
    'div',
    { class: `now is-${look.tone}`, 'data-key': 'now' },
    h(
      'p',
      { class: 'headline' },
      state({ ...look, word: capital(look.word) }),
      ...when(detail, (text) => h('span', { class: 'quiet' }, text)),
      ...when(since, clock),
    ),
    h('p', {}, ...inline(reason)),
    ...when(evidence, (text) => h('p', {}, ...inline(text))),
    ...when(progress, progressBar),
    ...when(advice, (text) =>
      h('p', { class: 'advice' }, h('strong', {}, `${l10n.t('What to do:')} `), text),
    ),
    ...when(next, ({ id, title }) =>
      h('p', { class: 'advice' }, `${l10n.t('Next:')} `, link(title, { 'data-go': id })),
    ),
    h(
      'div',
      { class: 'actions', role: 'group', 'aria-label': l10n.t('Actions of this step') },
      ...actions.map(({ action, label }, index) =>
        button(label, { 'data-act': action, 'data-key': `act:${action}` }, index === 0),
      ),
    ),
  );
}

const facts = (page: StepPage): HTMLElement =>
  h(
    'dl',
    { class: 'facts' },
    ...page.facts.map(({ title, text }) => h('div', {}, h('dt', {}, title), h('dd', {}, ...inline(text)))),
  );

/** What the official guide says beside what the step does. */
function beside({ rows, deviation, does, manual, written, guideUrl }: StepPage): Child[] {
  const ours = [
    ...blocks(does),
    ...when(manual, (text) => h('div', {}, h('h4', {}, l10n.t('By hand')), ...blocks(text))),
    ...(deviation
      ? [
          h('h4', {}, written ? l10n.t('Where it departs, and why') : l10n.t('What to watch for')),
          ...blocks(deviation.ours),
          h('h4', {}, l10n.t('How we know')),
          ...blocks(deviation.evidence),
        ]
      : []),
  ];
  const title = written ? l10n.t('What it does') : l10n.t('What has to be done');
  if (rows.length === 0 && !deviation) return section(title, ...ours);
  const theirs = [
    ...(rows.length === 0
      ? [h('p', { class: 'quiet' }, l10n.t('The guide has no row for this.'))]
      : [h('ul', {}, ...rows.map((row) => h('li', {}, ...inline(row))))]),
    ...(deviation
      ? [
          ...blocks(deviation.guide),
          h('h4', { class: 'warn-text' }, l10n.t('What happens then')),
          ...blocks(deviation.effect),
        ]
      : []),
    ...when(guideUrl, (url) => h('p', {}, h('a', { href: url }, l10n.t('Read it in the official guide')))),
  ];
  return section(
    deviation ? l10n.t('Where this departs from the official guide') : title,
    h(
      'div',
      { class: 'beside' },
      h('div', {}, h('h3', {}, l10n.t('The official guide')), ...theirs),
      h('div', {}, h('h3', {}, l10n.t('This step')), ...ours),
    ),
  );
}

const valueButton = (label: string, verb: string, { name, title }: Value, primary = false): HTMLElement =>
  button(
    label,
    {
      'data-value': verb,
      'data-name': name,
      'data-key': `${verb}:${name}`,
      'aria-label': `${label}: ${title}`,
    },
    primary,
  );

function valueForm(value: Value, { start, problem, final, busy }: Editing): HTMLElement {
  const { name, title, example, found } = value;
  const message = `problem:${name}`;
  return h(
    'div',
    { class: 'form' },
    h('vscode-textfield', {
      'data-field': name,
      'data-key': `field:${name}`,
      value: start,
      label: title,
      placeholder: example,
      ...(problem === '' ? {} : { invalid: '' }),
    }),
    ...when(problem, (text) =>
      h('p', { class: 'problem', id: message, role: 'alert' }, icon('warning'), text),
    ),
    ...(busy ? [h('p', { class: 'quiet', role: 'status' }, l10n.t('Looking on the host…'))] : []),
    h(
      'div',
      { class: 'actions' },
      valueButton(
        problem !== '' && !final ? l10n.t('Save Anyway') : l10n.t('Save'),
        problem !== '' && !final ? 'anyway' : 'save',
        value,
        true,
      ),
      ...(found ? [valueButton(l10n.t('Use What Was Found'), 'use', value)] : []),
      valueButton(l10n.t('Cancel'), 'cancel', value),
    ),
  );
}

/** One value: what it is, where it comes from, and the way to another. */
function valueRow(value: Value, editing: Editing | undefined): HTMLElement {
  const { name, title, what, value: confirmed, source, found } = value;
  const shown = confirmed === '' ? found?.value : confirmed;
  const origin = confirmed === '' ? found && l10n.t`not confirmed yet; ${found.source}` : source;
  const differs = confirmed !== '' && found !== undefined && found.value !== confirmed;
  const words = [
    h('p', {}, shown === undefined ? h('em', {}, l10n.t('not found on the host')) : h('code', {}, shown)),
    ...when(origin, (text) => h('p', { class: 'quiet' }, text)),
    ...(differs
      ? [
          h(
            'p',
            { class: 'quiet' },
            `${l10n.t('Found on the host now:')} `,
            h('code', {}, found.value),
            ` (${found.source})`,
          ),
        ]
      : []),
    h(
      'div',
      { class: 'actions' },
      ...(confirmed === '' && found ? [valueButton(l10n.t('Confirm'), 'confirm', value)] : []),
      valueButton(l10n.t('Edit'), 'edit', value),
    ),
  ];
  return h(
    'div',
    { class: 'value', 'data-key': `value:${name}` },
    h('div', {}, h('h3', {}, title), h('p', { class: 'quiet' }, ...inline(what))),
    h('div', {}, ...(editing ? [valueForm(value, editing)] : words)),
  );
}

const values = ({ values: all, reading }: StepPage, { editing }: Local): Child[] =>
  section(
    l10n.t('Values'),
    ...(all.length === 0
      ? []
      : [
          ...when(reading, (text) => h('p', { class: 'quiet' }, text)),
          ...all.map((value) => valueRow(value, editing.get(value.name))),
          h('p', {}, link(l10n.t('Read the values from the host again'), { 'data-detect': '' })),
        ]),
  );

const stepList = (steps: StepPage['needs']): HTMLElement =>
  h(
    'ul',
    { class: 'steps' },
    ...steps.map(({ id, title, look, detail }) =>
      h(
        'li',
        { 'data-key': id },
        iconOf(look),
        link(title, { 'data-go': id }),
        h('span', { class: 'quiet' }, [look.word, detail].filter(Boolean).join(' · ')),
      ),
    ),
  );

const FEW = 4;

/** The steps that wait for this one; many of them are folded. */
const followers = ({ followers: all }: StepPage): Child[] =>
  section(
    l10n.t('Steps that count on it'),
    ...(all.length === 0
      ? []
      : all.length <= FEW
        ? [stepList(all)]
        : [folded('followers', l10n.t`${all.length} steps`, stepList(all))]),
  );

/** The exact text that runs, folded; asked for when it is opened. */
function commands({ written }: StepPage, { command }: Local): Child[] {
  if (!written) return [];
  const content: Child[] = !command
    ? [h('p', { class: 'quiet' }, l10n.t('Composing…'))]
    : command.problem !== ''
      ? [h('p', {}, command.problem)]
      : [
          h('p', {}, 'SHA-256 ', h('code', {}, command.sha256)),
          h(
            'div',
            { class: 'actions' },
            button(l10n.t('Copy the Text'), { 'data-copy': 'text' }),
            button(l10n.t('Copy SHA-256'), { 'data-copy': 'sha256' }),
            button(l10n.t('Open as a Document'), { 'data-act': 'preview' }),
          ),
          ...command.parts
            .toReversed()
            .map(({ title, text }, index) =>
              textPart(l10n.t`${title}, ${text.trimEnd().split('\n').length} lines`, text, index === 0),
            ),
        ];
  return section(
    l10n.t('What runs'),
    folded('commands', l10n.t('The exact text, and its SHA-256'), ...content),
  );
}

function textPart(title: string, text: string, open: boolean): HTMLElement {
  const pre = h('pre', { tabindex: '0', role: 'region', 'aria-label': title }, text);
  const part = folded(`part:${title.split(',')[0] ?? ''}`, title, pre);
  if (open) part.setAttribute('open', '');
  return part;
}

/** What the check found: what needs somebody as a table, what is in order folded away below it. */
function findings({ list }: StepPage): Child[] {
  const head = [l10n.t('Verdict'), l10n.t('What'), l10n.t('Found'), l10n.t('What to do')];
  const row = ({ look, title, found, remedy }: StepPage['list'][number]): Child[] => [
    state(look),
    title,
    h('span', {}, ...inline(found)),
    h('span', {}, ...inline(remedy)),
  ];
  const open = list.filter(({ look }) => look.tone !== 'good');
  const fine = list.filter(({ look }) => look.tone === 'good');
  return section(
    l10n.t('What the check found'),
    ...(open.length === 0 ? [] : [table(head, open.map(row), l10n.t('What needs somebody'))]),
    ...(fine.length === 0
      ? []
      : [
          folded(
            'fine',
            l10n.t`${fine.length} in order`,
            table(head, fine.map(row), l10n.t('What is in order')),
          ),
        ]),
  );
}

const attempts = ({ attempts: all }: StepPage): Child[] =>
  section(
    l10n.t('Attempts'),
    ...(all.length === 0
      ? []
      : [
          table(
            [
              l10n.t('No.'),
              l10n.t('Outcome'),
              l10n.t('When'),
              l10n.t('Who'),
              l10n.t('Why'),
              'SHA-256',
              l10n.t('Log'),
            ],
            all.map(({ number, look, when: date, took, who, reason, sha256 }) => [
              String(number),
              state(look),
              took === '' ? date : l10n.t`${date}, took ${took}`,
              who,
              reason,
              h('code', { title: sha256 }, `${sha256.slice(0, 12)}…`),
              link(l10n.t('Open'), {
                'data-act': 'log',
                'data-attempt': String(number),
                'aria-label': l10n.t`Log of attempt ${number}`,
              }),
            ]),
            l10n.t('Attempts, the newest first'),
          ),
        ]),
  );

const log = ({ log: tail }: StepPage): Child[] =>
  tail
    ? section(
        l10n.t('Last lines of the log'),
        h(
          'pre',
          { class: 'log', tabindex: '0', role: 'region', 'aria-label': l10n.t('Last lines of the log') },
          tail.text,
        ),
        h(
          'p',
          {},
          link(l10n.t('Open the whole log'), { 'data-act': 'log', 'data-attempt': String(tail.attempt) }),
        ),
      )
    : [];

/** The page about a step. */
export function stepView(page: StepPage, local: Local): HTMLElement {
  const open = page.list.some(({ look }) => look.tone !== 'good');
  const found = findings(page);
  return h(
    'main',
    {},
    h('p', { class: 'quiet place' }, page.place, ' · ', h('strong', {}, page.host)),
    h('h1', {}, page.title),
    ...(local.stale
      ? [
          notice({
            tone: 'warn',
            title: l10n.t('Seen before'),
            text: l10n.t('This is what was seen last. The host is being asked again.'),
          }),
        ]
      : []),
    ...page.notices.map(notice),
    now(page),
    ...log(page),
    ...(open ? found : []),
    facts(page),
    ...section(l10n.t('Why'), ...blocks(page.why)),
    ...beside(page),
    ...section(l10n.t('Way back'), ...blocks(page.undo)),
    ...values(page, local),
    ...section(l10n.t('Needs'), ...(page.needs.length === 0 ? [] : [stepList(page.needs)])),
    ...followers(page),
    ...commands(page, local),
    ...(open ? [] : found),
    ...attempts(page),
    ...section(
      l10n.t('Read more'),
      ...(page.links.length === 0
        ? []
        : [h('ul', {}, ...page.links.map(({ title, url }) => h('li', {}, h('a', { href: url }, title))))]),
    ),
  );
}
