import type { Expr } from './types';

/** An expression and everything that it consists of. */
export function* within(expr: Expr): Generator<Expr> {
  yield expr;
  for (const part of partsOf(expr)) yield* within(part);
}

function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'name':
    case 'literal':
      return [];
    case 'attribute':
      return [expr.object];
    case 'call':
      return [expr.callee, ...expr.args.map((arg) => arg.value)];
    case 'string':
    case 'other':
      return expr.children;
    case 'list':
    case 'tuple':
    case 'set':
      return expr.items;
    case 'dict':
      return expr.entries.flatMap(({ key, value }) => (key ? [key, value] : [value]));
    case 'subscript':
      return [expr.object, ...expr.index];
    case 'binary':
      return [expr.left, expr.right];
    case 'paren':
      return [expr.inner];
  }
}
