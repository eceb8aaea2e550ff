/** Present epochs as a strip (P-60), oldest first. Enters: letters, P, M and U. Leaves: cells, and a sentence. */
import type { JSX } from "preact";
import { t } from "../strings/index.ts";
import "./charts.css";

const LOOK = { P: "present", M: "missed", U: "unjudged" } as const;

export function PresenceStrip({ strip }: { readonly strip: string }): JSX.Element {
  const marks = [...strip] as (keyof typeof LOOK)[];
  const count = (wanted: string) => marks.filter((mark) => mark === wanted).length;
  const words = t.network.strip.words(count("P"), count("M"), count("U"));
  return (
    <span class="strip" role="img" aria-label={words} title={words}>
      {marks.map((mark, at) => (
        <span key={at} class={`strip-cell ${LOOK[mark] ?? "unjudged"}`} />
      ))}
    </span>
  );
}
