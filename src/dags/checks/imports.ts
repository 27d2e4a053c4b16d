import type { FileFacts } from '../facts/call-facts';
import { plain } from './check';
import { lastPart } from '../dotted';
import type { Draft } from '../findings/findings';
import type { CheckRule } from '../rules/types';
import { pluginClass, signature } from '../rules/signatures';
import { importedSymbol } from '../syntax/symbols';

/** Imports of an operator that the target version does not have, and of which no other rule speaks. */
export function* gone(rule: CheckRule, { imports, set, target }: FileFacts): Generator<Draft> {
  for (const { binding, dotted } of imports) {
    const name = pluginClass(dotted);
    if (!name || set.bySymbol.has(dotted) || signature(name, target)) continue;
    const message = `\`${name}\` does not exist in Kaapana ${target}: ${rule.message}`;
    yield { ...plain(rule, binding, message), tags: ['deprecated'], reason: rule.advice, repair: null };
  }
}

/** Imports of something that is called like an operator which is replaced, from a file that is not the platform's. */
export function* foreignClass(
  rule: CheckRule,
  { module, project, set: { pairs } }: FileFacts,
): Generator<Draft> {
  for (const statement of module.imports) {
    if (statement.kind !== 'from' || isPlatform(statement.module)) continue;
    for (const imported of statement.names) {
      const name = pairs.names.find((one) => imported.name === one || imported.name.startsWith(`${one}_`));
      if (!name) continue;
      const binding = statement.scope.bindings
        .get(imported.alias ?? imported.name)
        ?.find((one) => one.kind === 'import');
      if (binding && pairs.symbols.has(importedSymbol(binding))) continue;
      const from = `\`${imported.name}\` comes from \`${statement.module}\``;
      if (project.handedOn.has(`${lastPart(statement.module)}.${imported.name}`)) {
        const message = `${from}, which hands on the operator of Kaapana that 0.4 replaces.`;
        const reason = 'import the new operator here, and rewrite the calls by hand.';
        yield { ...plain(rule, imported, message), severity: 'warning', reason, repair: null };
      } else {
        const message = `${from}. ${rule.message}`;
        yield {
          ...plain(rule, imported, message),
          reason: 'it is not the operator of Kaapana.',
          repair: null,
        };
      }
    }
  }
}

/** Imports of a class that another file of the project derives from a replaced operator. */
export function* derivedElsewhere(rule: CheckRule, { module, project }: FileFacts): Generator<Draft> {
  for (const statement of module.imports) {
    if (statement.kind !== 'from') continue;
    for (const imported of statement.names) {
      const derived = project.derived.get(`${lastPart(statement.module)}.${imported.name}`);
      if (!derived) continue;
      const message = `\`${imported.name}\` derives from \`${lastPart(derived.base)}\` (in ${derived.file}). ${rule.message}`;
      yield { ...plain(rule, imported, message), reason: rule.advice, repair: null };
    }
  }
}

function isPlatform(module: string): boolean {
  return module === 'kaapana.operators' || module.startsWith('kaapana.operators.');
}
