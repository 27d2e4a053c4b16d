import type { DagContext } from './dag-context';
import { lastPart } from './dotted';
import { argumentText, evaluateCall, type CallOutcome } from './operators';
import type { ProjectKnowledge } from './project';
import type { RuleSet } from './rule-set';
import type { Fact, Rule, SymbolRule } from './rules/types';
import { OLD_VERSION, pluginClass, signature } from './signatures';
import type { CallExpr, PyModule } from './syntax/types';
import type { TaskGraph } from './task-graph';
import { fill } from './templates';
import type { Use, Uses } from './uses';

/** What the symbol behind a dotted name becomes; empty when it only goes, undefined when it is not the rule's. */
export function symbolOf(rule: SymbolRule, dotted: string): { becomes: string | null } | undefined {
  if (!rule.symbols.includes(dotted)) return undefined;
  return { becomes: rule.becomesEach?.[dotted] ?? rule.becomes ?? null };
}

/** What the rules know about the file and its project. */
export interface FileFacts extends Uses {
  readonly module: PyModule;
  readonly target: string;
  readonly dag: DagContext;
  readonly graph: TaskGraph;
  readonly set: RuleSet;
  readonly project: ProjectKnowledge;
  /** Whether another file can import a name of this file. */
  readonly isImportedElsewhere: (name: string) => boolean;
  /** The rule that speaks for classes derived from a replaced operator. */
  readonly subclass: Rule | null;
}

/** How many calls would carry the new operator's default task name after the rewrite. */
export function namelessCalls(rule: SymbolRule, uses: readonly Use[], target: string): number {
  const counted = uses.filter(({ resolution, call }) => {
    const dotted = resolution.dotted;
    const mine = symbolOf(rule, dotted) !== undefined || dotted === rule.becomes;
    return mine && call && signature(lastPart(rule.becomes ?? dotted), target) && isNameless(call);
  });
  return counted.length;
}

function isNameless(call: CallExpr): boolean {
  return !call.args.some((arg) => arg.name === 'name' || arg.name === 'task_id' || arg.star !== '');
}

/** What a rule says about one call, in its surroundings. */
export function outcomeOf(
  rule: SymbolRule,
  use: Use,
  call: CallExpr,
  facts: FileFacts,
  nameless: number,
): CallOutcome {
  const oldSymbol = use.resolution.dotted;
  const oldClass = pluginClass(oldSymbol);
  const newClass = rule.becomes ? pluginClass(rule.becomes) : null;
  const newName = newClass === null ? undefined : signature(newClass, facts.target)?.name;
  const variable = (name: string) => argumentText(call, oldClass, name);
  const template =
    rule.defaultNames?.[oldSymbol] ?? (oldClass ? signature(oldClass, OLD_VERSION)?.name : undefined);
  const oldName = template === undefined ? null : fill(template, { value: null, source: () => '', variable });
  const renamed = oldName !== null && oldName !== newName && isNameless(call);
  const answers: Record<Fact, () => boolean> = {
    'form-has-input': () => facts.dag.formProperties?.has('input') === true,
    'service-dag': () => facts.dag.dagIds.some((id) => id.startsWith('service-')),
    'auto-triggered-dag': () => facts.dag.dagIds.some((id) => facts.project.autoTriggered.has(id)),
    'hidden-dag': () => facts.dag.hidden && !facts.dag.hasForms,
    'default-name-used': () => renamed && isMentioned(facts, oldName, call),
    'default-name-collides': () => renamed && nameless > 1,
    'upstream-get': () => upstreamGet(use, facts)?.isNew === true,
    'upstream-local-get': () => upstreamGet(use, facts)?.isNew === false,
  };
  return evaluateCall({
    module: facts.module,
    call,
    rule,
    oldSymbol,
    newSymbol: rule.becomes ?? null,
    target: facts.target,
    facts: { has: (fact) => answers[fact]() },
    variable: (name) => {
      if (name === 'default-name') return oldName;
      return name === 'upstream-get' ? (upstreamGet(use, facts)?.variable ?? null) : null;
    },
  });
}

/** The one operator upstream that gets files from MinIO, by its variable. */
function upstreamGet(
  use: Use,
  { module, graph, uses }: FileFacts,
): { isNew: boolean; variable: string } | null {
  const own = module.assignments.find((one) => one.value === use.call);
  const input = use.call?.args.find((arg) => arg.name === 'input_operator')?.value;
  const upstream = new Set([
    ...(own ? graph.upstream(own.name) : []),
    ...(input?.kind === 'name' ? [input.id] : []),
  ]);
  const found = uses.flatMap(({ call, resolution }) => {
    const name = pluginClass(resolution.dotted);
    if (!call || (name !== 'MinioOperator' && name !== 'LocalMinioOperator')) return [];
    const variable = module.assignments.find((one) => one.value === call)?.name;
    if (variable === undefined || !upstream.has(variable) || argumentText(call, name, 'action') !== 'get')
      return [];
    return [{ isNew: name === 'MinioOperator', variable }];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** Whether a task name stands anywhere in the file but in the call itself. */
function isMentioned({ module }: FileFacts, name: string, call: CallExpr): boolean {
  return module.strings.some(
    ({ value, from, to }) => value === name && !(call.from <= from && to <= call.to),
  );
}
