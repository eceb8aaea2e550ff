/**
 * A long list of which only the rows in sight are there. Enters: how many rows, their height, what scrolls. Leaves:
 * the rows to show, and the height of all.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

/** Rows kept beyond those in sight, so that a quick scroll shows no gap. */
const OVERSCAN_ROWS = 6;

export function useVirtual<E extends Element>(
  count: number,
  rowPx: number,
  scroller: RefObject<E>,
): Virtualizer<E, Element> {
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
  return virtualizer;
}
