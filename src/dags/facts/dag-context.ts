import { dictArguments } from '../edits/call-edits';
import { dictValue, literalValue, unwrap } from '../syntax/literals';
import { lookup } from '../syntax/scopes';
import { resolve } from '../syntax/symbols';
import type { AttributeExpr, CallExpr, Expr, PyModule, SubscriptExpr } from '../syntax/types';

/** A property of the workflow form: the string that names it, and what it says. */
export interface FormProperty {
  readonly key: Expr;
  readonly value: Expr;
}

/** What a DAG file says about its DAG, beside the operators. */
export interface DagContext {
  /** The file defines a DAG: nobody imports from it, as Airflow reads it by itself. */
  readonly definesDag: boolean;
  /** Ids of the DAGs defined in the file, as far as they can be read. */
  readonly dagIds: readonly string[];
  /** The id of a DAG begins like those of the platform's own. */
  readonly isService: boolean;
  /** Keys of `ui_forms["workflow_form"]["properties"]`; null when there is no such form or it cannot be read. */
  readonly formProperties: ReadonlyMap<string, FormProperty> | null;
  readonly hasForms: boolean;
  /** `ui_visible` is given as False. */
  readonly hidden: boolean;
}

/** How the ids of the DAGs begin that the platform starts by itself. */
const SERVICE = 'service-';

/** Reads {@link DagContext} from a file. */
export function dagContext(module: PyModule): DagContext {
  const { workflow_form: forms, ui_forms, ui_visible } = settings(module);
  const properties = new Map<string, FormProperty>();
  for (const form of forms) {
    const found = unwrap(follow(dictValue(follow(form), 'properties')) ?? form);
    if (found.kind !== 'dict') continue;
    for (const { key, value } of found.entries) addKey(properties, key, value);
  }
  const assigned = module.subscripts.filter((one) => /^\s*=(?!=)/.test(behind(module, one)));
  for (const { object, index } of assigned)
    if (isProperties(object)) addKey(properties, index[0] ?? null, object);
  const imported = dagNames(module);
  const dags = module.calls.filter((call) => isDag(call, imported));
  const ids = dags.flatMap((call) => dagId(call) ?? []);
  return {
    definesDag: dags.length > 0,
    dagIds: ids.map(literalValue).filter((id) => typeof id === 'string'),
    isService: ids.some((id) => beginning(module, id).startsWith(SERVICE)),
    formProperties: forms.length > 0 || properties.size > 0 ? properties : null,
    hasForms:
      ui_forms.length > 0 ||
      module.scope.bindings.has('ui_forms') ||
      assigned.some((one) => keyOf(one) === 'ui_forms'),
    hidden:
      ui_visible.some((value) => literalValue(follow(value)) === false) ||
      assigned.some((one) => keyOf(one) === 'ui_visible' && /^\s*=\s*False\b/.test(behind(module, one))),
  };
}

/** So much of the text behind an expression is enough to see what is done with it. */
const GLANCE = 40;

/** What stands behind an expression: the tree does not keep what is assigned to a part of something. */
function behind({ text }: PyModule, { to }: Expr): string {
  return text.slice(to, to + GLANCE);
}

function keyOf({ index: [key] }: SubscriptExpr): unknown {
  return key && literalValue(key);
}

/** `…["workflow_form"]["properties"]`, or the properties of a form whose name is not known. */
function isProperties(expr: Expr): boolean {
  if (expr.kind !== 'subscript' || keyOf(expr) !== 'properties') return false;
  const { object: form } = expr;
  const key = form.kind === 'subscript' ? keyOf(form) : undefined;
  return key === undefined || key === 'workflow_form';
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

/** `DAG(…)`, under whatever name it is imported, and the decorator `@dag(…)`. */
function isDag({ callee }: CallExpr, imported: ReadonlySet<string>): boolean {
  if (callee.kind === 'name') return callee.id === 'DAG' || imported.has(callee.id);
  return callee.kind === 'attribute' && (callee.name === 'DAG' || isDecorator(callee));
}

function isDecorator(callee: AttributeExpr): boolean {
  return callee.name === 'dag' && resolve(callee).some(({ dotted }) => dotted.startsWith('airflow.'));
}

/** The names under which a file has Airflow's `DAG` and `dag`. */
function dagNames({ imports }: PyModule): ReadonlySet<string> {
  const from = imports.filter(({ module }) => module.startsWith('airflow'));
  return new Set(
    from.flatMap(({ names }) =>
      names.flatMap(({ name, alias }) => (name === 'DAG' || name === 'dag' ? [alias ?? name] : [])),
    ),
  );
}

type Settings = Record<'workflow_form' | 'ui_forms' | 'ui_visible', Expr[]>;

/** What the dicts of a file say under the names that matter here, be they written as `{…}` or as `dict(…)`. */
function settings({ dicts, calls }: PyModule): Settings {
  const found: Settings = { workflow_form: [], ui_forms: [], ui_visible: [] };
  const add = (name: unknown, value: Expr) => {
    if (name === 'workflow_form' || name === 'ui_forms' || name === 'ui_visible') found[name].push(value);
  };
  for (const { entries } of dicts)
    for (const { key, value } of entries) if (key) add(literalValue(key), value);
  for (const { callee, args } of calls)
    if (callee.kind === 'name' && callee.id === 'dict') for (const { name, value } of args) add(name, value);
  return found;
}

function dagId(call: CallExpr): Expr | null {
  const named = [...call.args, ...dictArguments(call)].find((arg) => arg.name === 'dag_id');
  const argument = named ?? call.args.find((arg) => arg.name === null && arg.star === '');
  return argument ? follow(argument.value) : null;
}

/** How the text begins that an expression stands for, as far as it is written down: `"a-" + b`, `f"a-{b}"`. */
function beginning(module: PyModule, expr: Expr): string {
  const plain = unwrap(expr);
  if (plain.kind === 'other' && plain.children[0]?.from === plain.from)
    return beginning(module, plain.children[0]);
  if (plain.kind !== 'string') return '';
  return plain.value ?? /^\w*["']+([^{"']*)/.exec(module.text.slice(plain.from, plain.to))?.[1] ?? '';
}
