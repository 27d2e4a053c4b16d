import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsFor, stepContent, type StepFacts } from '../../src/editor/pages/stepContent';
import { overviewContent } from '../../src/editor/pages/overviewContent';
import { contextWords, OFFERED_AS } from '../../src/editor/steps/stepText';
import { sha256 } from '../../src/migration/hash';
import { parseJournal } from '../../src/migration/journal';
import { EMPTY_SNAPSHOT, foldRun, type RunStatus } from '../../src/migration/run';
import { asFromPage, asKept, asToPage, ACTIONS, span, type FromPage } from '../../webview/protocol';
import { guide, journalText, step } from '../migration/fixtures';

const GUIDE = {
  ...guide(
    step('first', { uses: ['FOLDER'], pointOfNoReturn: true, risk: 'destructive' }),
    step('second', { needs: { steps: ['first'] }, endsEditor: true }),
    step('third', { covers: [], reboots: true }),
  ),
  parameters: [{ name: 'FOLDER', title: 'Folder', what: 'Where.', pattern: '/.*', example: '/data' }],
};

/** Anything that a journal may come to hold: whole, odd and senseless records in any order. */
const records = fc.array(
  fc.record(
    {
      type: fc.constantFrom(
        'intent',
        'started',
        'finished',
        'checked',
        'values',
        'skipped',
        'by-hand',
        'taken-over',
      ),
      step: fc.constantFrom('first', 'second', 'third', 'other'),
      attempt: fc.constantFrom(1, 2),
      command: fc.constant(sha256('x')),
      mode: fc.constantFrom('run', 'undo'),
      exitCode: fc.constantFrom(0, 1),
      cancelled: fc.boolean(),
      boot: fc.constant('now'),
      note: fc.string(),
      values: fc.constant({ FOLDER: '/data' }),
      check: fc.record({
        status: fc.constantFrom('done', 'pending', 'blocked', 'unknown', 'not-needed'),
        evidence: fc.string(),
        items: fc.array(
          fc.record({ id: fc.string(), title: fc.string(), verdict: fc.constantFrom('go', 'no-go', '?') }),
        ),
      }),
    },
    { requiredKeys: ['type', 'step', 'attempt', 'command'] },
  ),
  { maxLength: 12 },
);

function factsOf(run: RunStatus, journal = parseJournal('')): StepFacts {
  return {
    guide: GUIDE,
    run,
    records: journal.records,
    host: 'pacs01',
    place: { inPlatform: true },
    news: '',
    rows: new Map([['first', 'The first row']]),
    found: new Map([['FOLDER', { value: '/data', source: 'the platform' }]]),
    reading: '',
    tail: 'last line',
  };
}

const asSent = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

describe('what the extension tells a page', () => {
  it('is understood there, whatever the journal holds', () => {
    fc.assert(
      fc.property(records, (said) => {
        const journal = parseJournal(journalText(said));
        const run = foldRun(GUIDE, { ...EMPTY_SNAPSHOT, journal, boot: 'now' });
        for (const status of run.steps) {
          const message = { type: 'step', page: stepContent(factsOf(run, journal), status) };
          expect(asToPage(asSent(message))).toEqual(asSent(message));
          expect(asKept(asSent({ shown: message, open: ['commands'], scroll: 3 }))).toBeDefined();
        }
        const page = overviewContent({ guide: GUIDE, run, host: 'pacs01', news: '', numbers: [], now: 0 });
        expect(asToPage(asSent({ type: 'overview', page }))).toBeDefined();
      }),
    );
  });

  it('is refused there as soon as anything in it is of another kind', () => {
    const run = foldRun(GUIDE, EMPTY_SNAPSHOT);
    const message = { type: 'step', page: stepContent(factsOf(run), run.steps[0]!) };
    const required = Object.entries(message.page).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...required),
        fc.constantFrom(null, Symbol('x'), () => 0),
        (name, odd) => {
          expect(asToPage({ ...message, page: { ...message.page, [name]: odd } })).toBeUndefined();
        },
      ),
    );
  });

  it('offers the actions of the tree and no others', () => {
    fc.assert(
      fc.property(records, fc.boolean(), (said, busy) => {
        const run = foldRun(GUIDE, {
          ...EMPTY_SNAPSHOT,
          journal: parseJournal(journalText(said)),
          boot: 'now',
        });
        for (const status of run.steps) {
          const words = contextWords(status, busy).split(' ');
          const offered = actionsFor(status, busy).map(({ action }) => action);
          expect(offered.toSorted()).toEqual(
            ACTIONS.filter((each) => words.includes(OFFERED_AS[each])).toSorted(),
          );
        }
      }),
    );
  });
});

it('no menu offers to start anything while a step runs, and all else stays', () => {
  const undoable = step('first', { script: 'check() { :; }\nrun() { :; }\nundo() { :; }\n' });
  const journal = parseJournal(
    journalText([
      { type: 'intent', step: 'first', attempt: 1, command: sha256('x') },
      { type: 'finished', step: 'first', attempt: 1, exitCode: 0, check: { status: 'done', evidence: '' } },
    ]),
  );
  const [status] = foldRun(guide(undoable), { ...EMPTY_SNAPSHOT, journal }).steps;
  const rest = ['step', 'written', 'checkable', 'attempted'];
  expect(contextWords(status!, false).split(' ').toSorted()).toEqual(
    [...rest, 'runnable', 'undoable'].toSorted(),
  );
  expect(contextWords(status!, true).split(' ').toSorted()).toEqual(rest.toSorted());
});

describe('what a page tells the extension', () => {
  const valid: FromPage[] = [
    { type: 'ready' },
    { type: 'act', action: 'log', attempt: 2 },
    { type: 'run-command', command: 'exportReport' },
    { type: 'go', step: 'first' },
    { type: 'value', host: 'pacs01', name: 'FOLDER', value: '/data', anyway: false },
    { type: 'detect' },
    { type: 'text' },
    { type: 'copy', what: 'sha256' },
  ];

  it('is understood when it is one of its messages', () => {
    for (const message of valid) expect(asFromPage(asSent(message))).toEqual(message);
  });

  it('is nothing when it is anything else', () => {
    const known = new Set(valid.map(({ type }) => type as string));
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const type =
          typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
        if (typeof type !== 'string' || !known.has(type)) expect(asFromPage(value)).toBeUndefined();
      }),
    );
    for (const message of [
      { type: 'act', action: 'delete' },
      { type: 'act', action: 'log', attempt: Number.NaN },
      { type: 'act', action: 'constructor' },
      { type: 'run-command', command: 'runStep' },
      { type: 'value', host: 'pacs01', name: 'FOLDER', value: 'x'.repeat(5000), anyway: true },
      { type: 'value', host: 'pacs01', name: 'FOLDER', value: '/data' },
      { type: 'copy', what: 'secrets' },
      { type: 'go' },
    ])
      expect(asFromPage(message)).toBeUndefined();
  });
});

describe('a span of time', () => {
  it.each([
    [0, '0:00'],
    [-5, '0:00'],
    [61_000, '1:01'],
    [3_599_999, '59:59'],
    [3_660_000, '1 h 01 min'],
  ])('%d ms reads %s', (milliseconds, text) => expect(span(milliseconds)).toBe(text));
});
