import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';
import { outcome, readFixtures, type Fixture } from './fixtures';
import { compileErrors, requirePython } from './python';

const fixtures = readFixtures();
const update = process.env['UPDATE_FIXTURES'] === '1';

function expected(folder: string, name: string, otherwise: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : otherwise;
}

function store(folder: string, name: string, text: string, otherwise: string): void {
  if (text === otherwise) rmSync(join(folder, name), { force: true });
  else writeFileSync(join(folder, name), text);
}

function updateFixture(fixture: Fixture): void {
  const found = outcome(fixture);
  writeFileSync(join(fixture.folder, 'findings.txt'), found.findings);
  store(fixture.folder, 'safe.py', found.safe, fixture.text);
  store(fixture.folder, 'all.py', found.all, found.safe);
}

if (update) fixtures.forEach(updateFixture);

describe.each(fixtures)('$name', (fixture) => {
  const found = outcome(fixture);

  it('is found and fixed as expected', () => {
    const safe = expected(fixture.folder, 'safe.py', fixture.text);
    expect(found.findings).toBe(readFileSync(join(fixture.folder, 'findings.txt'), 'utf8'));
    expect(found.safe).toBe(safe);
    expect(found.all).toBe(expected(fixture.folder, 'all.py', safe));
  });

  it('needs one pass only', () => {
    const again = (text: string) => analyze(text, fixture.options);
    expect(again(found.safe).fix((finding) => finding.fix?.verdict === 'safe')).toEqual([]);
    expect(again(found.all).fix(() => true)).toEqual([]);
  });

  it('gives the same for one fix at a time', () => {
    const fixable = (text: string) =>
      analyze(text, fixture.options).findings.filter(({ fix }) => fix !== null);
    const before = fixable(fixture.text);
    for (const { fix } of before)
      expect(fixable(applyEdits(fixture.text, fix?.edits ?? [])).length).toBeLessThan(before.length);
  });
});

it('leaves Python that compiles', () => {
  if (!requirePython()) return;
  const texts: Record<string, string> = {};
  for (const fixture of fixtures) {
    texts[`${fixture.name}/dag.py`] = fixture.text;
    const found = outcome(fixture);
    texts[`${fixture.name}/safe.py`] = found.safe;
    texts[`${fixture.name}/all.py`] = found.all;
    for (const [index, finding] of analyze(fixture.text, fixture.options).findings.entries()) {
      if (finding.fix) texts[`${fixture.name}/${index}.py`] = applyEdits(fixture.text, finding.fix.edits);
    }
  }
  const broken = new Set(
    Object.keys(texts).filter((name) => name.endsWith('/dag.py') && name.startsWith('broken-')),
  );
  const errors = compileErrors(texts);
  const unexpected = Object.entries(errors).filter(
    ([name]) => !broken.has(name) && !name.startsWith('broken-'),
  );
  expect(unexpected).toEqual([]);
});
