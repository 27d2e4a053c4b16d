import type { FileFacts } from '../facts/call-facts';
import { plain } from './check';
import { lastPart } from '../dotted';
import { textRepair, type Draft } from '../findings/findings';
import { NETWORK_ACCESS } from '../rules/rule-set';
import type { CheckRule } from '../rules/types';
import { pluginClass, signature } from '../rules/signatures';
import { dictValue, literalValue, quote, unwrap } from '../syntax/literals';
import type { Expr } from '../syntax/types';

/** Form properties on which the platform's own DAGs rely to override an argument. */
const WANTED_OVERRIDES = new Set(['zip_files', 'delete_complete_study', 'delete_all_documents']);

/** The new operators hand their own parameters to the container as environment variables. */
export function* envClash(rule: CheckRule, { uses, dag, set, target }: FileFacts): Generator<Draft> {
  if (!dag.formProperties) return;
  const { symbolRules } = set;
  const pairs = symbolRules.filter((one) => one.becomes && pluginClass(one.becomes) && one.arguments);
  const becomes = new Map(
    pairs.flatMap((one) => [...one.symbols, one.becomes].map((symbol) => [symbol, one.becomes])),
  );
  const clashes = new Map<string, string>();
  for (const { resolution, call } of uses) {
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

/** Form properties that were called otherwise before. */
export function* sendForm(rule: CheckRule, { uses, dag }: FileFacts): Generator<Draft> {
  if (!uses.some((use) => lastPart(use.resolution.dotted) === 'DcmSendOperator' && use.call)) return;
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
export function* networkLabel(rule: CheckRule, { module }: FileFacts): Generator<Draft> {
  for (const { entries } of module.dicts) {
    for (const { key, value } of entries) {
      if (!key || literalValue(key) !== NETWORK_ACCESS) continue;
      const access = literalValue(value);
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

function dictOf(dicts: FileFacts['module']['dicts'], key: Expr, name: string): boolean {
  const dict = dicts.find((one) => one.entries.some((entry) => entry.key === key));
  return dict !== undefined && dictValue(unwrap(dict), name) !== undefined;
}
