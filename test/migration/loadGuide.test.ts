import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guideIds, guidesFolder, readGuide } from '../../src/build/guides';
import { describeProblem, loadGuide } from '../../src/migration/loadGuide';

const YAML = `id: 1.0.0-to-2.0.0
from: 1.0.0
to: 2.0.0
title: From a to b
parameters:
  - name: FOLDER
    title: Folder
    what: Where it lies.
    detect: km_detect_folder
    validate: km_validate_folder
    pattern: /.+
    example: /home/kaapana
sections:
  - id: one
    title: One
steps:
  - id: first
    title: First step
    section: one
    covers: [row-one]
    why: Because it has to be.
    does: It does something.
    risk: read-only
    duration: under 1 min
    uses: [FOLDER]
    undo: Nothing to take back.
  - id: second
    title: Second step
    section: one
    covers: [row-two]
    why: Because it has to be.
    does: It does something.
    risk: changing
    needs: { steps: [first] }
    duration: under 1 min
    undo: Nothing to take back.
`;

const schema = JSON.parse(await readFile(join(guidesFolder, 'guide.schema.json'), 'utf8')) as object;

const load = (yaml: string, scripts: Record<string, string> = {}) =>
  loadGuide({
    file: 'guide.yaml',
    yaml,
    lib: 'km_detect_folder() { :; }\nkm_validate_folder() { :; }\n',
    libs: new Map([['files', 'km_copy() { :; }\n']]),
    scripts: new Map(Object.entries(scripts)),
    rows: ['row-one', 'row-two'],
    schema,
  });

const problems = (yaml: string, scripts?: Record<string, string>): string[] => {
  const loaded = load(yaml, scripts);
  return 'problems' in loaded ? loaded.problems.map(describeProblem) : [];
};

describe('a guide', () => {
  it('is read with its steps completed', () => {
    const loaded = load(YAML, { first: 'run() { :; }\n' });
    if ('problems' in loaded) throw new Error(loaded.problems.map(describeProblem).join('\n'));
    const [first, second] = loaded.guide.steps;
    expect(first).toMatchObject({
      script: 'run() { :; }\n',
      needs: { steps: [] },
      reboots: false,
      links: [],
    });
    expect(second).not.toHaveProperty('script');
  });

  it.each<[string, string, string, string]>([
    ['broken YAML', 'title: From a to b', 'title: [From', 'guide.yaml:'],
    ['a word that it does not know', 'reboot: true', '', 'guide.yaml:23:13 "reboot" is not known here.'],
    [
      'a risk that it does not know',
      'risk: read-only',
      'risk: harmless',
      'guide.yaml:23:11 The value has to be one of: read-only, changing, destructive.',
    ],
    [
      'a section that is not there',
      'section: one\n    covers: [row-two]',
      'section: two\n    covers: [row-two]',
      'guide.yaml:29:14 There is no section "two".',
    ],
    [
      'a needed step that is not there',
      '{ steps: [first] }',
      '{ steps: [zeroth] }',
      'guide.yaml:34:22 There is no step "zeroth".',
    ],
    [
      'a parameter that is not there',
      'uses: [FOLDER]',
      'uses: [FILE]',
      'guide.yaml:25:12 There is no parameter "FILE".',
    ],
    [
      'a step that needs itself',
      '{ steps: [first] }',
      '{ steps: [second] }',
      'guide.yaml:34:12 The step "second" needs itself.',
    ],
    ['an id that stands twice', 'id: second', 'id: first', 'guide.yaml:27:9 The id "first" stands twice.'],
    [
      'a row that nobody covers',
      'covers: [row-two]',
      'covers: []',
      'guide.yaml:17:3 No step covers the row "row-two".',
    ],
    [
      'a function that no library has',
      'km_detect_folder',
      'km_detect_nothing',
      'guide.yaml:9:13 No library has a function "km_detect_nothing".',
    ],
    [
      'a validation that no library has',
      'km_validate_folder',
      'km_validate_nothing',
      'guide.yaml:10:15 No library has a function "km_validate_nothing".',
    ],
    [
      'a pattern that is none',
      'pattern: /.+',
      'pattern: "["',
      'guide.yaml:11:14 "[" is no regular expression.',
    ],
  ])('tells the place of %s', (_what, from, to, expected) => {
    const broken =
      to === '' ? YAML.replace('risk: read-only', `${from}\n    risk: read-only`) : YAML.replace(from, to);
    expect(broken).not.toBe(YAML);
    expect(problems(broken).some((problem) => problem.startsWith(expected))).toBe(true);
  });

  it('tells of a step file that belongs to no step', () => {
    expect(problems(YAML, { third: '' })).toEqual(['guide.yaml:17:3 steps/third.sh belongs to no step.']);
  });
});

describe('the guides of this project', async () => {
  it.each(await guideIds())('%s is without a mistake', async (id) => {
    const loaded = await readGuide(id);
    expect('problems' in loaded ? loaded.problems.map(describeProblem) : []).toEqual([]);
  });
});
