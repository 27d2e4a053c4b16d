import type { FileFacts } from '../facts/call-facts';
import { plain } from './check';
import { derivedCalls } from '../facts/derived-calls';
import { textRepair, type Draft, type Repair } from '../findings/findings';
import { namedArguments } from '../findings/operators';
import type { CheckRule } from '../rules/types';
import { acceptance, isFragile, OLD_VERSION, pluginClass, signature } from '../rules/signatures';
import { dictValue } from '../syntax/literals';
import type { Use } from '../facts/uses';

/** Calls of plugin operators that no pair rewrites and that a new version can break. */
function* operatorCalls({
  uses,
  set: { replaced },
  target,
}: FileFacts): Generator<Use & { readonly name: string }> {
  for (const use of uses) {
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

/** Keywords that the target version rejects, or that the operator itself passes on. */
export function* keywords(
  rule: CheckRule,
  facts: FileFacts,
  wanted: 'rejected' | 'conflict',
): Generator<Draft> {
  const { target } = facts;
  const { spoken } = facts.set;
  for (const { call, name, resolution, indirect } of operatorCalls(facts)) {
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
  for (const { call, name, shown } of derivedCalls(facts)) {
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
export function* missing(rule: CheckRule, facts: FileFacts): Generator<Draft> {
  const { module, target } = facts;
  for (const { call, expr, name, resolution } of operatorCalls(facts)) {
    if (!call || call.broken || call.args.some((arg) => arg.name === null)) continue;
    const given = new Set(call.args.map((arg) => arg.name));
    // A rule of its own speaks about this call.
    if ([...given].some((one) => facts.set.spoken.has(`${resolution.dotted} ${one}`))) continue;
    const before = signature(name, OLD_VERSION)?.parameters ?? {};
    const wanted = Object.entries(signature(name, target)?.parameters ?? {}).flatMap(([keyword, source]) => {
      const isNew = source === null && before[keyword] !== null && keyword !== 'dag';
      const isTold = given.has(keyword) || facts.set.spoken.has(`${resolution.dotted} ${keyword}`);
      // `default_args` of the DAG may bring it.
      const isElsewhere = isNew && module.dicts.some((dict) => dictValue(dict, keyword));
      return isNew && !isTold && !isElsewhere ? [`\`${keyword}\``] : [];
    });
    if (wanted.length === 0) continue;
    const message = `${name} of Kaapana ${target} needs ${wanted.join(', ')}: ${rule.message}`;
    yield { ...plain(rule, expr, message), reason: rule.advice, repair: null };
  }
}

/** Arguments without a name. */
export function* positional(rule: CheckRule, facts: FileFacts): Generator<Draft> {
  for (const { call, name } of operatorCalls(facts)) {
    const parameters = Object.keys(signature(name, facts.target)?.parameters ?? {});
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
