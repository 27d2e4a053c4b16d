import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/dags/report/formats';
import type { ReportEntry } from '../../src/dags/report/reports';
import { summarize, summaryText } from '../../src/dags/report/summary';

const entry: ReportEntry = {
  file: 'dags/a b.py',
  line: 3,
  column: 13,
  endLine: 3,
  endColumn: 38,
  code: 'KAP-LOCAL-MINIO',
  severity: 'error',
  message: 'one: 100%\ntwo, three',
  fix: 'unsafe',
};
const entries = [
  entry,
  { ...entry, line: 9, endLine: 9 },
  { ...entry, file: 'c.py', code: 'KAP-LOCAL-INPUT', severity: 'warning' as const, fix: 'safe' as const },
];

describe('formats', () => {
  it('github escapes what its commands cannot hold', () => {
    expect(FORMATS['github']?.([entry])).toBe(
      '::error file=dags/a b.py,line=3,col=13,endLine=3,endColumn=38,title=KAP-LOCAL-MINIO::one: 100%25%0Atwo, three\n',
    );
  });

  it('gitlab has a fingerprint of its own for each finding, which does not hang on lines', () => {
    const report = JSON.parse(FORMATS['gitlab']?.(entries) ?? '') as {
      fingerprint: string;
      location: unknown;
      severity: string;
    }[];
    expect(new Set(report.map((one) => one.fingerprint)).size).toBe(3);
    expect(report[0]).toMatchObject({
      severity: 'critical',
      location: { path: 'dags/a b.py', lines: { begin: 3 } },
    });
    const moved = JSON.parse(FORMATS['gitlab']?.([{ ...entry, line: 50 }]) ?? '') as {
      fingerprint: string;
    }[];
    expect(moved[0]?.fingerprint).toBe(report[0]?.fingerprint);
  });

  it('sarif names its rules and places', () => {
    const { version, runs } = JSON.parse(FORMATS['sarif']?.(entries) ?? '') as {
      version: string;
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    expect(version).toBe('2.1.0');
    expect(runs).toHaveLength(1);
    expect(runs[0]?.tool.driver.rules.map((rule) => rule.id)).toEqual(['KAP-LOCAL-INPUT', 'KAP-LOCAL-MINIO']);
    expect(runs[0]?.results[0]).toMatchObject({
      ruleId: 'KAP-LOCAL-MINIO',
      ruleIndex: 1,
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'dags/a%20b.py' },
            region: { startLine: 3, startColumn: 13 },
          },
        },
      ],
    });
  });

  it('sums up per rule and file, with the work that is left', () => {
    const summary = summarize(entries);
    expect(summary).toMatchObject({ findings: 3, files: 2, safe: 1, unsafe: 2, manual: 0, minutes: 30 });
    expect(summary.byFile.map((one) => one.file)).toEqual(['dags/a b.py', 'c.py']);
    expect(summaryText(summary, { version: '0.4.1', source: 'default' })).toMatch(
      /^Checked for Kaapana 0.4.1, the default.\n3 findings in 2 files: 1 fixed safely, 2 fixed after review, 0 by hand; about 30 min of work\n/,
    );
  });
});
