/** Parts of a whole as one bar, with their numbers in words beside it. Enters: parts. Leaves: a figure. */
import type { ComponentChildren, JSX } from "preact";
import "./charts.css";

export interface BarPart {
  readonly name: string;
  /** Of the sum of all: 1/10000. Only the bar's length is made of it. */
  readonly bps: number;
  /** A pattern too, so that colour alone does not tell. */
  readonly look: "good" | "warn" | "soft" | "none" | "bad";
  /** The number itself. */
  readonly children: ComponentChildren;
}

export function StackedBar({ label, parts }: { readonly label: string; readonly parts: readonly BarPart[] }) {
  return (
    <figure class="bar-figure">
      <div class="bar" aria-hidden="true">
        {parts.map(({ name, bps, look }) =>
          bps === 0 ? null : <span key={name} class={`bar-part look-${look}`} style={{ flexGrow: bps }} />,
        )}
      </div>
      <figcaption class="quiet-text">{label}</figcaption>
      <dl class="bar-legend">
        {parts.map((part) => (
          <Legend key={part.name} part={part} />
        ))}
      </dl>
    </figure>
  );
}

function Legend({ part: { name, look, children } }: { readonly part: BarPart }): JSX.Element {
  return (
    <div>
      <dt>
        <span class={`bar-key look-${look}`} aria-hidden="true" /> {name}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
