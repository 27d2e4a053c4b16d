import { textRepair, type Draft, type Repair } from './findings';
import { lastPart } from './import-plan';
import { NETWORK_ACCESS, type RuleSet } from './rule-set';
import type { CheckRule } from './rules/types';
import { acceptance, isFragile, OLD_VERSION, pluginClass, signature } from './signatures';
import type { FileFacts } from './call-facts';
import { derivedCalls } from './derived-calls';
import { namedArguments } from './operators';
import { dictValue, literalValue, quote, unwrap } from './syntax/literals';
import { importedSymbol } from './syntax/symbols';
import type { Expr, Span } from './syntax/types';
import type { Use, Uses } from './uses';

/** What a check may look at. */
export interface CheckInput extends FileFacts {
  readonly uses: Uses;
  readonly set: RuleSet;
}

type Check = (rule: CheckRule, input: CheckInput) => Iterable<Draft>;

/** The checks by the code of their rule. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'KAP-KW-REJECTED': (rule, input) => keywords(rule, input, 'rejected'),
  'KAP-KW-CONFLICT': (rule, input) => keywords(rule, input, 'conflict'),
  'KAP-KW-POSITIONAL': positional,
  'KAP-KW-MISSING': missing,
  'KAP-IMPORT-GONE': gone,
  'KAP-ENV-CLASH': envClash,
  'KAP-DCMSEND-FORM': sendForm,
  'KAP-NETLABEL': networkLabel,
  'KAP-FOREIGN-CLASS': foreignClass,
  'KAP-SUBCLASS': derivedElsewhere,
};

/** Calls of plugin operators that no pair rewrites and that a new version can break. */
function* operatorCalls({
  uses,
  set: { replaced },
  target,
}: CheckInput): Generator<Use & { readonly name: string }> {
  for (const use of uses.uses) {
    const name = pluginClass(use.resolution.dotted);
    if (
      name &&
      isFragile(name) &&
      use.call &&
      use.role === 'call' &&
      !replaced.has(use.resolution.dotted) &&
      signature(name, target)
    ) {
      yield { ...use, name };
    }
  }
}

function* keywords(rule: CheckRule, input: CheckInput, wanted: 'rejected' | 'conflict'): Generator<Draft> {
  const { target } = input;
  const { spoken } = input.set;
  for (const { call, name, resolution, indirect } of operatorCalls(input)) {
    for (const arg of call ? namedArguments(call) : []) {
      if (!arg.nameSpan || spoken.has(`${resolution.dotted} ${arg.name}`)) continue;
      if (acceptance(name, arg.name, target) !== wanted) continue;
      const message = `\`${arg.name}\` of ${name}: ${rule.message}`;
      if (wanted === 'rejected' || !call || call.broken || indirect) {
        const reason = `${name} of Kaapana ${target} has no such argument.`;
        yield { ...plain(rule, arg.nameSpan, message), tags: ['deprecated'], reason, repair: null };
        continue;
      }
      const changes = [`the value of \`${arg.name}\` is lost; the operator brings its own.`];
      const calls = [{ call, changes: [{ argument: arg, become: [] }] }];
      const repair: Repair = { ...textRepair(`Remove \`${arg.name}\``, 'unsafe', [], changes), calls };
      yield { ...plain(rule, arg.nameSpan, message), tags: ['deprecated'], reason: null, repair };
    }
  }
  for (const { call, name, shown } of derivedCalls(input)) {
    for (const { name: keyword, nameSpan } of namedArguments(call)) {
      // What the class took before, and takes no longer: anything else is its own affair.
      const before = signature(name, OLD_VERSION) && acceptance(name, keyword, OLD_VERSION);
      if (!nameSpan || before !== 'accepted' || acceptance(name, keyword, target) !== wanted) continue;
      const message = `\`${keyword}\` of ${shown}, which derives from ${name}: ${rule.message}`;
      const reason = `\`${keyword}\` goes on to ${name}, which no longer takes it in Kaapana ${target}.`;
      yield { ...plain(rule, nameSpan, message), tags: ['deprecated'], reason, repair: null };
    }
  }
}

/** Keywords that a new version began to require. */
function* missing(rule: CheckRule, input: CheckInput): Generator<Draft> {
  const { module, target } = input;
  for (const { call, expr, name, resolution } of operatorCalls(input)) {
    if (!call || call.broken || call.args.some((arg) => arg.name === null)) continue;
    const given = new Set(call.args.map((arg) => arg.name));
    // A rule of its own speaks about this call.
    if ([...given].some((one) => input.set.spoken.has(`${resolution.dotted} ${one}`))) continue;
    const before = signature(name, OLD_VERSION)?.parameters ?? {};
    const wanted = Object.entries(signature(name, target)?.parameters ?? {}).flatMap(([keyword, source]) => {
      const isNew = source === null && before[keyword] !== null && keyword !== 'dag';
      const isTold = given.has(keyword) || input.set.spoken.has(`${resolution.dotted} ${keyword}`);
      // `default_args` of the DAG may bring it.
      const isElsewhere = isNew && module.dicts.some((dict) => dictValue(dict, keyword));
      return isNew && !isTold && !isElsewhere ? [`\`${keyword}\``] : [];
    });
    if (wanted.length === 0) continue;
    const message = `${name} of Kaapana ${target} needs ${wanted.join(', ')}: ${rule.message}`;
    yield { ...plain(rule, expr, message), reason: rule.advice, repair: null };
  }
}

/** Imports of an operator that the target version does not have, and of which no other rule speaks. */
function* gone(rule: CheckRule, { uses, set, target }: CheckInput): Generator<Draft> {
  for (const { binding, dotted } of uses.imports) {
    const name = pluginClass(dotted);
    if (!name || set.bySymbol.has(dotted) || signature(name, target)) continue;
    const message = `\`${name}\` does not exist in Kaapana ${target}: ${rule.message}`;
    yield { ...plain(rule, binding, message), tags: ['deprecated'], reason: rule.advice, repair: null };
  }
}

function* positional(rule: CheckRule, input: CheckInput): Generator<Draft> {
  for (const { call, name } of operatorCalls(input)) {
    const parameters = Object.keys(signature(name, input.target)?.parameters ?? {});
    for (const [index, arg] of (call?.broken ? [] : (call?.args ?? [])).entries()) {
      if (arg.name !== null || arg.star !== '') continue;
      const known = parameters[index];
      const reason = known
        ? `by position it would be \`${known}\`; write \`${known}=…\` if that is meant.`
        : rule.advice;
      yield { ...plain(rule, arg, rule.message), reason, repair: null };
    }
  }
}

/** Form properties on which the platform's own DAGs rely to override an argument. */
const WANTED_OVERRIDES = new Set(['zip_files', 'delete_complete_study', 'delete_all_documents']);

/** The new operators hand their own parameters to the container as environment variables. */
function* envClash(rule: CheckRule, { uses, dag, set, target }: CheckInput): Generator<Draft> {
  if (!dag.formProperties) return;
  const { symbolRules } = set;
  const pairs = symbolRules.filter((one) => one.becomes && pluginClass(one.becomes) && one.arguments);
  const becomes = new Map(
    pairs.flatMap((one) => [...one.symbols, one.becomes].map((symbol) => [symbol, one.becomes])),
  );
  const clashes = new Map<string, string>();
  for (const { resolution, call } of uses.uses) {
    const name = call && pluginClass(becomes.get(resolution.dotted) ?? '');
    if (!name) continue;
    for (const parameter of Object.keys(signature(name, target)?.parameters ?? {})) {
      if (parameter !== 'dag' && parameter !== 'name' && parameter !== 'batch_name')
        clashes.set(parameter, name);
    }
  }
  for (const [property, { key }] of dag.formProperties) {
    const operator = clashes.get(property.toLowerCase());
    if (!operator || WANTED_OVERRIDES.has(property)) continue;
    const message = `\`${property}\` overrides the argument of ${operator}. ${rule.message}`;
    yield { ...plain(rule, key, message), reason: rule.advice, repair: null };
  }
}

function* sendForm(rule: CheckRule, { uses, dag }: CheckInput): Generator<Draft> {
  if (!uses.uses.some((use) => lastPart(use.resolution.dotted) === 'DcmSendOperator' && use.call)) return;
  for (const name of ['host', 'port']) {
    const property = dag.formProperties?.get(name);
    if (!property) continue;
    const becomes = `pacs_${name}`;
    const { from, to } = property.key;
    const changes = [
      `the form property \`${name}\` is called \`${becomes}\`; whatever else reads \`${name}\` must follow.`,
    ];
    const edits = [{ from, to, text: quote(becomes) }];
    const title = `Rename to "${becomes}"`;
    const repair = textRepair(title, 'unsafe', edits, changes);
    yield { ...plain(rule, property.key, rule.message), reason: null, repair };
  }
}

/** `labels={"network-access": "opensearch"}`. */
function* networkLabel(rule: CheckRule, { module }: CheckInput): Generator<Draft> {
  for (const { entries } of module.dicts) {
    for (const { key, value } of entries) {
      const access = literalValue(value);
      if (!key || literalValue(key) !== NETWORK_ACCESS) continue;
      const base = plain(rule, key, rule.message);
      if (typeof access !== 'string')
        yield { ...base, reason: 'which access is meant is known at run time only.', repair: null };
      else {
        const name = `${NETWORK_ACCESS}-${access}`;
        if (dictOf(module.dicts, key, name))
          yield { ...base, reason: `\`${name}\` is there already.`, repair: null };
        else {
          const edits = [
            { from: key.from, to: key.to, text: quote(name) },
            { from: value.from, to: value.to, text: '"true"' },
          ];
          const repair = textRepair(`Replace by "${name}"`, 'safe', edits);
          yield { ...base, reason: null, repair };
        }
      }
    }
  }
}

function dictOf(dicts: CheckInput['module']['dicts'], key: Expr, name: string): boolean {
  const dict = dicts.find((one) => one.entries.some((entry) => entry.key === key));
  return dict !== undefined && dictValue(unwrap(dict), name) !== undefined;
}

/** Imports of something that is called like an operator which is replaced, but is another thing. */
function* foreignClass(rule: CheckRule, { module, set: { pairs } }: CheckInput): Generator<Draft> {
  for (const statement of module.imports) {
    if (statement.kind !== 'from' || isPlatform(statement.module)) continue;
    for (const imported of statement.names) {
      const name = pairs.names.find((one) => imported.name === one || imported.name.startsWith(`${one}_`));
      if (!name) continue;
      const binding = statement.scope.bindings
        .get(imported.alias ?? imported.name)
        ?.find((one) => one.kind === 'import');
      if (binding && pairs.symbols.has(importedSymbol(binding))) continue;
      const message = `\`${imported.name}\` comes from \`${statement.module}\`. ${rule.message}`;
      yield { ...plain(rule, imported, message), reason: 'it is not the operator of Kaapana.', repair: null };
    }
  }
}

/** Imports of a class that another file of the project derives from a replaced operator. */
function* derivedElsewhere(rule: CheckRule, { module, project }: CheckInput): Generator<Draft> {
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

/** Place and text of a finding that says just what its rule says. */
export function plain(
  rule: CheckRule,
  { from, to }: Span,
  message: string,
): Pick<Draft, 'rule' | 'severity' | 'message' | 'range' | 'tags' | 'related'> {
  return { rule, severity: rule.severity, message, range: { from, to }, tags: [], related: [] };
}
