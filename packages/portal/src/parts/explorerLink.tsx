/** A link to a transaction in the network's explorer, in a tab of its own; only its text where the network has none. */
import type { ComponentChildren, JSX } from "preact";

interface LinkProps {
  readonly explorer: string | null;
  readonly hash: string;
  readonly children: ComponentChildren;
}

export function ExplorerLink({ explorer, hash, children }: LinkProps): JSX.Element {
  if (explorer === null) return <>{children}</>;
  return (
    <a href={`${explorer.replace(/\/+$/, "")}/tx/${hash}`} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
