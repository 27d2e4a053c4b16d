import { symbolOf } from '../facts/call-facts';
import { lastPart } from '../dotted';
import type { SymbolRule } from '../rules/types';
import type { ImportBinding, PyModule } from '../syntax/types';
import type { SymbolImport } from '../facts/uses';

/** `try: new / except ImportError: old` and `if VERSION …: new / else: old` are already right. */
export function guardedImports(
  module: PyModule,
  imports: readonly SymbolImport[],
  rule: SymbolRule,
): Set<ImportBinding> {
  const guarded = new Set<ImportBinding>();
  for (const { binding, dotted } of imports) {
    const becomes = symbolOf(rule, dotted)?.becomes;
    if (!becomes) continue;
    const alternative = module.imports.some(
      (other) =>
        other.names.some(({ name }) =>
          isImportOf(other.kind === 'from' ? `${other.module}.${name}` : name, becomes),
        ) &&
        other.branches.some((there) =>
          binding.statement.branches.some(
            (here) => here.statement === there.statement && here.index !== there.index,
          ),
        ),
    );
    if (alternative) guarded.add(binding);
  }
  return guarded;
}

function isImportOf(dotted: string, symbol: string): boolean {
  return dotted === symbol || symbol === `${dotted}.${lastPart(dotted)}`;
}
