/**
 * Maps that keep what was set last. In: a map, an entry, how many entries it keeps. Out: the entry as the newest, and
 * the oldest gone where there were too many. Not its job: to forget by age; whoever keeps a time with its entries does.
 */

/** @param max entries that the map keeps: at least 1 */
export function setNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  // A key that is set again keeps its old place in a map's order otherwise.
  map.delete(key);
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value as Key);
}
