import type { DagContext } from './dag-context';
import { lastPart } from '../dotted';
import {
  argumentText,
  evaluateCall,
  isReadable,
  namedArguments,
  type CallOutcome,
} from '../findings/operators';
import type { ProjectKnowledge } from './project';
import type { RuleSet } from '../rules/rule-set';
import type { Fact, Rule, SymbolRule } from '../rules/types';
import { OLD_VERSION, pluginClass, signature } from '../rules/signatures';
import { literalValue } from '../syntax/literals';
import type { CallExpr, PyModule } from '../syntax/types';
import type { TaskGraph } from './task-graph';
import { fill } from '../rules/templates';
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

/** Other calls of the same DAG that a rule speaks of, or that have what they are to become. */
function siblings(rule: SymbolRule, use: Use, call: CallExpr, { module, uses }: FileFacts): SiblingCall[] {
  const dagOf = (one: CallExpr) => {
    const value = namedArguments(one).find(({ name }) => name === 'dag')?.value;
    return value && module.text.slice(value.from, value.to);
  };
  return uses.flatMap(({ call: other, resolution: { dotted } }) => {
    const concerned = symbolOf(rule, dotted) !== undefined || dotted === rule.becomes;
    return other && other !== use.call && concerned && dagOf(other) === dagOf(call)
      ? [{ call: other, dotted }]
      : [];
  });
}

interface SiblingCall {
  readonly call: CallExpr;
  readonly dotted: string;
}

const NAMES: readonly (string | null)[] = ['name', 'task_id'];

function isNameless(call: CallExpr): boolean {
  const named = namedArguments(call).some(({ name }) => NAMES.includes(name));
  return !named && call.args.every((arg) => arg.name !== null || isReadable(call, arg));
}

/** The name that a call gives to its task, where it can be read. */
function taskName(call: CallExpr): unknown {
  const given = namedArguments(call).find(({ name }) => NAMES.includes(name));
  return given && literalValue(given.value);
}

/** The name that a task had at 0.3.5 when it was given none. */
function oldTaskName(rule: SymbolRule, oldSymbol: string, call: CallExpr): string | null {
  const oldClass = pluginClass(oldSymbol);
  const template =
    rule.defaultNames?.[oldSymbol] ?? (oldClass ? signature(oldClass, OLD_VERSION)?.name : undefined);
  if (template === undefined) return null;
  const variable = (name: string) => argumentText(call, oldClass, name);
  return fill(template, { value: null, source: () => '', variable });
}

/** What a rule says about one call, in its surroundings. */
export function outcomeOf(rule: SymbolRule, use: Use, call: CallExpr, facts: FileFacts): CallOutcome {
  const oldSymbol = use.resolution.dotted;
  const newClass = rule.becomes ? pluginClass(rule.becomes) : null;
  const newName = newClass === null ? undefined : signature(newClass, facts.target)?.name;
  const oldName = oldTaskName(rule, oldSymbol, call);
  const renamed = oldName !== null && oldName !== newName && isNameless(call);
  const answers: Record<Fact, () => boolean> = {
    'form-has-input': () => facts.dag.formProperties?.has('input') === true,
    'service-dag': () => facts.dag.isService,
    'auto-triggered-dag': () => facts.dag.dagIds.some((id) => facts.project.autoTriggered.has(id)),
    'hidden-dag': () => facts.dag.hidden && !facts.dag.hasForms,
    'default-name-used': () => renamed && isMentioned(facts, oldName, call),
    'default-name-collides': () => {
      const fresh = signature(lastPart(rule.becomes ?? oldSymbol), facts.target)?.name;
      const others = renamed && fresh !== undefined ? siblings(rule, use, call, facts) : [];
      return others.some((other) => isNameless(other.call) || taskName(other.call) === fresh);
    },
    'old-default-name-collides': () =>
      renamed &&
      siblings(rule, use, call, facts).some(
        ({ call: other, dotted }) =>
          symbolOf(rule, dotted) && isNameless(other) && oldTaskName(rule, dotted, other) === oldName,
      ),
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

/** Whether a task name stands anywhere in the file but in the call itself, and is not that of another task. */
function isMentioned({ module }: FileFacts, name: string, call: CallExpr): boolean {
  if (module.calls.some((other) => taskName(other) === name)) return false;
  return module.strings.some(
    ({ value, from, to }) => value === name && !(call.from <= from && to <= call.to),
  );
}
