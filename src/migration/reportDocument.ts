import { createHash } from 'node:crypto';
import { escapeHtml } from './html';
import type { Actor } from './journal';
import type { Report, ReportedStep } from './report';
import { isSettled, type Attempt, type StepState } from './run';

/** One piece of the report as people read it; each form of the report writes every piece in its own way. */
type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string; readonly state?: StepState }
  | { readonly kind: 'paragraph' | 'warning'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: 'bars'; readonly rows: readonly Bar[] };

interface Item {
  readonly text: string;
  readonly below: readonly string[];
}

interface Bar {
  readonly title: string;
  readonly before: number;
  readonly now: number | undefined;
}

const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
const heading = (level: 1 | 2 | 3, text: string, state?: StepState): Block => ({
  kind: 'heading',
  level,
  text,
  ...(state ? { state } : {}),
});
const list = (lines: readonly string[]): Block =>
  lines.length === 0
    ? paragraph('None.')
    : { kind: 'list', items: lines.map((text) => ({ text, below: [] })) };

const person = ({ user, from, sudoUser }: Actor): string =>
  `${user}${from ? ` from ${from}` : ''}${sudoUser ? `, by sudo for ${sudoUser}` : ''}`;

const attemptItem = (attempt: Attempt): Item => {
  const { number, mode, outcome, reason, actor, requestedAt, finishedAt, exitCode, command, log } = attempt;
  return {
    text: `Attempt ${number}${mode === 'undo' ? ', way back' : ''}, ${outcome}: ${reason}`,
    below: [
      `${person(actor)}, ${requestedAt} to ${finishedAt ?? 'not ended'}`,
      `exit code ${exitCode ?? 'none'}; SHA-256 of the text ${command}${log ? `, of the log ${log}` : ''}`,
    ],
  };
};

function stepBlocks(step: ReportedStep): Block[] {
  const { title, covers, state, reason, deviation, statement, check, attempts } = step;
  const items = check?.result.items ?? [];
  return [
    heading(3, title, state),
    paragraph(reason),
    ...(covers.length > 0 ? [paragraph(`Rows of the official guide: ${covers.join(', ')}.`)] : []),
    ...(statement
      ? [paragraph(`${statement.actor.user} answers for it, ${statement.time}: ${statement.note}`)]
      : []),
    ...(check
      ? [paragraph(`Last check, ${check.time}: ${check.result.status}. ${check.result.evidence}`)]
      : []),
    ...(items.length > 0
      ? [
          {
            kind: 'table' as const,
            head: ['verdict', 'what', 'found'],
            rows: items.map(({ verdict, title: what, found }) => [verdict, what, found]),
          },
        ]
      : []),
    ...(deviation && attempts.length > 0
      ? [paragraph(`Departs from the official guide: ${deviation.ours}`)]
      : []),
    ...(attempts.length > 0 ? [{ kind: 'list' as const, items: attempts.map(attemptItem) }] : []),
  ];
}

const journalBlock = ({ findings, records, head }: Report['journal']): Block =>
  findings.length === 0
    ? paragraph(
        `The journal has ${records} records; each names the hash of the one before it, and all agree with the texts and logs beside them. The last one's hash: ${head}.`,
      )
    : {
        kind: 'warning',
        text: `The journal does not agree with itself or its files: see the gaps. It has ${records} records; the last one's hash: ${head}.`,
      };

/** The report as people read it, whatever it is written in. */
function documentOf(report: Report): Block[] {
  const open = report.steps.filter(({ state }) => !isSettled(state));
  const told = report.steps.filter(
    ({ state, attempts, check, statement }) => isSettled(state) || attempts.length > 0 || check || statement,
  );
  return [
    heading(1, `Migration ${report.guide} on ${report.host}`),
    paragraph(
      `${report.settled} of ${report.total} steps settled, as of ${report.created}. Plan SHA-256: ${report.plan ?? 'nothing has been run'}.`,
    ),
    journalBlock(report.journal),
    ...(report.hostKey === '' ? [] : [paragraph(`The host was known by ${report.hostKey}.`)]),
    {
      kind: 'table',
      head: ['phase', 'settled', 'steps'],
      rows: report.sections.map(({ title, settled, total }) => [title, String(settled), String(total)]),
    },
    heading(2, 'Gaps'),
    list(report.gaps),
    heading(2, 'Not settled'),
    list(open.map(({ title, state, reason }) => `${title} (${state}): ${reason}`)),
    heading(2, 'Before and now'),
    report.numbers.length === 0 ? paragraph('Nothing was recorded.') : { kind: 'bars', rows: report.numbers },
    heading(2, 'Decisions'),
    list(report.decisions.map(({ what, actor, time }) => `${time}: ${person(actor)} ${what}`)),
    heading(2, 'Values'),
    list(Object.entries(report.values).map(([name, value]) => `${name}: ${value}`)),
    heading(2, 'Steps'),
    ...told.flatMap(stepBlocks),
    paragraph(`Secrets and patient identifiers removed from this report: ${report.redacted}.`),
  ];
}

const numberCells = ({ title, before, now }: Bar): string[] => [
  title,
  String(before),
  now === undefined ? 'not counted again' : String(now),
];
const NUMBERS_HEAD = ['what', 'before', 'now'];

// ---- Markdown ----

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function markdownOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text}${block.state ? `: ${block.state}` : ''}`;
    case 'paragraph':
      return block.text;
    case 'warning':
      return `**${block.text}**`;
    case 'list':
      return block.items
        .flatMap(({ text, below }) => [`- ${text}`, ...below.map((line) => `  - ${line}`)])
        .join('\n');
    case 'table':
      return markdownTable(block.head, block.rows);
    case 'bars':
      return markdownTable(NUMBERS_HEAD, block.rows.map(numberCells));
  }
}

/** The report for people, as text. */
export const asMarkdown = (report: Report): string => `${documentOf(report).map(markdownOf).join('\n\n')}\n`;

// ---- HTML ----

const tag = (name: string, content: string): string => `<${name}>${content}</${name}>`;
const htmlRow = (cells: readonly string[]): string =>
  tag('tr', cells.map((text) => tag('td', text)).join(''));
const htmlTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  tag(
    'table',
    tag('thead', tag('tr', head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join(''))) +
      tag('tbody', rows.map(htmlRow).join('')),
  );

/** A number with its bar, which paper shows too. */
function amount(number: number, most: number, kind: string): string {
  const share = Math.round((1000 * number) / most) / 10;
  return `${number}<svg class="${kind}" aria-hidden="true"><rect width="${share}%" height="100%"/></svg>`;
}

function barCells({ title, before, now }: Bar): string[] {
  const most = Math.max(before, now ?? 0, 1);
  return [
    escapeHtml(title),
    amount(before, most, 'before'),
    now === undefined ? 'not counted again' : amount(now, most, now < before ? 'fewer' : 'now'),
  ];
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return tag(
        `h${block.level}`,
        `${escapeHtml(block.text)}${block.state ? ` <span class="${isSettled(block.state) ? 'settled' : 'open'}">${escapeHtml(block.state)}</span>` : ''}`,
      );
    case 'paragraph':
      return tag('p', escapeHtml(block.text));
    case 'warning':
      return `<p class="warning"><strong>${escapeHtml(block.text)}</strong></p>`;
    case 'list':
      return tag(
        'ul',
        block.items
          .map(({ text, below }) => {
            const more = below.map((line) => tag('li', escapeHtml(line))).join('');
            return tag('li', `${escapeHtml(text)}${more === '' ? '' : tag('ul', more)}`);
          })
          .join(''),
      );
    case 'table':
      return htmlTable(
        block.head,
        block.rows.map((cells) => cells.map(escapeHtml)),
      );
    case 'bars':
      return htmlTable(NUMBERS_HEAD, block.rows.map(barCells));
  }
}

const STYLE = `
:root{color-scheme:light dark}
body{font:15px/1.55 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:2rem 1.5rem 4rem}
h1{font-size:1.9rem;line-height:1.25;margin:0 0 1rem}
h2{border-top:1px solid #8886;font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:1.2rem}
h3{font-size:1.02rem;margin:1.6rem 0 .3rem}
h3 span{border:1px solid;border-radius:1em;font-size:.78rem;font-weight:400;margin-left:.4em;padding:.1em .7em}
h3 .settled{color:#1a7f37}
h3 .open{color:#9a5b00}
p,li{overflow-wrap:anywhere}
p{margin:.35rem 0}
table{border-collapse:collapse;margin:.6rem 0;width:100%}
th,td{border-bottom:1px solid #8885;overflow-wrap:anywhere;padding:.3rem 1rem .3rem 0;text-align:left;vertical-align:top}
th{font-weight:400;opacity:.75}
.warning{border-left:4px solid #c62828;padding-left:.8rem}
svg{display:block;height:7px;margin-top:3px;width:100%}
rect{fill:#6b7280}
.now rect{fill:#1a7f37}
.fewer rect{fill:#c62828}
@media(prefers-color-scheme:dark){h3 .settled{color:#57c272}h3 .open{color:#e0a84e}}
@media print{body{max-width:none;padding:0}h2,h3{break-after:avoid}tr,li{break-inside:avoid}*{print-color-adjust:exact}}
`;

/** The same report as one page of its own: no script, nothing from elsewhere, ready to be printed. */
export function asHtml(report: Report): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`Migration ${report.guide} on ${report.host}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${documentOf(report).map(htmlOf).join('\n')}
</main>
</body>
</html>
`;
}
