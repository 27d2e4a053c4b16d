import type { DagContext } from './dag-context';
import { lastPart } from './import-plan';
import { argumentText, evaluateCall, type CallOutcome } from './operators';
import type { ProjectKnowledge } from './project';
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
export interface FileFacts {
  readonly module: PyModule;
  readonly target: string;
  readonly dag: DagContext;
  readonly graph: TaskGraph;
  readonly all: Uses;
  readonly project: ProjectKnowledge;
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
  const known = new Set<Fact>(dagFacts(facts));
  if (oldName !== null && oldName !== newName && isNameless(call)) {
    const used = facts.module.strings.some(
      (text) => text.value === oldName && !(call.from <= text.from && text.to <= call.to),
    );
    if (used) known.add('default-name-used');
    if (nameless > 1) known.add('default-name-collides');
  }
  const getter = upstreamGet(use, facts);
  if (getter) known.add(getter.fact);
  return evaluateCall({
    module: facts.module,
    call,
    rule,
    oldSymbol,
    newSymbol: rule.becomes ?? null,
    target: facts.target,
    facts: known,
    variable: (name) =>
      name === 'default-name' ? oldName : name === 'upstream-get' ? (getter?.variable ?? null) : null,
  });
}

/** The one operator upstream that gets files from MinIO, by its variable. */
function upstreamGet(use: Use, { module, graph, all }: FileFacts): { fact: Fact; variable: string } | null {
  const own = module.assignments.find((one) => one.value === use.call);
  const input = use.call?.args.find((arg) => arg.name === 'input_operator')?.value;
  const upstream = new Set([
    ...(own ? graph.upstream(own.name) : []),
    ...(input?.kind === 'name' ? [input.id] : []),
  ]);
  const found = all.uses.flatMap(({ call, resolution }) => {
    const name = pluginClass(resolution.dotted);
    if (!call || (name !== 'MinioOperator' && name !== 'LocalMinioOperator')) return [];
    const variable = module.assignments.find((one) => one.value === call)?.name;
    if (variable === undefined || !upstream.has(variable) || argumentText(call, name, 'action') !== 'get')
      return [];
    const fact: Fact = name === 'MinioOperator' ? 'upstream-get' : 'upstream-local-get';
    return [{ fact, variable }];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function* dagFacts({ dag, project }: FileFacts): Generator<Fact> {
  if (dag.formProperties?.has('input')) yield 'form-has-input';
  if (dag.dagIds.some((id) => id.startsWith('service-'))) yield 'service-dag';
  if (dag.dagIds.some((id) => project.autoTriggered.has(id))) yield 'auto-triggered-dag';
  if (dag.hidden && !dag.hasForms) yield 'hidden-dag';
}
