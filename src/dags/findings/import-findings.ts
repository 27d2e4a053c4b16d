import { symbolOf, type FileFacts } from '../facts/call-facts';
import { fixTitle, references } from '../edits/call-repairs';
import { isForOthers, isNamedInText } from '../facts/exported-names';
import { base } from './texts';
import type { Draft, Repair } from './findings';
import type { Reference } from '../edits/import-plan';
import type { SymbolRule } from '../rules/types';
import { lookup } from '../syntax/scopes';
import type { ImportBinding, PyModule } from '../syntax/types';
import { isInQuotedType, typesOf } from '../facts/type-names';
import type { Use } from '../facts/uses';

/** An import that the file makes nothing of. */
export function unusedImport(
  rule: SymbolRule,
  binding: ImportBinding,
  dotted: string,
  facts: FileFacts,
): Draft {
  const becomes = symbolOf(rule, dotted)?.becomes ?? null;
  const span = { from: binding.from, to: binding.to };
  const draft = { ...base(rule, span, dotted, facts, []), related: [] };
  const isOwn = facts.dag.definesDag || binding.scope.kind !== 'module';
  const repair: Repair = {
    title: `Remove the unused import of \`${binding.imported.name}\``,
    verdict: isOwn ? 'safe' : 'unsafe',
    changes: isOwn ? [] : [`a file that imports \`${binding.name}\` from this one finds it no more.`],
    edits: [],
    calls: [],
    references: [],
    unused: [{ binding, dotted, becomes }],
  };
  if (binding.statement.broken) return { ...draft, reason: 'the import is not complete.', repair: null };
  if (isForOthers(binding, facts.isImportedElsewhere)) {
    const forOthers = `other files can import \`${binding.name}\` from here; rewrite those first.`;
    return { ...draft, reason: forOthers, repair: null };
  }
  const types = becomes === null ? [] : typesOf(facts.module, [binding], dotted);
  if (types.length > 0 && becomes !== null && rule.verdict !== 'report') {
    const renamed = types.map((expr) => ({ expr, imports: [binding], dotted, becomes }));
    return { ...draft, reason: null, repair: renaming(rule, rule.verdict, dotted, renamed) };
  }
  if (isMentioned(binding, facts.module)) {
    const mentioned = `\`${binding.name}\` is not called here, but the file mentions it elsewhere.`;
    return { ...draft, reason: rule.becomes ? mentioned : rule.advice, repair: null };
  }
  return { ...draft, tags: ['deprecated', 'unnecessary'], reason: null, repair };
}

/** Whether the name of an import stands in the file once more, where it can mean the import. */
function isMentioned(binding: ImportBinding, module: PyModule): boolean {
  const uses = module.names.get(binding.name) ?? [];
  return (
    isNamedInText(module, binding.name) ||
    isInQuotedType(module, binding.name) ||
    uses.some((name) => lookup(binding.name, name.scope).includes(binding))
  );
}

/** An import of something that has another name now, with all that uses it. */
export function renamedImport(
  rule: SymbolRule,
  binding: ImportBinding,
  dotted: string,
  uses: readonly Use[],
  facts: FileFacts,
): Draft {
  const span = { from: binding.from, to: binding.to };
  const draft = { ...base(rule, span, dotted, facts, []), related: [] };
  if (rule.verdict === 'report') return { ...draft, reason: rule.advice, repair: null };
  if (!uses.every((use) => use.certain)) {
    return { ...draft, reason: `\`${binding.name}\` can mean several things in this file.`, repair: null };
  }
  return { ...draft, reason: null, repair: renaming(rule, rule.verdict, dotted, references(rule, uses)) };
}

function renaming(
  rule: SymbolRule,
  verdict: Repair['verdict'],
  dotted: string,
  renamed: readonly Reference[],
): Repair {
  const changes = verdict === 'unsafe' ? [rule.advice] : [];
  const title = fixTitle(rule, symbolOf(rule, dotted)?.becomes ?? undefined);
  return { title, verdict, changes, edits: [], calls: [], references: renamed, unused: [] };
}
