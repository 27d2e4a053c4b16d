import { unwrap } from '../syntax/literals';
import type { BinaryExpr, Expr, PyModule } from '../syntax/types';

/** Which variables stand for tasks that run before others, as far as `>>` and `<<` in the file say so. */
export class TaskGraph {
  private readonly before = new Map<string, Set<string>>();

  constructor(module: PyModule) {
    for (const shift of module.shifts) this.connect(shift);
  }

  /** The variables of all tasks that run before the task in `variable`. */
  upstream(variable: string): ReadonlySet<string> {
    const found = new Set<string>();
    const waiting = [variable];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const one of this.before.get(at) ?? []) {
        if (found.has(one)) continue;
        found.add(one);
        waiting.push(one);
      }
    }
    return found;
  }

  private connect({ operator, left, right }: BinaryExpr): void {
    const [first, second] = operator === '>>' ? [left, right] : [right, left];
    // `a >> b` stands for b in a longer chain.
    for (const later of tasks(second)) {
      const known = this.before.get(later) ?? new Set();
      for (const earlier of tasks(first)) known.add(earlier);
      this.before.set(later, known);
    }
  }
}

function tasks(expr: Expr): string[] {
  const plain = unwrap(expr);
  if (plain.kind === 'name') return [plain.id];
  if (plain.kind === 'list' || plain.kind === 'tuple') return plain.items.flatMap(tasks);
  if (plain.kind === 'binary' && (plain.operator === '>>' || plain.operator === '<<'))
    return tasks(plain.right);
  return [];
}
