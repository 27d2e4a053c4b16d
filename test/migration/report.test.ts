import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audit } from '../../src/migration/audit';
import { parseJournal } from '../../src/migration/journal';
import { redact, redactAll } from '../../src/migration/redact';
import { asJson, gather, type Report } from '../../src/migration/report';
import { asHtml, asMarkdown } from '../../src/migration/reportDocument';
import { EMPTY_SNAPSHOT, foldRun } from '../../src/migration/run';
import { guide, journalText, step } from './fixtures';

const DEVIATION = { guide: 'Says so.', effect: 'Breaks.', ours: 'We copy first.', evidence: 'Tried.' };
const GUIDE = guide(
  step('first', { deviation: DEVIATION }),
  step('second', { needs: { steps: ['first'] } }),
  step('third'),
);

function report(over: readonly Record<string, unknown>[] = [], damage = (text: string) => text): Report {
  const items = [{ id: 'a', title: 'Disk | space', verdict: 'go', found: '1 TB', remedy: '' }];
  const check = { status: 'done', evidence: 'Series 1.2.840.113619.2.55.3.604688119 is there.', items };
  const journal = parseJournal(
    damage(
      journalText([
        { type: 'run-started', plan: 'p' },
        { type: 'values', values: { FOLDER: '/data', NOTE: 'password=hunter2' } },
        { type: 'intent', step: 'first', attempt: 1, command: 'c0ffee' },
        { type: 'started', step: 'first', attempt: 1, boot: 'now' },
        { type: 'finished', step: 'first', attempt: 1, exitCode: 0, cancelled: false, check, log: 'beef' },
        { type: 'skipped', step: 'third', note: 'Not used here.' },
        ...over,
      ]),
    ),
  );
  const snapshot = { ...EMPTY_SNAPSHOT, journal, boot: 'now', plan: 'p', hostKey: 'SHA256:abc' };
  const run = foldRun(GUIDE, snapshot);
  const kept = [{ step: 'first', attempt: 1, command: 'c0ffee', log: 'beef' }];
  const numbers = [
    { title: 'Image series', before: 1204, now: 1205 },
    { title: 'Users', before: 7, now: 6 },
    { title: 'Studies', before: 300, now: undefined },
  ];
  const facts = { guide: GUIDE, run, snapshot, audit: audit(journal, kept), numbers };
  return gather({ ...facts, host: 'pacs01', now: '2026-01-02T03:04:05Z' });
}

describe('a report', () => {
  const markdown = asMarkdown(report());

  it('says who did what, when, with which proof', () => {
    expect(markdown).toContain('2 of 3 steps settled');
    expect(markdown).toMatch(
      /Attempt 1, succeeded[^]*admin from 10\.0\.0\.7[^]*text c0ffee, of the log beef/,
    );
    expect(markdown).toContain('Departs from the official guide: We copy first.');
    expect(markdown).toContain('admin answers for it');
  });

  it('names what is not settled', () => {
    expect(markdown).toContain('- Title of second (ready)');
  });

  it('passes on no secret and no patient identifier, and counts what it took out', () => {
    for (const text of [markdown, asJson(report()), asHtml(report())]) {
      expect(text).not.toMatch(/hunter2|1\.2\.840\.113619/);
      expect(text).toMatch(/redacted": 3|removed from this report: 3/);
    }
  });

  it('keeps its tables whole', () => {
    expect(markdown).toContain('| go | Disk \\| space | 1 TB |');
  });

  it('tells of a damaged journal', () => {
    expect(asMarkdown(report([], (text) => text.replace('"exitCode":0', '"exitCode":1')))).toContain(
      '- Line 6 of the journal: The line does not follow',
    );
  });

  it('names its gaps: what was left out, and what stands on a word alone', () => {
    expect(markdown).toContain('- "Title of third" was left out. Skipped by admin: Not used here.');
    const byHand = { type: 'by-hand', step: 'second', note: 'In the console.' };
    const confirmed = { type: 'checked', step: 'second', check: { status: 'done', evidence: 'There.' } };
    expect(asMarkdown(report([byHand]))).toContain(`"Title of second" stands on a person's word`);
    expect(asMarkdown(report([byHand, confirmed]))).not.toContain('stands on a person');
  });

  it('names who took the run over, and by which key the host was known', () => {
    expect(asMarkdown(report([{ type: 'taken-over' }]))).toContain('admin from 10.0.0.7 took the run over');
    expect(markdown).toContain('The host was known by SHA256:abc.');
  });

  it('names the pods that were restarted beside the steps', () => {
    const restarted = { type: 'pod-restarted', pod: 'admin/keycloak-7f-1' };
    expect(asMarkdown(report([restarted]))).toContain(
      'admin from 10.0.0.7 restarted a pod (admin/keycloak-7f-1)',
    );
  });

  it('compares what was counted before with what is there now', () => {
    expect(markdown).toContain('| Image series | 1204 | 1205 |');
    expect(markdown).toContain('| Studies | 300 | not counted again |');
    expect(asHtml(report())).toMatch(/<td>Users<\/td>.*class="fewer"[^>]*><rect width="85\.7%"/);
  });

  it('says in HTML exactly what it says in Markdown', () => {
    const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
    const plain = (html: string) =>
      html
        .replace(/[^]*<main>|<\/main>[^]*/g, '')
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
    const words = (text: string) =>
      text
        .replaceAll(/\\\||---|[#*|:,-]/g, ' ')
        .split(/\s+/)
        .filter(Boolean)
        .join(' ');
    expect(words(plain(asHtml(report())))).toBe(words(markdown));
  });

  it('is HTML without script, with nothing from elsewhere, whatever the texts hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (note) => {
        const said = { type: 'skipped', step: 'second', note: `<script>"'&${note}` };
        const html = asHtml(report([said]));
        expect(html.match(/<(\w+)/g)?.filter((open) => /script|img|iframe|link/.test(open))).toEqual([]);
        expect(html).toContain('&lt;script&gt;&quot;&#39;&amp;');
        expect(html).not.toMatch(/ on\w+=|javascript:|https?:/);
      }),
      { numRuns: 20 },
    );
  });

  it('is JSON that can be read again', () => {
    expect(JSON.parse(asJson(report()))).toMatchObject({
      redacted: 3,
      guide: 'a-to-b',
      steps: [{ state: 'succeeded' }, {}, {}],
    });
  });
});

describe('redacting', () => {
  it('leaves versions, addresses and hashes alone', () => {
    const text =
      'Kaapana 0.3.5 on 10.152.183.15, sha256 9f18062076444d8b544f6611abca69b4, 2026-01-02T03:04:05Z';
    expect(redact(text)).toEqual({ text, count: 0 });
  });

  it('keeps the shape of a value, and finds nothing a second time', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = redactAll({ value, note: 'token: abc' });
        expect(once.count).toBeGreaterThan(0);
        expect(redactAll(once.value)).toEqual({ value: once.value, count: 0 });
      }),
    );
  });
});
