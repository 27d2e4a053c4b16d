import { lastName } from '../syntax/literals';
import type { CallExpr, Expr } from '../syntax/types';
import { within } from '../syntax/within';

/** What binds a name, or gives the control away, in the middle of an expression. */
const BINDS = /:=|\b(?:await|yield)\b/;

/**
 * Why an argument cannot be rewritten whose value is worked out once today, and `times` often after the rewrite; null
 * where it can. A call may do something, and one that makes an operator adds a task to the DAG.
 */
export function sideEffect(name: string, value: Expr, source: string, times: number): string | null {
  if (times === 1) return null;
  const binds = BINDS.test(source);
  const calls = [...within(value)].filter((one) => one.kind === 'call');
  if (times > 1)
    return binds || calls.length > 0
      ? `\`${name}\` goes to ${times} places; give its value a name first.`
      : null;
  return binds || calls.some(makesOperator)
    ? `\`${name}\` has to go, but its value does more; move it to a line of its own first.`
    : null;
}

function makesOperator({ callee }: CallExpr): boolean {
  return lastName(callee).endsWith('Operator');
}
