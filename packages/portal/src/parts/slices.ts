/**
 * Work on many items without holding up the page (P-151). Enters: items, what is done with some of them. Leaves: the
 * same work, with pauses in which the page draws and hears.
 */

/** Items between two pauses: a few milliseconds of script for what is done with lines here. */
export const ITEMS_AT_ONCE = 2_000;

export async function inSlices<T>(items: readonly T[], work: (some: readonly T[]) => void): Promise<void> {
  for (let from = 0; from < items.length; from += ITEMS_AT_ONCE) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve));
    work(items.slice(from, from + ITEMS_AT_ONCE));
  }
}
