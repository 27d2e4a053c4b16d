import { dictValue, literalValue, unwrap } from './syntax/literals';
import { lookup } from './syntax/scopes';
import type { CallExpr, Expr, PyModule } from './syntax/types';

/** A property of the workflow form: the string that names it, and what it says. */
export interface FormProperty {
  readonly key: Expr;
  readonly value: Expr;
}

/** What a DAG file says about its DAG, beside the operators. */
export interface DagContext {
  /** The file defines a DAG: nobody imports from it, as Airflow reads it by itself. */
  readonly definesDag: boolean;
  /** Ids of the DAGs defined in the file. */
  readonly dagIds: readonly string[];
  /** Keys of `ui_forms["workflow_form"]["properties"]`; null when there is no such form or it cannot be read. */
  readonly formProperties: ReadonlyMap<string, FormProperty> | null;
  readonly hasForms: boolean;
  /** `ui_visible` is given as False. */
  readonly hidden: boolean;
}

/** Reads {@link DagContext} from a file. */
export function dagContext(module: PyModule): DagContext {
  const { workflow_form: forms, ui_forms, ui_visible } = settings(module);
  const properties = new Map<string, FormProperty>();
  for (const form of forms) {
    const found = unwrap(follow(dictValue(follow(form), 'properties')) ?? form);
    if (found.kind !== 'dict') continue;
    for (const { key, value } of found.entries) addKey(properties, key, value);
  }
  for (const { object, index } of module.subscripts) {
    const [key] = index;
    if (object.kind === 'subscript' && object.index[0] && literalValue(object.index[0]) === 'properties') {
      addKey(properties, key ?? null, object);
    }
  }
  const dags = module.calls.filter(isDag);
  const [visible] = ui_visible;
  return {
    definesDag: dags.length > 0,
    dagIds: dags.flatMap((call) => dagId(call) ?? []),
    formProperties: forms.length > 0 || properties.size > 0 ? properties : null,
    hasForms: ui_forms.length > 0 || module.scope.bindings.has('ui_forms'),
    hidden: visible !== undefined && literalValue(visible) === false,
  };
}

function addKey(properties: Map<string, FormProperty>, key: Expr | null, value: Expr): void {
  const name = key ? literalValue(key) : undefined;
  if (key && typeof name === 'string') properties.set(name, { key, value });
}

/** A name that is assigned once stands for what it was given. */
function follow<T extends Expr | undefined>(expr: T): T | Expr {
  if (expr?.kind !== 'name') return expr;
  const [only, ...others] = lookup(expr.id, expr.scope);
  return only?.kind === 'assign' && others.length === 0 ? only.value : expr;
}

function isDag({ callee }: CallExpr): boolean {
  return (callee.kind === 'name' ? callee.id : callee.kind === 'attribute' ? callee.name : '') === 'DAG';
}

/** What the dicts of a file say under the names that matter here. */
function settings({ dicts }: PyModule): Record<'workflow_form' | 'ui_forms' | 'ui_visible', Expr[]> {
  const found: ReturnType<typeof settings> = { workflow_form: [], ui_forms: [], ui_visible: [] };
  for (const { entries } of dicts) {
    for (const { key, value } of entries) {
      const name = key && literalValue(key);
      if (name === 'workflow_form' || name === 'ui_forms' || name === 'ui_visible') found[name].push(value);
    }
  }
  return found;
}

function dagId(call: CallExpr): string | null {
  const argument =
    call.args.find((arg) => arg.name === 'dag_id') ?? call.args.find((arg) => arg.name === null);
  const value = argument && literalValue(follow(argument.value));
  return typeof value === 'string' ? value : null;
}
