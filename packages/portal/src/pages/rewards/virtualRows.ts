/**
 * The rows of a long table that can be seen. Enters: the box that scrolls, how many rows of which height. Leaves: which
 * to draw, and how high the space before and after them is.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

export interface VirtualRows {
  readonly rows: readonly number[];
  /** Pixels. */
  readonly before: number;
  readonly after: number;
}

export function useVirtualRows(box: RefObject<HTMLElement>, count: number, heightPx: number): VirtualRows {
  const [, redraw] = useState(0);
  const virtualizer = useMemo(
    () =>
      new Virtualizer<HTMLElement, Element>({
        count,
        getScrollElement: () => box.current,
        estimateSize: () => heightPx,
        overscan: 8,
        initialRect: { width: 800, height: 400 },
        scrollToFn: elementScroll,
        observeElementRect,
        observeElementOffset,
        onChange: () => redraw((turn) => turn + 1),
      }),
    [count, heightPx],
  );
  useEffect(() => {
    virtualizer._willUpdate();
    return virtualizer._didMount();
  }, [virtualizer]);
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  return {
    rows: items.map(({ index }) => index),
    before: first?.start ?? 0,
    after: virtualizer.getTotalSize() - (last?.end ?? 0),
  };
}
