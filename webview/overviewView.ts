import * as l10n from '@vscode/l10n';
import { button, iconOf, link, section, state, table, when } from './dom';
import { h, type Child } from './draw';
import { bar, icon } from './icons';
import { grouped } from './l10n';
import { inline } from './markdown';
import type { Overview } from './protocol';
import { clock, progressBar } from './stepView';

/** One mark a step, in the guide's order and grouped by phase: the whole way at a glance. */
const way = ({ phases }: Overview): HTMLElement =>
  h(
    'div',
    { class: 'way', 'aria-hidden': 'true' },
    ...phases.map(({ steps }) =>
      h(
        'div',
        {},
        ...steps.map(({ look, noReturn }) =>
          h('span', { class: `mark ${look.tone}${noReturn ? ' no-return' : ''}` }),
        ),
      ),
    ),
  );

function head(page: Overview): HTMLElement {
  const { done, total, unproven, active, next, attention } = page;
  const left = total - done;
  return h(
    'div',
    {
      class: `now is-${attention.length > 0 ? 'warn' : active ? 'busy' : left === 0 ? 'good' : 'quiet'}`,
      'data-key': 'now',
    },
    h(
      'p',
      { class: 'headline' },
      h('strong', {}, l10n.t`${done} of ${total} steps settled`),
      h('span', { class: 'quiet' }, left === 0 ? l10n.t('nothing left') : l10n.t`${left} left`),
      ...(unproven > 0
        ? [h('span', { class: 'quiet' }, l10n.t`${unproven} of the settled by a person's word`)]
        : []),
    ),
    way(page),
    ...when(active, ({ id, title, look, since, progress }) =>
      h(
        'div',
        {},
        h('p', { class: 'headline' }, state(look), link(title, { 'data-go': id }), ...when(since, clock)),
        ...when(progress, progressBar),
      ),
    ),
    ...when(next, ({ id, title, detail }) =>
      h(
        'p',
        {},
        `${l10n.t('Next:')} `,
        link(title, { 'data-go': id }),
        h('span', { class: 'quiet' }, ` ${detail}`),
      ),
    ),
    h(
      'div',
      { class: 'actions', role: 'group', 'aria-label': l10n.t('Actions of the run') },
      button(l10n.t('Export Report…'), { 'data-run': 'exportReport' }, true),
      button(l10n.t('Check All Steps'), { 'data-run': 'checkAll' }),
      button(l10n.t('Verify Journal and Logs'), { 'data-run': 'verifyRun' }),
      button(l10n.t('Edit Values…'), { 'data-run': 'editValues' }),
    ),
  );
}

const attention = ({ attention: all }: Overview): Child[] =>
  section(
    l10n.t('Needs attention'),
    ...(all.length === 0
      ? []
      : [
          h(
            'ul',
            { class: 'steps' },
            ...all.map(({ id, title, look, text }) =>
              h(
                'li',
                { 'data-key': id },
                iconOf(look),
                h(
                  'div',
                  {},
                  h('p', {}, link(title, { 'data-go': id }), ` ${look.word}`),
                  h('p', { class: 'quiet' }, ...inline(text)),
                ),
              ),
            ),
          ),
        ]),
  );

type Phase = Overview['phases'][number];

const stepRow = ({
  id,
  title,
  look,
  detail,
  took,
  expected,
  noReturn,
}: Phase['steps'][number]): HTMLElement =>
  h(
    'li',
    { 'data-key': id },
    ...(noReturn
      ? [
          h(
            'p',
            { class: 'no-return' },
            icon('error'),
            l10n.t('Point of no return: once this step has begun, only the full backup leads back.'),
          ),
        ]
      : []),
    h(
      'div',
      { class: 'row' },
      iconOf(look),
      link(title, { 'data-go': id }),
      h('span', { class: 'quiet' }, [look.word, detail].filter(Boolean).join(' · ')),
      h('span', { class: 'time quiet' }, took === '' ? expected : l10n.t`took ${took}`),
    ),
  );

const phaseView = ({ title, done, total, steps }: Phase): HTMLElement =>
  h(
    'section',
    { class: 'phase', 'data-key': `phase:${title}` },
    h('h3', {}, title, h('span', { class: 'quiet' }, ` ${l10n.t`${done} of ${total}`}`)),
    h('ul', {}, ...steps.map(stepRow)),
  );

function numbers({ numbers: all, numbersNote }: Overview): Child[] {
  const largest = ({ before, now }: Overview['numbers'][number]) => Math.max(before, now ?? 0, 1);
  const cell = (number: number, most: number, tone: 'quiet' | 'good' | 'bad') =>
    h('div', { class: 'amount' }, h('span', {}, grouped(number)), bar(number / most, tone));
  return section(
    l10n.t('Before and now'),
    ...(all.length === 0
      ? []
      : [
          table(
            [l10n.t('What'), l10n.t('Before'), l10n.t('Now'), l10n.t('Compared')],
            all.map((entry) => {
              const { title, before, now, look } = entry;
              const tone = look?.tone === 'bad' ? 'bad' : 'good';
              return [
                title,
                cell(before, largest(entry), 'quiet'),
                now === undefined ? l10n.t('not counted again yet') : cell(now, largest(entry), tone),
                look ? state(look) : '',
              ];
            }),
            l10n.t('What the platform held before the migration and holds now'),
          ),
        ]),
    ...when(numbersNote, (text) => h('p', { class: 'quiet' }, text)),
  );
}

/** The page about the whole run. */
export function overviewView(page: Overview, stale: boolean): HTMLElement {
  const notices = stale
    ? [
        {
          tone: 'warn' as const,
          title: l10n.t('Seen before'),
          text: l10n.t('This is what was seen last. The host is being asked again.'),
        },
      ]
    : page.notices;
  return h(
    'main',
    {},
    h('p', { class: 'quiet place' }, h('strong', {}, page.host)),
    h('h1', {}, page.title),
    ...notices.map(({ tone, title, text }) =>
      h('div', { class: `notice ${tone}` }, icon('warning'), h('p', {}, h('strong', {}, `${title}. `), text)),
    ),
    head(page),
    ...attention(page),
    h(
      'dl',
      { class: 'facts' },
      ...page.times.map(({ title, text }) => h('div', {}, h('dt', {}, title), h('dd', {}, text))),
    ),
    ...(page.numbers.length > 0 ? numbers(page) : []),
    h(
      'section',
      { 'data-key': 'phases' },
      h('h2', {}, l10n.t('Steps')),
      h('div', { class: 'phases' }, ...page.phases.map(phaseView)),
    ),
    ...(page.numbers.length === 0 ? numbers(page) : []),
  );
}
