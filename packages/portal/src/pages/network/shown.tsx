/** A card of something that is asked for: waiting, there, or failed. The last answer stays while it is asked again. */
import type { ComponentChildren, JSX } from "preact";
import { Card, Failure, Waiting } from "../../parts/parts.tsx";
import type { Loaded } from "../../parts/useLoaded.ts";

interface ShownProps<T> {
  readonly title?: string;
  readonly loaded: Loaded<T>;
  readonly reading: string;
  readonly onAgain: () => void;
  readonly children: (value: T) => ComponentChildren;
}

export function Shown<T>({ title, loaded, reading, onAgain, children }: ShownProps<T>): JSX.Element {
  const value = "value" in loaded ? loaded.value : undefined;
  return (
    <Card {...(title === undefined ? {} : { title })}>
      {loaded.step === "failed" ? <Failure error={loaded.error} onAgain={onAgain} /> : null}
      {value !== undefined ? children(value) : loaded.step === "waiting" ? <Waiting what={reading} /> : null}
    </Card>
  );
}
