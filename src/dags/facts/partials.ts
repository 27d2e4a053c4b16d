import type { CallChange } from '../edits/call-edits';
import { dictArguments } from '../edits/call-edits';
import type { CallOutcome } from '../findings/operators';
import { unwrap } from '../syntax/literals';
import { lookup } from '../syntax/scopes';
import type { Argument, CallExpr, PyModule } from '../syntax/types';

/** `make = partial(Operator, a=1)` and one `make(b=2)`, and what both together say: `Operator(a=1, b=2)`. */
export interface PartialCall {
  readonly outer: CallExpr;
  readonly whole: CallExpr;
}

/** `partial(Operator, a=1)` as if it were `Operator(a=1)`. */
export function withoutFirst(call: CallExpr): CallExpr {
  return { ...call, args: call.args.slice(1) };
}

/** All calls of what `partial` gives; null when they cannot be followed. */
export function partialCalls(module: PyModule, call: CallExpr): readonly PartialCall[] | null {
  const outer = outerCalls(module, call);
  if (outer === null || dictArguments(call).length > 0) return null;
  const held = call.args.slice(1);
  const names = new Set(held.map((arg) => arg.name));
  const overrides = (arg: Argument) => arg.name !== null && names.has(arg.name);
  if (outer.some((one) => one.args.some(overrides) || dictArguments(one).length > 0)) return null;
  return outer.map((one) => ({
    outer: one,
    whole: { ...one, args: [...held, ...one.args], broken: one.broken || call.broken },
  }));
}

function outerCalls(module: PyModule, call: CallExpr): readonly CallExpr[] | null {
  const direct = module.calls.find((one) => unwrap(one.callee) === call);
  if (direct) return [direct];
  const binding = module.assignments.find((one) => unwrap(one.value) === call);
  if (!binding) return null;
  const uses = (module.names.get(binding.name) ?? []).filter((name) =>
    lookup(name.id, name.scope).includes(binding),
  );
  const calls = uses.flatMap((name) => {
    // A name that can mean something else as well is no help.
    if (lookup(name.id, name.scope).length > 1) return [];
    return module.calls.find((one) => one.callee === name) ?? [];
  });
  return calls.length > 0 && calls.length === uses.length ? calls : null;
}

/** What is changed where, when each call has its own outcome; null when they want different things of `partial`. */
export function partialChanges(
  call: CallExpr,
  calls: readonly PartialCall[],
  outcomes: readonly CallOutcome[],
): readonly CallChange[] | null {
  const held = new Set(call.args);
  const own = outcomes.map(({ changes }) => changes.filter(({ argument }) => argument && held.has(argument)));
  const [first = []] = own;
  const shown = (changes: (typeof own)[number]) =>
    JSON.stringify(changes.map(({ argument, become }) => [argument?.name, become]));
  if (own.some((changes) => shown(changes) !== shown(first))) return null;
  const others = calls.map(({ outer }, index) => ({
    call: outer,
    changes: (outcomes[index]?.changes ?? []).filter(({ argument }) => !argument || !held.has(argument)),
  }));
  return [{ call, changes: first }, ...others];
}
