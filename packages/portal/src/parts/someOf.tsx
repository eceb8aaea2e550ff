/**
 * A list of cards of which twenty are drawn, and twenty more at each press of a button, so that hundreds slow nothing.
 */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../strings/index.ts";

/** Cards drawn at once: a screen has room for four. */
const SHOWN_AT_ONCE = 20;

interface SomeOfProps<T> {
  readonly items: readonly T[];
  readonly children: (item: T) => ComponentChildren;
}

export function SomeOf<T>({ items, children }: SomeOfProps<T>): JSX.Element {
  const [count, setCount] = useState(SHOWN_AT_ONCE);
  return (
    <>
      {items.slice(0, count).map(children)}
      {items.length <= count ? null : (
        <p>
          <button type="button" onClick={() => setCount(count + SHOWN_AT_ONCE)}>
            {t.app.more(count, items.length)}
          </button>
        </p>
      )}
    </>
  );
}
