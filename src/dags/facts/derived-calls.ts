import { lastPart } from '../dotted';
import type { ProjectKnowledge } from './project';
import { pluginClass } from '../rules/signatures';
import { unwrap } from '../syntax/literals';
import { lookup } from '../syntax/scopes';
import { resolve } from '../syntax/symbols';
import type { CallExpr, ClassDef, Expr, NameExpr, PyModule } from '../syntax/types';

/** A call whose keywords end up at a class of the plugin, through a class that derives from it. */
export interface DerivedCall {
  readonly call: CallExpr;
  /** The plugin's class. */
  readonly name: string;
  /** The class that is called. */
  readonly shown: string;
}

/** How far base classes are followed. */
const MAX_DEPTH = 8;

/** `Mine(…)` where `Mine` has no `__init__` of its own, and `super().__init__(…)` where it has. */
export function* derivedCalls({
  module,
  project,
}: {
  module: PyModule;
  project: ProjectKnowledge;
}): Generator<DerivedCall> {
  if (module.classes.length === 0 && project.derived.size === 0) return;
  for (const call of module.calls) {
    const callee = unwrap(call.callee);
    const found =
      callee.kind === 'name'
        ? ofName(callee, project)
        : callee.kind === 'attribute' && callee.name === '__init__'
          ? ofInit(callee.object, module)
          : null;
    if (found) yield { call, ...found };
  }
}

type Found = Omit<DerivedCall, 'call'> | null;

function ofName(name: NameExpr, project: ProjectKnowledge): Found {
  const [binding, ...others] = lookup(name.id, name.scope);
  if (!binding || others.length > 0) return null;
  if (binding.kind === 'class') {
    const { definition } = binding;
    if (definition.body.bindings.has('__init__')) return null;
    return found(pluginBase(definition, 0), definition.name);
  }
  if (binding.kind !== 'import' || binding.statement.kind !== 'from') return null;
  const derived = project.derived.get(`${lastPart(binding.statement.module)}.${binding.imported.name}`);
  return derived?.handsOn ? found(pluginClass(derived.base), binding.imported.name) : null;
}

/** `super().__init__(…)`, and `Base.__init__(self, …)`. */
function ofInit(object: Expr, module: PyModule): Found {
  const owner = module.classes.findLast((one) => one.from <= object.from && object.to <= one.to);
  if (!owner) return null;
  const isSuper = object.kind === 'call' && object.callee.kind === 'name' && object.callee.id === 'super';
  const name = isSuper ? pluginBase(owner, 0) : pluginOf(object);
  return found(name, owner.name);
}

function found(name: string | null, shown: string): Found {
  return name === null ? null : { name, shown };
}

function pluginOf(expr: Expr): string | null {
  for (const { dotted } of resolve(unwrap(expr))) {
    const name = pluginClass(dotted);
    if (name) return name;
  }
  return null;
}

function pluginBase({ bases }: ClassDef, depth: number): string | null {
  for (const base of bases) {
    const plain = unwrap(base);
    const direct = pluginOf(plain);
    if (direct) return direct;
    if (plain.kind !== 'name' || depth >= MAX_DEPTH) continue;
    for (const binding of lookup(plain.id, plain.scope)) {
      const inherited = binding.kind === 'class' ? pluginBase(binding.definition, depth + 1) : null;
      if (inherited) return inherited;
    }
  }
  return null;
}
