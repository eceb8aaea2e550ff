/**
 * Lists grouped and compared. Pure. Not here: what any of them holds.
 */

/** Lists of what has the same key, in the order in which the keys came. */
export function groupBy<T>(list: Iterable<T>, keyOf: (one: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** The same entries in the same order. */
export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((id, i) => id === b[i]));
}
