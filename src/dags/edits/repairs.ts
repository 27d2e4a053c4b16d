import { callEdits, claimsOf, type CallChange } from './call-edits';
import { normalize, type Edit } from './edits';
import type { Repair } from '../findings/findings';
import { fitFormatStrings } from './format-strings';
import { planImports } from './import-plan';
import type { CallExpr, PyModule, Span } from '../syntax/types';

/** The edits of one repair alone, or why they are not possible. */
export function planRepair(
  module: PyModule,
  repair: Repair,
  isImportedElsewhere: (name: string) => boolean,
): { edits: readonly Edit[] } | { refused: string } {
  const plan = planImports(module, repair.references, repair.unused, isImportedElsewhere);
  if ('refused' in plan) return plan;
  const calls = repair.calls.flatMap((one) => callEdits(module, one));
  const edits = fitFormatStrings(module, normalize([...repair.edits, ...calls, ...plan.edits]));
  if (!edits) return { refused: 'it stands in an f-string, which the new text would break.' };
  return isGuess(module, edits) ? { refused: 'a string further up is never closed.' } : { edits };
}

/** Whether something would be edited that Python takes for the text of a string which is never closed. */
function isGuess({ unclosed }: PyModule, edits: readonly Edit[]): boolean {
  return unclosed !== null && edits.some((edit) => edit.to > unclosed);
}

/**
 * The edits of many repairs at once: each call and the imports of the file are planned once for all of them. Repairs
 * that want the same text do not mix: the first one wins, the others are left for another time, whole.
 */
export function planRepairs(
  module: PyModule,
  repairs: Iterable<Repair>,
  isImportedElsewhere: (name: string) => boolean,
): readonly Edit[] {
  const taken: Repair[] = [];
  const claims: Span[] = [];
  const added = new Set<string>();
  for (const repair of new Set(repairs)) {
    if ('refused' in planRepair(module, repair, isImportedElsewhere)) continue;
    const own = claimsOfRepair(module, repair);
    const names = additions(repair);
    if (
      own.some((a) => claims.some((b) => a.from < b.to && b.from < a.to)) ||
      names.some((name) => added.has(name))
    )
      continue;
    taken.push(repair);
    claims.push(...own);
    for (const name of names) added.add(name);
  }
  const plan = planImports(
    module,
    taken.flatMap((repair) => repair.references),
    taken.flatMap((repair) => repair.unused),
    isImportedElsewhere,
  );
  if ('refused' in plan) return [];
  const calls = mergeCalls(taken.flatMap((repair) => repair.calls)).flatMap((one) => callEdits(module, one));
  const edits = normalize([...taken.flatMap((repair) => repair.edits), ...calls, ...plan.edits]);
  return isGuess(module, edits) ? [] : (fitFormatStrings(module, edits) ?? []);
}

function mergeCalls(changes: readonly CallChange[]): CallChange[] {
  const byCall = new Map<CallExpr, CallChange>();
  for (const { call, changes: own } of changes) {
    byCall.set(call, { call, changes: [...(byCall.get(call)?.changes ?? []), ...own] });
  }
  return [...byCall.values()];
}

function claimsOfRepair({ text }: PyModule, repair: Repair): Span[] {
  const calls = repair.calls.flatMap((one) => claimsOf(text, one));
  return [...repair.edits, ...calls, ...repair.references.map((one) => one.expr)];
}

/** Keywords that a repair adds, each with its call. */
function additions(repair: Repair): string[] {
  return repair.calls.flatMap(({ call, changes }) =>
    changes.flatMap(({ become }) => become.map(([name]) => `${call.from} ${name}`)),
  );
}
