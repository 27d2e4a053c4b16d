import type { FileFacts } from './call-facts';
import { resolve } from '../syntax/symbols';
import { isCall, type Use } from './uses';

/**
 * Why uses that are renamed in one place, as they go through `Op = LocalMinioOperator`, cannot be rewritten together;
 * null where they can. What the new name reaches must be calls that are all known.
 */
export function sharedReason(uses: readonly Use[], facts: FileFacts): string | null {
  for (const use of uses) {
    const { aliases, dotted } = use.resolution;
    const [first] = aliases.slice(-1);
    if (!first) continue;
    const name = `\`${first.name}\``;
    if (!resolve(first.value).some((one) => one.dotted === dotted))
      return `${name} stands for a module; rewrite it by hand.`;
    if (aliases.some(({ scope }) => scope.kind === 'class'))
      return `${name} belongs to a class, and may be used through its objects.`;
    const taken = aliases.find((one) => one.scope.kind === 'module' && facts.isImportedElsewhere(one.name));
    if (taken) return `another file imports \`${taken.name}\`.`;
    const follows = use.role === 'alias' || use.role === 'annotation';
    if (!follows && !(isCall(use) && use.certain && !use.indirect))
      return `another use of ${name} has no fix.`;
  }
  return null;
}
