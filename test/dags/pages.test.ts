import { describe, expect, it } from 'vitest';
import { rulePages } from '../../src/dags/report/pages';
import { RULES } from '../../src/dags/rules';

const pages = rulePages();

describe('rule pages', () => {
  it('there is one for each rule, and a list of them', () => {
    expect([...pages.keys()].sort()).toEqual([...RULES.map((rule) => rule.code), 'README'].sort());
    for (const rule of RULES) expect(pages.get('README')).toContain(`](${rule.code}.md) | ${rule.title} |`);
  });

  it.each(RULES.map((rule) => [rule.code, rule] as const))(
    '%s says what is wrong and what to do',
    (code, rule) => {
      const page = pages.get(code) ?? '';
      expect(page).toMatch(new RegExp(`^# ${code}: `));
      expect(page).toContain(rule.advice);
      expect(page).toContain(`# kaapana: ignore[${code}]`);
      expect(page).not.toMatch(/undefined|\[object/);
    },
  );

  it('a pair has its arguments side by side', () => {
    const page = pages.get('KAP-LOCAL-MINIO') ?? '';
    expect(page).toContain(
      '| `action_operators` | `None` | dropped, or becomes `batch_input_operators` and `none_batch_input_operators`, or by hand |',
    );
    expect(page).toContain("| `action` | `'get'` | set, or stays, or by hand | `'put'` |");
  });
});
