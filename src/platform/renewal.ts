import type { Row } from './row';

/** Every row by its id, from the top down. */
export function indexed(rows: readonly Row[], into = new Map<string, Row>()): Map<string, Row> {
  for (const each of rows) {
    into.set(each.id, each);
    indexed(each.children, into);
  }
  return into;
}

const own = ({ children, ...rest }: Row): string => JSON.stringify([rest, children.map(({ id }) => id)]);

/**
 * The rows that show something else than before, or have others below them; undefined where the rows at the top have
 * come, gone or moved. A row that is not renewed keeps its buttons alive.
 */
export function renewed(
  before: { readonly top: readonly Row[]; readonly byId: ReadonlyMap<string, Row> },
  after: { readonly top: readonly Row[]; readonly byId: ReadonlyMap<string, Row> },
): string[] | undefined {
  const order = (rows: readonly Row[]) => rows.map(({ id }) => id).join('\n');
  if (order(before.top) !== order(after.top)) return undefined;
  return [...after.byId].flatMap(([id, now]) => {
    const then = before.byId.get(id);
    // A row that is new is drawn with the one above it.
    return then && own(then) !== own(now) ? [id] : [];
  });
}
