/** A table that scrolls sideways in its own box where the screen is narrow. Enters: heads and rows. Leaves: markup. */
import type { ComponentChildren, JSX } from "preact";

interface ScrollTableProps {
  /** What the box holds, for whoever hears it. */
  readonly label: string;
  readonly heads: readonly string[];
  /** Rows. */
  readonly children: ComponentChildren;
}

export function ScrollTable({ label, heads, children }: ScrollTableProps): JSX.Element {
  return (
    <section
      class="scroll"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
      tabIndex={0}
    >
      <table class="wide">
        <thead>
          <tr>
            {heads.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
