/** Lists of what has the same key, in the order in which the keys came. Enters: a list. Leaves: lists. Pure. */
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
