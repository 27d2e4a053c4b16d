/** Orders versions such as `0.4.1` and `0.5`; a missing part counts as zero. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `since` ≤ `version` < `before`, where they are given. */
export function isInRange(version: string, range: { since?: string; before?: string }): boolean {
  if (range.since !== undefined && compareVersions(version, range.since) < 0) return false;
  return range.before === undefined || compareVersions(version, range.before) < 0;
}
