import type { Guide, Step } from '../../src/migration/guide';
import { CHAIN_START } from '../../src/migration/journal';
import { sha256 } from '../../src/migration/hash';

/** A step with the fewest words; `over` says what matters to the test. */
export const step = (id: string, over: Partial<Step> = {}): Step => ({
  id,
  title: `Title of ${id}`,
  section: 'one',
  covers: [id],
  why: 'Because.',
  does: 'Something.',
  risk: 'changing',
  optional: false,
  endsEditor: false,
  reboots: false,
  pointOfNoReturn: false,
  needs: { steps: [] },
  duration: 'under 1 min',
  undo: 'Nothing to take back.',
  uses: [],
  libs: [],
  links: [],
  script: 'check() { km_answer done "Well."; }\nrun() { :; }\n',
  ...over,
});

export const guide = (...steps: Step[]): Guide => ({
  id: 'a-to-b',
  from: 'a',
  to: 'b',
  title: 'From a to b',
  parameters: [],
  sections: [{ id: 'one', title: 'One' }],
  steps,
  lib: 'km_main() { "$@"; }\n',
  libs: { greet: 'km_greet() { printf "Hello, %s\\n" "$1"; }\n', other: 'km_other() { :; }\n' },
});

const ACTOR = { user: 'admin', from: '10.0.0.7', editor: 'test' };

/** A journal as the runner writes it: numbered, stamped and chained. */
export function journalText(records: readonly Record<string, unknown>[]): string {
  let prev = CHAIN_START;
  return records
    .map((record, index) => {
      const line = JSON.stringify({
        seq: index + 1,
        time: `2026-01-01T00:00:${10 + index}Z`,
        ...record,
        actor: ACTOR,
        prev,
      });
      prev = sha256(line);
      return `${line}\n`;
    })
    .join('');
}
