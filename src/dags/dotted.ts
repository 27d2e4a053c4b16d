/** `a.b` of `a.b.C`. */
export function parent(dotted: string): string {
  return dotted.slice(0, Math.max(dotted.lastIndexOf('.'), 0));
}

/** `C` of `a.b.C`. */
export function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}
