/**
 * A long list of which only the rows in sight are there. Enters: how many rows, their height, what scrolls. Leaves:
 * which rows to show, and the height of the space before and after them.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

/** Rows kept beyond those in sight, so that a quick scroll shows no gap. */
const OVERSCAN_ROWS = 6;

export interface VirtualRows {
  readonly rows: readonly number[];
  /** Pixels. */
  readonly before: number;
  readonly after: number;
}

export function useVirtual<E extends Element>(count: number, rowPx: number, scroller: RefObject<E>): VirtualRows {
  const [, again] = useReducer((turn: number, _: "moved") => turn + 1, 0);
  const options = {
    count,
    estimateSize: () => rowPx,
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    overscan: OVERSCAN_ROWS,
    onChange: () => again("moved"),
  };
  const [virtualizer] = useState(() => new Virtualizer<E, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  const items = virtualizer.getVirtualItems();
  return {
    rows: items.map(({ index }) => index),
    before: items[0]?.start ?? 0,
    after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
  };
}
