/**
 * Something that is asked for and shown. Enters: a question and what it depends on. Leaves: waiting, the answer, or the
 * error; a question that is no longer wanted is called off by its signal.
 */
import { useEffect, useState } from "preact/hooks";

export type Loaded<T> =
  | { readonly step: "waiting"; readonly value?: T }
  | { readonly step: "here"; readonly value: T }
  | { readonly step: "failed"; readonly error: unknown };

/** While the answer is asked for again, the last one stays in `value`. */
export function useLoaded<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  on: readonly unknown[],
): [Loaded<T>, () => void] {
  const [state, setState] = useState<Loaded<T>>({ step: "waiting" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setState((last) =>
      last.step !== "failed" && last.value !== undefined && turn > 0
        ? { step: "waiting", value: last.value }
        : { step: "waiting" },
    );
    ask(controller.signal).then(
      (value) => controller.signal.aborted || setState({ step: "here", value }),
      (error: unknown) => controller.signal.aborted || setState({ step: "failed", error }),
    );
    return () => controller.abort();
  }, [...on, turn]);
  return [state, () => setTurn((last) => last + 1)];
}

/** What was asked for, also while it is asked for again; null where it is not known. */
export function valueIn<T>(loaded: Loaded<T>): T | null {
  return "value" in loaded && loaded.value !== undefined ? loaded.value : null;
}
